package fxtarget

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"testing/synctest"

	"go.uber.org/fx"
)

// TestStopWhileSignalArrives stops an application while the process gets
// SIGTERM. In fx 1.22.1 Stop holds the lock of the signal receivers while it
// waits for the relay, which needs that lock to broadcast; 1.22.2 mended it.
func TestStopWhileSignalArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Somebody else in the process wants the signal too, so that it does not
		// end the process when it comes after fx has stopped listening.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)

		app := fx.New(fx.NopLogger)
		if err := app.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		_ = app.Wait()
		go syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
		if err := app.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}
