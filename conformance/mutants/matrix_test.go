package mutants_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/internal/golden"
)

// whole is the matrix of all mutants, made once for all tests.
var whole = sync.OnceValues(func() (*mutants.Matrix, error) {
	return mutants.Judge(context.Background(), mutants.All(), nil)
})

// TestMatrix holds the suite to its word: every mutant is killed by the clause that its entry names, every clause kills
// at least one, and what kills what is golden.
func TestMatrix(t *testing.T) {
	m, err := whole()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range m.Kills {
		switch {
		case k.Mutant.Race && len(k.Killers) > 0:
			t.Errorf("%s is entered as a race, but the default schedule shows it: %v", k.Mutant.Name, k.Killers)
		case !k.Mutant.Race && !k.ByName:
			t.Errorf("%s is not killed by %s, which its entry names, but by %v", k.Mutant.Name, k.Mutant.Clause, k.Killers)
		}
	}
	for _, id := range m.Unkeyed {
		t.Errorf("%s kills no mutant; add one that breaks it to the table of this folder, in the file of its area", id)
	}
	if !m.Holds() {
		t.Error("the matrix does not hold")
	}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/matrix.golden", b.Bytes())
}

// TestMatrixIsTheSameOnAnyMachine judges some mutants with one worker and with eight.
func TestMatrixIsTheSameOnAnyMachine(t *testing.T) {
	var list []*mutants.Mutant
	for i, m := range mutants.All() {
		if i%12 == 0 {
			list = append(list, m)
		}
	}
	var texts []string
	for _, n := range []int{1, 8} {
		before := runtime.GOMAXPROCS(n)
		m, err := mutants.Judge(t.Context(), list, nil)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		_ = m.Write(&b)
		texts = append(texts, b.String())
	}
	if d := cmp.Diff(texts[0], texts[1]); d != "" {
		t.Errorf("one worker and eight differ:\n%s", d)
	}
}

// TestKills looks at what is known of a mutant that was judged.
func TestKills(t *testing.T) {
	m, err := whole()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range m.Kills {
		if len(k.Killers) != len(k.Where) {
			t.Errorf("%s: %d killers, %d scenarios", k.Mutant.Name, len(k.Killers), len(k.Where))
		}
		for i := range k.Killers {
			if k.Where[i] == "" {
				t.Errorf("%s: no scenario shows %s", k.Mutant.Name, k.Killers[i])
			}
			if i > 0 && index(m.Clauses, k.Killers[i-1]) >= index(m.Clauses, k.Killers[i]) {
				t.Errorf("%s: the killers %v are not in the order of the contract", k.Mutant.Name, k.Killers)
			}
		}
		switch want := len(k.Killers) > 0; {
		case want && k.Verdict != report.Fail && k.Verdict != report.Hang:
			t.Errorf("%s: verdict %s with killers", k.Mutant.Name, k.Verdict)
		case !want && k.Verdict != report.Pass:
			t.Errorf("%s: verdict %s without killers", k.Mutant.Name, k.Verdict)
		}
	}
}

func index(list []string, s string) int {
	for i, x := range list {
		if x == s {
			return i
		}
	}
	return -1
}

