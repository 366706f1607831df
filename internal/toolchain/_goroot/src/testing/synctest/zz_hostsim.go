package synctest

import (
	"fmt"
	"internal/hostsim"
	"internal/synctest"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"
	_ "unsafe" // for linkname
)

//go:linkname hostsimDetached
func hostsimDetached(t *testing.T) *testing.T

//go:linkname hostsimOutput
func hostsimOutput(t *testing.T) string

//go:linkname hostsimAfter
func hostsimAfter(t *testing.T)

// hostsimMu lets one bubble at a time be under control.
var hostsimMu sync.Mutex

// hostsimTest runs f under chosen schedules if the environment asks for it.
func hostsimTest(t *testing.T, f func(*testing.T)) bool {
	cfg := hostsimLoad()
	if cfg == nil || synctest.IsInBubble() {
		return false
	}
	t.Helper()
	hostsimMu.Lock()
	defer hostsimMu.Unlock()
	runtime.GOMAXPROCS(1)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(hostsimMemory(cfg)))
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 0
	hostsimWatch(cfg.stall)
	s := &hostsimSession{t: t, f: f, cfg: cfg, distinct: map[uint64]struct{}{}}
	s.all()
	s.report()
	return true
}

func hostsimMemory(cfg *hostsimSettings) int64 {
	if now := debug.SetMemoryLimit(-1); now < cfg.memory {
		return now
	}
	return cfg.memory
}

// hostsimSession is one call of Test under its schedules.
type hostsimSession struct {
	t        *testing.T
	f        func(*testing.T)
	cfg      *hostsimSettings
	distinct map[uint64]struct{}

	length    uint64 // decisions of the sequential run
	runs      int
	failures  int
	outcomes  map[string]int
	decisions uint64
	took      time.Duration
	first     *hostsimFailure
	failed    []hostsimSchedule
	replays   int
	differ    int
	left      int
	notes     uint32
	retaken   bool
	skipped   bool
	program   bool     // the schedules are chosen by the program: nobody repeats them by go test
	places    []string // what was used that is not controlled, with the place of its first use

	unrepeatable string // how the second run of the sequential schedule ended, if only the first went well
}

// hostsimOutcome is how one run ended.
type hostsimOutcome struct {
	kind   string // "pass", "failed", "deadlock", "leak", "panic", "exited 3", "signaled 15", "limit", "stall"
	detail string
	output string
	res    hostsim.Result
	left   []hostsim.Blocked
	ok     bool
}

// same reports whether two runs did the same.
func (o *hostsimOutcome) same(p *hostsimOutcome) bool {
	return o.kind == p.kind && o.detail == p.detail && o.res.Hash == p.res.Hash && o.res.Decisions == p.res.Decisions
}

// one runs the test once.
func (s *hostsimSession) one(sch hostsimSchedule, logged bool, recorded []uint64) hostsimOutcome {
	c := hostsim.Config{
		Strategy: sch.strategy, Depth: sch.depth, Seed: sch.seed, Replay: sch.replay,
		Length: s.length, MaxSteps: s.cfg.maxSteps, MaxGs: s.cfg.maxGs, Recorded: recorded,
	}
	if logged {
		c.Log = true
		c.Events = hostsimEvents()
	}
	var o hostsimOutcome
	d := hostsimDetached(s.t)
	before := s.t.Failed()
	var ok bool
	var caught any
	hostsim.Arm(&c)
	func() {
		defer func() { caught = recover() }()
		synctest.Run(func() { ok = testingSynctestTest(d, s.f) })
	}()
	hostsim.Collect(&o.res)
	o.output = hostsimOutput(d)
	s.judge(&o, ok && (before || !s.t.Failed()), caught)
	if caught != nil {
		if logged {
			o.left = hostsim.Left()
		}
		s.left += hostsim.Reap()
		hostsimAfter(s.t)
	}
	hostsim.Forget()
	if d.Skipped() {
		s.skipped = true
	}
	if o.res.NoteSeen&^s.notes != 0 || o.res.Retaken && !s.retaken {
		s.notes |= o.res.NoteSeen
		s.retaken = s.retaken || o.res.Retaken
		s.places = hostsimNotesOf(s.places, &o.res)
	}
	s.collect()
	return o
}

// judge says how a run ended.
func (s *hostsimSession) judge(o *hostsimOutcome, ok bool, caught any) {
	r := &o.res
	switch r.End {
	case hostsim.EndExit:
		o.kind = fmt.Sprintf("exited %d", r.EndArg)
		o.ok = r.EndArg == 0
		return
	case hostsim.EndSignal:
		o.kind = fmt.Sprintf("signaled %d", r.EndArg)
		return
	case hostsim.EndPanic:
		o.kind, o.detail = "panic", hostsimPanicText(r.EndVal)
		return
	case hostsim.EndSteps:
		o.kind, o.detail = "limit", fmt.Sprintf("still running after %d scheduling points (HOSTSIM_MAX_STEPS)", s.cfg.maxSteps)
		return
	case hostsim.EndGoroutines:
		o.kind, o.detail = "limit", fmt.Sprintf("more than %d goroutines were started (HOSTSIM_MAX_GOROUTINES)", s.cfg.maxGs)
		return
	case hostsim.EndGiven:
		o.kind, o.ok = "ended", r.EndArg == 0
		if !o.ok {
			o.kind = "stuck"
		}
		return
	case hostsim.EndStall:
		o.kind = "stall"
		o.detail = fmt.Sprintf("no scheduling point was reached for %v of real time (HOSTSIM_STALL)", s.cfg.stall)
		return
	}
	if caught != nil {
		text := fmt.Sprint(caught)
		switch {
		case strings.Contains(text, "main bubble goroutine has exited"):
			o.kind, o.detail = "leak", "the test ended while goroutines of its bubble were still blocked"
		case strings.Contains(text, "deadlock"):
			o.kind, o.detail = "deadlock", "all goroutines of the bubble are blocked and no timer is set"
		default:
			o.kind, o.detail = "panic", text
		}
		return
	}
	if !ok {
		o.kind = "failed"
		return
	}
	o.kind, o.ok = "pass", true
}

