package natstarget

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/nats-io/nats-server/v2/server"
)

// TestTwoShutdowns shuts an embedded server down twice at once, as its own
// signal handler and the program around it do. nats-server 2.10.22 closes a
// channel that the other call has set to nil already; 2.15.2 mended it.
func TestTwoShutdowns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ns, err := server.NewServer(&server.Options{DontListen: true, NoLog: true, NoSigs: true})
		if err != nil {
			t.Fatal(err)
		}
		ns.Start()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				ns.Shutdown()
				ns.WaitForShutdown()
			})
		}
		wg.Wait()
	})
}
