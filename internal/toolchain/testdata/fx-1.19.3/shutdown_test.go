package fxtarget

import (
	"context"
	"testing"
	"testing/synctest"

	"go.uber.org/fx"
)

// TestShutdownWhileStarting has a service fail while the application starts,
// and ask it to stop. In fx 1.19.2 the end of the start forgets a request that
// came before it, so that main waits for ever; 1.19.3 mended it.
func TestShutdownWhileStarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down fx.Shutdowner
		app := fx.New(fx.NopLogger, fx.Populate(&down), fx.Invoke(func(lc fx.Lifecycle) {
			lc.Append(fx.Hook{OnStart: func(context.Context) error {
				go func() { _ = down.Shutdown() }()
				return nil
			}})
		}))
		if err := app.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		<-app.Wait()
		if err := app.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}
