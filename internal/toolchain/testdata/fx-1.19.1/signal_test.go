package fxtarget

import (
	"context"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"
)

// TestSignalAfterStartTimeout sends SIGTERM to an application that has been
// running for longer than its start timeout. In fx 1.19.0 the relay of signals
// ends with the start context, so that nobody hears the signal; 1.19.1 mended it.
func TestSignalAfterStartTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := fx.New(fx.NopLogger)
		ctx, cancel := context.WithTimeout(context.Background(), app.StartTimeout())
		defer cancel()
		if err := app.Start(ctx); err != nil {
			t.Fatal(err)
		}
		done := app.Done()
		time.Sleep(app.StartTimeout() + time.Second)
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		<-done
		if err := app.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}
