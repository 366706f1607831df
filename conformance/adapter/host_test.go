package adapter

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// seqHost is a small sequential host with all that a host may have.
type seqHost struct {
	app     *App
	stop    chan struct{}
	started []*Service
}

func newSeq(app *App) (Host, error) {
	h := &seqHost{app: app, stop: make(chan struct{}, 10)}
	app.OnStopRequest(func() { h.stop <- struct{}{} })
	app.OnExecuteFailed(func(*Service, error) { h.stop <- struct{}{} })
	return h, nil
}

func (h *seqHost) Start(ctx context.Context) error {
	for _, s := range h.app.Services() {
		if err := s.Starting(ctx); err != nil {
			return err
		}
		if err := s.Start(ctx); err != nil {
			return err
		}
		if err := s.Started(ctx); err != nil {
			return err
		}
		h.started = append(h.started, s)
	}
	return h.app.Started()
}

func (h *seqHost) Stop(ctx context.Context) error {
	errs := []error{h.app.Stopping()}
	ctx, cancel := context.WithTimeout(ctx, h.app.ShutdownTimeout(30*time.Second))
	defer cancel()
	for len(h.started) > 0 {
		s := h.started[len(h.started)-1]
		h.started = h.started[:len(h.started)-1]
		errs = append(errs, s.Stopping(ctx), s.Stop(ctx), s.Stopped(ctx))
	}
	return errors.Join(append(errs, h.app.Stopped())...)
}

func (h *seqHost) Run(ctx context.Context) error {
	if err := h.Start(ctx); err != nil {
		return err
	}
	return h.WaitForShutdown(ctx)
}

func (h *seqHost) WaitForShutdown(ctx context.Context) error {
	sigs, release := h.app.Signals(os.Interrupt, signalNames["SIGTERM"])
	defer release()
	select {
	case <-h.stop:
	case <-sigs:
	case <-ctx.Done():
	}
	return h.Stop(context.Background())
}

func (h *seqHost) Dispose() error {
	for _, s := range h.app.Services() {
		if err := s.Dispose(); err != nil {
			return err
		}
	}
	return nil
}

func seq() Implementation {
	return Implementation{
		Name: "seq", Virtual: true, Features: append(Common(), "lifecycle", "notifications", "startupTimeout"),
		Main: []string{"start", "waitForShutdown", "stop", "dispose"}, New: newSeq,
	}
}

func parse(t testing.TB, text string) *plan.Plan {
	t.Helper()
	p, err := plan.Parse("plan", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// short writes a trace in few words: WHO.WHAT, < and > for begin and end, its outcome if that is not ok, ! for a cancelled token,
// its detail, and @ before what comes later than what stands before it.
func short(tr *trace.Trace) string {
	var out []string
	var at time.Duration
	for _, e := range tr.Events {
		s := e.Who + "." + e.What
		switch e.Phase {
		case trace.Begin:
			s = "<" + s
		case trace.End:
			s += ">"
		}
		if e.Token == trace.Cancelled {
			s += "!"
		}
		if e.Outcome != "" && e.Outcome != trace.OK {
			s += "=" + e.Outcome
		}
		if e.Detail.Kind == trace.TextDetail {
			s += ":" + e.Detail.Text
		}
		if e.At > at {
			s = "@" + (e.At - at).String() + " " + s
			at = e.At
		}
		out = append(out, s)
	}
	return strings.Join(out, " ") + " # " + trace.FormatEnd(&tr.End)
}