func hostsimPanicText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	}
	return fmt.Sprintf("(%T) %v", v, v)
}

var (
	hostsimHeap   = []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	hostsimRuns   int
	hostsimEvBuf  []uintptr
	hostsimRecBuf []uint64
)

func hostsimEvents() []uintptr {
	if hostsimEvBuf == nil {
		hostsimEvBuf = make([]uintptr, 4<<20)
	}
	return hostsimEvBuf
}

func hostsimRecord() []uint64 {
	if hostsimRecBuf == nil {
		hostsimRecBuf = make([]uint64, 1<<20)
	}
	return hostsimRecBuf
}

// collect collects garbage between runs, when there is enough of it.
func (s *hostsimSession) collect() {
	hostsimRuns++
	if hostsimRuns%64 != 0 {
		return
	}
	metrics.Read(hostsimHeap)
	if hostsimHeap[0].Value.Uint64() > 64<<20 {
		runtime.GC()
	}
}

// all runs the sequential schedule, which at its first run also warms up what is initialised
// lazily and measures the length of a run, and then the others.
func (s *hostsimSession) all() {
	s.outcomes = map[string]int{}
	began := time.Now()
	seq := s.one(hostsimSchedule{strategy: hostsim.Sequential}, false, nil)
	if s.skipped {
		return
	}
	if seq.kind != "stall" {
		cold := seq
		seq = s.one(hostsimSchedule{strategy: hostsim.Sequential}, false, nil) // now warm
		if cold.ok && !seq.ok {
			s.unrepeatable = seq.kind
			return
		}
	}
	s.length = seq.res.Decisions
	if s.cfg.single != nil {
		if s.cfg.single.strategy == hostsim.Sequential {
			s.take(*s.cfg.single, seq)
		} else {
			s.try(*s.cfg.single)
		}
		s.took = time.Since(began)
		s.repeat()
		return
	}
	s.take(hostsimSchedule{strategy: hostsim.Sequential}, seq)
	s.took = 0
	began = time.Now()
	for i := 0; i < s.cfg.schedules; i++ {
		if s.failures > 0 && !s.cfg.everything {
			break
		}
		sch := s.cfg.base
		sch.seed = s.cfg.seed + uint64(i)
		s.try(sch)
	}
	s.took = time.Since(began)
	s.repeat()
}

func (s *hostsimSession) try(sch hostsimSchedule) { s.take(sch, s.one(sch, false, nil)) }

// take counts a run, and explains it if it is the first that failed.
func (s *hostsimSession) take(sch hostsimSchedule, o hostsimOutcome) {
	s.runs++
	s.decisions += o.res.Decisions
	s.outcomes[o.kind]++
	s.distinct[o.res.Hash] = struct{}{}
	if o.ok && o.res.Diverged == 0 {
		return
	}
	s.failures++
	if s.first == nil {
		began := time.Now()
		s.first = s.explain(sch, o)
		_ = began
	}
	if s.cfg.replays > 0 && len(s.failed) < 1000 && sch.strategy != hostsim.Replay {
		rec := hostsimRecord()
		again := s.one(sch, false, rec)
		sch.replay = append([]uint64(nil), rec[:again.res.Recorded]...)
		sch.strategy = hostsim.Replay
		sch.want = again
		s.failed = append(s.failed, sch)
	}
}

// repeat replays the recorded failing schedules and counts runs that differ.
func (s *hostsimSession) repeat() {
	if len(s.failed) == 0 {
		return
	}
	for i := 0; i < s.cfg.replays; i++ {
		sch := s.failed[i%len(s.failed)]
		o := s.one(sch, false, nil)
		s.replays++
		if !o.same(&sch.want) || o.res.Diverged != 0 {
			s.differ++
		}
	}
}

var hostsimWatchOnce sync.Once

// hostsimWatch ends a run that makes no progress for the given real time.
func hostsimWatch(limit time.Duration) {
	hostsimWatchOnce.Do(func() {
		go func() {
			var run, steps uint64
			since := time.Now()
			for range time.Tick(limit / 8) {
				on, r, n := hostsim.Progress()
				if !on || r != run || n != steps {
					run, steps, since = r, n, time.Now()
					continue
				}
				if time.Since(since) >= limit {
					hostsim.Stall()
					since = time.Now()
				}
			}
		}()
	})
}

// hostsimUsage ends the process because its environment makes no sense.
func hostsimUsage(name, value, want string) {
	fmt.Fprintf(os.Stderr, "hostsim: %s=%q: want %s\n", name, value, want)
	os.Exit(2)
}
