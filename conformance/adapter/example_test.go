package adapter_test

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/adapter"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// minimal is a whole host: it starts the services in order, waits for a signal, and stops them the other way round.
func minimal(app *adapter.App) (adapter.Host, error) {
	stop := make(chan struct{}, 1)
	app.OnStopRequest(func() {
		select {
		case stop <- struct{}{}:
		default: // one request is enough
		}
	})
	return adapter.HostFunc(func(ctx context.Context) error {
		signals, release := app.Signals(os.Interrupt, syscall.SIGTERM)
		defer release()
		var started []*adapter.Service
		var errs []error
		for _, s := range app.Services() {
			if err := s.Start(ctx); err != nil {
				errs = append(errs, err)
				break
			}
			started = append(started, s)
		}
		if len(errs) == 0 {
			_ = app.Started()
			select {
			case <-signals:
			case <-stop:
			case <-ctx.Done():
			}
		}
		_ = app.Stopping()
		for i := len(started) - 1; i >= 0; i-- {
			errs = append(errs, adapter.Within(context.Background(), app.ShutdownTimeout(30*time.Second), started[i].Stop))
		}
		_ = app.Stopped()
		return errors.Join(errs...)
	}), nil
}

// ExampleMain is the whole program of an adapter. hostsim judges it with: hostsim verify -- ./adapter
func ExampleMain() {
	adapter.Main(adapter.Implementation{
		Name: "example.org/minimal", Version: "1", Profile: "core", Virtual: true,
		Features: adapter.CommonBut("sockets"), New: minimal,
	})
}

// TestMinimal plays a plan on the host of the example inside go test, in virtual time.
func TestMinimal(t *testing.T) {
	host := adapter.Implementation{Name: "example.org/minimal", Features: adapter.CommonBut("sockets"), New: minimal}
	p, err := plan.Parse("plan.yaml", []byte(`
services:
- name: db
- {name: web, stop: [delay: 5s, throw: too late]}
main: [build, run]
mainCatches: true
signals: [{after: lifetime.applicationStarted, wait: 1h, send: SIGTERM}]
`))
	if err != nil {
		t.Fatal(err)
	}
	tr := host.Play(t, p)
	var stops []string
	for _, e := range tr.Events {
		if e.What == "stop" && e.Phase == trace.End {
			stops = append(stops, e.Who+" "+e.Outcome)
			if e.At != time.Hour+5*time.Second {
				t.Errorf("%s stopped after %v", e.Who, e.At)
			}
		}
	}
	if len(stops) != 2 || stops[0] != "web error:too late" || stops[1] != "db ok" || tr.End.Kind != trace.Exited {
		t.Errorf("stops %v, end %s", stops, trace.FormatEnd(&tr.End))
	}
}