func TestWriteAndHolds(t *testing.T) {
	mutant := func(race bool) *mutants.Mutant {
		return &mutants.Mutant{Name: "some-bug", Clause: "HOST-STOP-002", Profile: "strict", Race: race}
	}
	clauses := []string{"HOST-STOP-001", "HOST-STOP-002"}
	for _, c := range []struct {
		name  string
		m     mutants.Matrix
		holds bool
		lines []string // that the text has
	}{
		{
			name:  "killed by the clause that its entry names, which comes first",
			m:     mutants.Matrix{Clauses: clauses, Kills: []mutants.Kill{{Mutant: mutant(false), Killers: clauses, ByName: true}}},
			holds: true,
			lines: []string{"strict     killed by HOST-STOP-002 HOST-STOP-001", "1 mutants, 2 clauses; 2 clauses kill at least one mutant"},
		},
		{
			name:  "killed by another",
			m:     mutants.Matrix{Clauses: clauses, Kills: []mutants.Kill{{Mutant: mutant(false), Killers: clauses[:1]}}},
			lines: []string{"killed by HOST-STOP-001", "but NOT by HOST-STOP-002, which its entry names"},
		},
		{
			name:  "survives",
			m:     mutants.Matrix{Clauses: clauses, Kills: []mutants.Kill{{Mutant: mutant(false)}}},
			lines: []string{"SURVIVES; it should be killed by HOST-STOP-002"},
		},
		{
			name:  "a race",
			m:     mutants.Matrix{Clauses: clauses, Kills: []mutants.Kill{{Mutant: mutant(true)}}},
			holds: true,
			lines: []string{"needs another schedule; explored for HOST-STOP-002"},
		},
		{
			name:  "a clause that kills none",
			m:     mutants.Matrix{Clauses: clauses, Unkeyed: clauses[:1], Kills: []mutants.Kill{{Mutant: mutant(false), Killers: clauses[1:], ByName: true}}},
			lines: []string{"1 mutants, 2 clauses; 1 clauses kill at least one mutant", "NO KILL: HOST-STOP-001"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			if err := c.m.Write(&b); err != nil {
				t.Fatal(err)
			}
			for _, l := range c.lines {
				if !strings.Contains(b.String(), l) {
					t.Errorf("no %q in\n%s", l, b.String())
				}
			}
			if c.m.Holds() != c.holds {
				t.Errorf("Holds() = %v, want %v", !c.holds, c.holds)
			}
		})
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteFails(t *testing.T) {
	if err := (&mutants.Matrix{}).Write(closed{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write = %v, want the error of the writer", err)
	}
}

func TestJudgeRefuses(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	boom := func(*virtual.Handle, func() error) error { panic("boom") }
	for _, c := range []struct {
		name string
		ctx  context.Context
		m    mutants.Mutant
		said string
	}{
		{"an unknown profile", t.Context(), mutants.Mutant{Name: "x", Profile: "dotnet-1"}, `mutant x: there is no profile "dotnet-1"`},
		{"nobody waits any more", cancelled, mutants.Mutant{Name: "x", Profile: "strict"}, "mutant x: context canceled"},
		{"a mutant that panics outside of the host", t.Context(), mutants.Mutant{Name: "x", Profile: "strict", Fault: virtual.Fault{Build: boom}}, "the mutant itself is broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if m, err := mutants.Judge(c.ctx, []*mutants.Mutant{&c.m}, nil); err == nil || !strings.Contains(err.Error(), c.said) {
				t.Errorf("Judge = %v, %v; want an error with %q", m, err, c.said)
			}
		})
	}
}

// TestJudgeSoundHost judges a mutant without a bug: it must survive, or the suite accuses the reference host.
func TestJudgeSoundHost(t *testing.T) {
	for _, profile := range []string{"core", "strict", "dotnet-2.2", "dotnet-3.1", "dotnet-6", "dotnet-7", "dotnet-8", "dotnet-9", "dotnet-10"} {
		t.Run(profile, func(t *testing.T) {
			for _, f := range []virtual.Fault{{}, transparent()} {
				sound := &mutants.Mutant{Name: "sound", Clause: "HOST-STOP-001", Profile: profile, Fault: f}
				var seen []int
				m, err := mutants.Judge(t.Context(), []*mutants.Mutant{sound}, func(done, of int) { seen = append(seen, done, of) })
				if err != nil {
					t.Fatal(err)
				}
				if k := m.Kills[0]; len(k.Killers) > 0 || k.Verdict != report.Pass {
					t.Errorf("a host without a bug is killed by %v, in %v", k.Killers, k.Where)
				}
				if m.Holds() {
					t.Error("the matrix of a host without a bug must not hold")
				}
				if d := cmp.Diff([]int{1, 1}, seen); d != "" {
					t.Errorf("progress: %s", d)
				}
			}
		})
	}
}

// transparent is a fault that stands everywhere and changes nothing.
func transparent() virtual.Fault {
	through := func(_ *virtual.Handle, ctx context.Context, next func(context.Context) error) error { return next(ctx) }
	call := func(_ *virtual.Handle, next func() error) error { return next() }
	return virtual.Fault{
		Rules: func(*host.Rules) {},
		Service: func(_ *virtual.Handle, _ string, s host.Service) host.Service {
			same := func(ctx context.Context, next func(context.Context) error) error { return next(ctx) }
			return virtual.Wrap(s, virtual.Calls{Start: same, Stop: same, Starting: same, Started: same, Stopping: same, Stopped: same,
				Dispose: func(next func() error) error { return next() }})
		},
		New: func(_ *virtual.Handle, _ string, next func() (host.Service, error)) (host.Service, error) {
			return next()
		},
		Worker: func(_ *virtual.Handle, _, _ string, ctx context.Context, next func(context.Context) error) error {
			return next(ctx)
		},
		Options: func(_ *virtual.Handle, o []host.Option) []host.Option { return o },
		Run:     through, Start: through, Stop: through, Wait: through, WaitForStart: through, LifetimeStop: through,
		Build: call, Dispose: call,
		StopApplication: func(_ *virtual.Handle, next func()) { next() },
		Observer:        func(_ *virtual.Handle, e host.Event, next func(host.Event)) { next(e) },
		Process: func(_ *virtual.Handle, p host.Process) host.Process {
			return virtual.WrapProcess(p, virtual.ProcessCalls{})
		},
		Notify:        func(_ *virtual.Handle, _ string, _ int, next func() error) error { return next() },
		SignalHandler: func(_ *virtual.Handle, next func() bool) bool { return next() },
		Exit:          func(_ *virtual.Handle, code int, next func(int)) { next(code) },
		Abort:         func(_ *virtual.Handle, _ bool, next func()) { next() },
		ExitCode:      func(_ *virtual.Handle, code int) int { return code },
	}
}
