package host_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hostsim/hostsim/host"
)

// must makes a host for an example.
func must(options ...host.Option) *host.Host {
	h, err := host.New(append([]host.Option{quiet, host.WithHostLifetime(host.None)}, options...)...)
	if err != nil {
		panic(err)
	}
	return h
}

// stopWhenStarted stands for the SIGTERM of a real program.
func stopWhenStarted(h *host.Host) *host.Host {
	h.Lifetime().OnStarted(func() error { go h.StopApplication(); return nil })
	return h
}

// A service that does not end in time is abandoned and named, and all others are stopped.
func ExampleAbandonedError() {
	stuck := make(chan struct{})
	defer close(stuck)
	h := stopWhenStarted(must(
		host.WithShutdownTimeout(20*time.Millisecond), host.WithPatience(10*time.Millisecond),
		host.WithService("database", service{name: "database"}),
		host.WithService("queue", deaf{stuck}),
	))
	err := h.Run(context.Background())
	var late *host.AbandonedError
	if errors.As(err, &late) {
		fmt.Println("late:", late.Service, late.Call)
	}
	fmt.Println(err)
	// Output:
	// start database
	// stop database
	// late: queue stop
	// service queue: stop did not end by the shutdown deadline and was abandoned; make it honour its context
}

// deaf does not honour the context of its stop.
type deaf struct{ stuck chan struct{} }

func (d deaf) Start(context.Context) error { return nil }
func (d deaf) Stop(context.Context) error  { <-d.stuck; return nil }

// What a service needs can be made when the host starts, so that a failure of it is a failure of the start.
func ExampleWithFactory() {
	h := must(host.WithFactory("database", func() (host.Service, error) {
		return nil, errors.New("DATABASE_URL is not set")
	}))
	fmt.Println(h.Run(context.Background()))
	// Output: service database: new: DATABASE_URL is not set
}

// The load balancer is told before the first service stops: ApplicationStopping comes before that, and the stop waits for
// its callbacks.
func ExampleLifetime_OnStopping() {
	h := stopWhenStarted(must(host.WithService("server", service{name: "server"})))
	h.Lifetime().OnStopping(func() error { fmt.Println("not ready any more"); return nil })
	h.Lifetime().OnStopped(func() error { fmt.Println("all stopped"); return nil })
	fmt.Println("run:", h.Run(context.Background()))
	// Output:
	// start server
	// not ready any more
	// stop server
	// all stopped
	// run: <nil>
}

// Any part of the program can wait for a stop as for any context, or derive one from it.
func ExampleLifetime_Stopping() {
	h := must()
	ctx, cancel := context.WithCancel(h.Lifetime().Stopping())
	defer cancel()
	h.StopApplication()
	<-ctx.Done()
	fmt.Println(ctx.Err())
	// Output: context canceled
}

// A program that has a main loop of its own starts and stops the host itself.
func ExampleHost_Start() {
	h := must(host.WithService("server", service{name: "server"}))
	ctx := context.Background()
	if err := h.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("my own loop")
	fmt.Println("stop:", h.Stop(ctx))
	fmt.Println("dispose:", h.Dispose())
	// Output:
	// start server
	// my own loop
	// stop server
	// stop: <nil>
	// dispose: <nil>
}

// worker has the four extra hooks: a place for what must come before every start, and after every stop.
type worker struct{ service }

func (w worker) Starting(context.Context) error { fmt.Println("starting", w.name); return nil }
func (w worker) Started(context.Context) error  { fmt.Println("started", w.name); return nil }
func (w worker) Stopping(context.Context) error { fmt.Println("stopping", w.name); return nil }
func (w worker) Stopped(context.Context) error  { fmt.Println("stopped", w.name); return nil }

// The hooks of all services come in stages around their starts and stops.
func ExampleLifecycleService() {
	h := stopWhenStarted(must(
		host.WithService("a", worker{service{name: "a"}}),
		host.WithService("b", service{name: "b"}),
	))
	fmt.Println("run:", h.Run(context.Background()))
	// Output:
	// starting a
	// start a
	// start b
	// started a
	// stopping a
	// stop b
	// stop a
	// stopped a
	// run: <nil>
}

// leased is a service with something to give back.
type leased struct{ service }

func (l leased) Dispose() error { fmt.Println("give back", l.name); return nil }

