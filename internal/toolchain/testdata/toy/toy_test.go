// Package toy has one test for everything that schedule control can tell.
package toy

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		s := ""
		m := map[int]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 5}
		for i := range 4 {
			wg.Go(func() {
				for range 3 {
					mu.Lock()
					s += fmt.Sprint(i)
					mu.Unlock()
				}
				time.Sleep(time.Duration(rand.IntN(3)) * time.Second)
				a, b := make(chan int, 1), make(chan int, 1)
				a <- 1
				b <- 1
				select {
				case <-a:
				case <-b:
				}
				for range m {
					break
				}
			})
		}
		wg.Wait()
	})
}

func TestLockInversion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a, b sync.Mutex
		var wg sync.WaitGroup
		wg.Go(func() { a.Lock(); b.Lock(); b.Unlock(); a.Unlock() })
		wg.Go(func() { b.Lock(); a.Lock(); a.Unlock(); b.Unlock() })
		wg.Wait()
	})
}

func TestRecursiveReadLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.RWMutex
		var wg sync.WaitGroup
		wg.Go(func() { mu.RLock(); mu.RLock(); mu.RUnlock(); mu.RUnlock() })
		wg.Go(func() { mu.Lock(); mu.Unlock() })
		wg.Wait()
	})
}

// The deadline and the event come at the same instant: either may win.
func TestTimerTie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		done := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(done) })
		select {
		case <-ctx.Done():
			t.Error("the deadline won")
		case <-done:
		}
	})
}

func TestExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		go os.Exit(3)
		time.Sleep(1)
	})
}

func TestLogFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log.SetOutput(t.Output())
		go log.Fatal("no way on")
		time.Sleep(1)
	})
}

func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		go func() { panic("boo") }()
		time.Sleep(1)
	})
}

// The signal may come before anybody listens.
func TestSignalBeforeNotify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := make(chan os.Signal, 1)
		go func() { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) }()
		signal.Notify(c, syscall.SIGTERM)
		<-c
	})
}

func TestSignals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGINT)
		defer stop()
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if err := self.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		signal.Ignore(syscall.SIGTERM)
		if !signal.Ignored(syscall.SIGTERM) {
			t.Error("not ignored")
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		signal.Reset(syscall.SIGTERM)
		if signal.Ignored(syscall.SIGTERM) {
			t.Error("still ignored")
		}
	})
}

func TestLeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := make(chan int)
		go func() { c <- 1 }()
		select {
		case <-c:
		default:
		}
	})
}

// The test counts its runs outside of the bubble: it cannot be repeated.
func TestUnrepeatable(t *testing.T) {
	runs := 0
	synctest.Test(t, func(t *testing.T) {
		if runs++; runs > 1 {
			t.Error("ran twice")
		}
	})
}

func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for {
		}
	})
}

// A loop on an atomic variable lets nobody else go on.
func TestSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Bool
		go done.Store(true)
		for !done.Load() {
		}
	})
}

// The same with runtime.Gosched is no trouble.
func TestPoliteSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Bool
		go done.Store(true)
		for !done.Load() {
			runtime.Gosched()
		}
	})
}

func TestNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			l.Close()
		}
		t.Error("listened")
	})
}

func TestFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _ = os.ReadFile("toy_test.go")
		t.Error("read")
	})
}

func TestProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _ = os.StartProcess("/nosuch", nil, &os.ProcAttr{})
		t.Error("started")
	})
}

// What ends a real process at once ends the simulated one.
func TestFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		go mu.Unlock()
		time.Sleep(1)
	})
}

var kept chan int

// The test keeps a channel of its bubble: to use it in another one is fatal.
func TestKeepsChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if kept == nil {
			kept = make(chan int, 1)
		}
		select {
		case kept <- 1:
		default:
		}
	})
}

func TestSpawnWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f func()
		f = func() { go f(); go f(); time.Sleep(1) }
		f()
	})
}
