package adapter

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Main is the main of an adapter: it says what the implementation is, plays the plans that hostsim hands it, and does not
// return.
func Main(i Implementation) {
	stream, err := open(os.Getenv(protocol.EnvEvents))
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\nThis is an adapter for hostsim. Judge the host with: hostsim verify -- %s\n", i.Name, err, os.Args[0])
		os.Exit(2)
	}
	server := &server{i: &i, out: protocol.NewWriter(stream), in: protocol.NewCommandReader(os.Stdin)}
	_ = server.out.Identity(i.identity())
	server.serve(nil)
}

// open opens the stream that the environment names.
func open(where string) (io.Writer, error) {
	if where == "" {
		return nil, errors.New("the variable " + protocol.EnvEvents + " is not set")
	}
	if addr, ok := strings.CutPrefix(where, "tcp:"); ok {
		return net.Dial("tcp", addr)
	}
	if where == "/dev/fd/3" { // inherited: the descriptor itself, so that it works where /dev is not mounted
		return os.NewFile(3, where), nil
	}
	return os.OpenFile(where, os.O_WRONLY, 0)
}

type server struct {
	i   *Implementation
	out *protocol.Writer
	in  *protocol.CommandReader

	control *scheduled // nil until the first controlled run
}

// serve plays plans until there are no more, then ends the process. t is nil until the first virtual run.
func (s *server) serve(t *testing.T) {
	for {
		run, err := s.in.Next()
		if errors.Is(err, io.EOF) {
			os.Exit(0)
		}
		var p *plan.Plan
		if err == nil {
			p, err = plan.Parse("the plan", run.Plan)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, s.i.Name+":", err)
			os.Exit(2)
		}
		if run.Lane == spec.Virtual && s.i.Simulate != nil {
			s.simulated(p)
			continue
		}
		if why := s.i.unsupported(p, run.Lane); why != "" {
			_ = s.out.Skip(why)
			continue
		}
		if run.Lane == spec.Process {
			s.process(run, p)
			continue
		}
		if t != nil {
			s.virtual(t, p, run)
			continue
		}
		withT(func(t *testing.T) {
			s.virtual(t, p, run)
			s.serve(t)
		})
	}
}

// process plays a plan in the real world.
func (s *server) process(run protocol.Run, p *plan.Plan) {
	l := newProcessLane(s.out, run.Dir)
	code := newApp(s.i, p, l).main()
	if run.Fresh {
		os.Exit(code)
	}
	l.end(trace.Ending{Kind: trace.Exited, Code: code})
}

// virtual plays a plan in a bubble. The events go out at once, so that a host that takes the whole process along leaves a trace.
func (s *server) virtual(t *testing.T, p *plan.Plan, run protocol.Run) {
	if controlBuilt {
		s.controlled(t, p, run)
		return
	}
	if run.Schedule != "" {
		fmt.Fprintf(os.Stderr, "%s: the schedule %q cannot be chosen: this adapter was not built with hostsim build\n", s.i.Name, run.Schedule)
		os.Exit(2)
	}
	rec := &recorder{also: func(e trace.Event) { _ = s.out.Event(e) }}
	end, left := s.i.play(t, p, rec)
	_ = s.out.End(end)
	if !left {
		os.Exit(0)
	}
}

// controlled plays a plan in a bubble under the schedule that the run asks for, and writes what it showed when it has ended.
func (s *server) controlled(t *testing.T, p *plan.Plan, run protocol.Run) {
	if s.control == nil {
		s.control = &scheduled{i: s.i, t: t}
	}
	events, end, sch, err := s.control.run(p, string(run.Plan), run.Schedule, run.Explain)
	if err != nil {
		fmt.Fprintln(os.Stderr, s.i.Name+":", err)
		os.Exit(2)
	}
	for _, e := range events {
		_ = s.out.Event(e)
	}
	if run.Schedule != "" {
		_ = s.out.Schedule(*sch)
	}
	_ = s.out.End(end)
}

// simulated plays a plan in the host's own simulation.
func (s *server) simulated(p *plan.Plan) {
	tr := s.i.Simulate(p)
	for _, e := range tr.Events {
		_ = s.out.Event(e)
	}
	_ = s.out.End(tr.End)
}