// What a service holds is disposed on every path, also if it was never started.
func ExampleDisposer() {
	h := must(
		host.WithService("lock", leased{service{name: "lock"}}),
		host.WithService("server", service{name: "server", fail: errors.New("port 80 is taken")}),
		host.WithService("cache", leased{service{name: "cache"}}),
	)
	fmt.Println("run:", h.Run(context.Background()))
	// Output:
	// start lock
	// start server
	// stop lock
	// give back cache
	// give back lock
	// run: service server: start: port 80 is taken
}

// The failure of a background service stops the host, and Run fails with it.
func ExampleBackground_failure() {
	h := must(
		host.WithService("server", service{name: "server"}),
		host.WithService("consumer", host.Background(func(context.Context) error { return errors.New("the topic is gone") })),
	)
	fmt.Println("run:", h.Run(context.Background()))
	// Output:
	// start server
	// stop server
	// run: service consumer: execute: the topic is gone
}

// With ignored faults the host runs on; the failure is logged all the same.
func ExampleWithIgnoredFaults() {
	told := make(errorsOnly)
	h := must(host.WithIgnoredFaults(true), host.WithObserver(told),
		host.WithService("metrics", host.Background(func(context.Context) error { return errors.New("no collector") })))
	ctx := context.Background()
	if err := h.Start(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-told)
	fmt.Println("stop:", h.Stop(ctx))
	// Output:
	// event 9 of metrics: service metrics: execute: no collector
	// stop: <nil>
}

// errorsOnly hands on the events of the host that are errors. The ids are stable: programs can tell events apart by them.
type errorsOnly chan string

func (c errorsOnly) HostEvent(e host.Event) {
	if e.Level >= slog.LevelError {
		c <- fmt.Sprintf("event %d of %s: %v", e.ID, e.Service, e.Err)
	}
}

// Operators set the timeout without a new build: configuration is read where the program says nothing itself.
func ExampleWithSettings() {
	h := must(host.WithSettings([2]string{"shutdownTimeoutSeconds", "0"}), host.WithPatience(10*time.Millisecond),
		host.WithService("slow", patient{}))
	ctx := context.Background()
	if err := h.Start(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("stop:", h.Stop(ctx))
	// Output: stop: service slow: stop: context deadline exceeded
}

// patient stops when it is told that there is no more time.
type patient struct{}

func (patient) Start(context.Context) error    { return nil }
func (patient) Stop(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// readiness is a host lifetime of one's own: it waits for something before the services start, and hears of the end.
type readiness struct{}

func (readiness) WaitForStart(context.Context) error { fmt.Println("elected leader"); return nil }
func (readiness) Stop(context.Context) error         { fmt.Println("lead no more"); return nil }

// A host lifetime ties the host to what surrounds it.
func ExampleWithHostLifetime() {
	h := stopWhenStarted(must(host.WithHostLifetime(func(*host.Host) host.HostLifetime { return readiness{} }),
		host.WithService("server", service{name: "server"})))
	fmt.Println("run:", h.Run(context.Background()))
	// Output:
	// elected leader
	// start server
	// stop server
	// lead no more
	// run: <nil>
}

// A stop that is under way can be cut short, as a second Ctrl+C does.
func ExampleHost_ForceStop() {
	h := must(host.WithPatience(10*time.Millisecond), host.WithService("slow", patient{}))
	ctx := context.Background()
	if err := h.Start(ctx); err != nil {
		fmt.Println(err)
	}
	h.Lifetime().OnStopping(func() error { h.ForceStop(); return nil })
	fmt.Println("stop:", h.Stop(ctx))
	// Output: stop: service slow: stop: context canceled
}

// Every difference between profiles is a rule; a team that moves can look at them, or change one at a time.
func ExampleRulesOf() {
	before, _ := host.RulesOf("dotnet-3.1")
	after, _ := host.RulesOf("dotnet-10")
	fmt.Println("once the deadline is over:", before.ExpiredStop, "→", after.ExpiredStop)
	fmt.Println("default of the timeout:", before.ShutdownTimeout, "→", after.ShutdownTimeout)
	after.ExpiredStop = "abandon"
	_ = must(host.WithRules(&after))
	// Output:
	// once the deadline is over: skip → passOn
	// default of the timeout: 5s → 30s
}

// A service that failed can be told from one that was cancelled.
func ExampleIsCancellation() {
	h := must(host.WithService("server", service{name: "server", fail: context.Canceled}))
	err := h.Run(context.Background())
	fmt.Println(err, host.IsCancellation(err))
	// Output:
	// start server
	// service server: start: context canceled true
}
