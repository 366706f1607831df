package host_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/hostsim/hostsim/host"
)

// service prints what is asked of it.
type service struct {
	name string
	fail error
}

func (s service) Start(context.Context) error { fmt.Println("start", s.name); return s.fail }
func (s service) Stop(context.Context) error  { fmt.Println("stop", s.name); return nil }

var quiet = host.WithLogger(slog.New(slog.DiscardHandler))

// Services start in order and stop in reverse. Run returns when they have stopped.
func Example() {
	h, err := host.New(quiet,
		host.WithService("database", service{name: "database"}),
		host.WithService("server", service{name: "server"}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	h.Lifetime().OnStarted(func() error {
		fmt.Println("ready")
		go h.StopApplication() // in a real program: SIGTERM
		return nil
	})
	fmt.Println("run:", h.Run(context.Background()))
	// Output:
	// start database
	// start server
	// ready
	// stop server
	// stop database
	// run: <nil>
}

// A start that fails is rolled back, and its error names the service.
func ExampleHost_Run_startFails() {
	h, err := host.New(quiet,
		host.WithService("database", service{name: "database"}),
		host.WithService("server", service{name: "server", fail: errors.New("port 80 is taken")}),
		host.WithService("cron", service{name: "cron"}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("run:", h.Run(context.Background()))
	// Output:
	// start database
	// start server
	// stop database
	// run: service server: start: port 80 is taken
}

// A background service is one function that returns when its context is cancelled.
func ExampleBackground() {
	work := host.Background(func(ctx context.Context) error {
		fmt.Println("working")
		<-ctx.Done()
		fmt.Println("cleaning up")
		return nil
	})
	h, err := host.New(quiet, host.WithService("worker", work), host.WithHostLifetime(host.None))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.Lifetime().OnStarted(func() error { cancel(); return nil })
	fmt.Println("run:", h.Run(ctx))
	// Unordered output:
	// working
	// cleaning up
	// run: <nil>
}

// The exit code is main's business: the host only says what went wrong.
func Example_exitCode() {
	run := func() int {
		h, err := host.New(quiet, host.WithService("server", service{name: "server", fail: os.ErrPermission}))
		if err != nil {
			return 2
		}
		if err := h.Run(context.Background()); err != nil {
			fmt.Println(err)
			return 1
		}
		return 0
	}
	fmt.Println("exit", run())
	// Output:
	// start server
	// service server: start: permission denied
	// exit 1
}

// A host can behave as a release of the .NET Generic Host does: this one does not roll a failed start back.
func ExampleWithProfile() {
	h, err := host.New(quiet, host.WithProfile("dotnet-8"), host.WithShutdownTimeout(5*time.Second),
		host.WithService("database", service{name: "database"}),
		host.WithService("server", service{name: "server", fail: errors.New("port 80 is taken")}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("run:", h.Run(context.Background()))
	// Output:
	// start database
	// start server
	// run: service server: start: port 80 is taken
}
