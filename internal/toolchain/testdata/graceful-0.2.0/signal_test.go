package gracefultarget

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ory/graceful"
)

// server fails by itself after a second, unless it has been shut down by then.
type server struct {
	mu     sync.Mutex
	closed bool
}

func (s *server) serve() error {
	time.Sleep(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return http.ErrServerClosed
	}
	return errors.New("the listener failed")
}

func (s *server) shutdown(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// TestSignalAsTheServerFails sends SIGTERM at the instant at which the server
// fails by itself. In ory/graceful 0.1.3 nobody takes the result of the
// shutdown then, and its goroutine is stuck for ever; 0.2.0 mended it.
func TestSignalAsTheServerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM) // so that it does not end the process
		time.AfterFunc(time.Second, func() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGTERM) })
		s := &server{}
		_ = graceful.Graceful(s.serve, s.shutdown) // either end is right
	})
}
