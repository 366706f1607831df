package synctest

import (
	"internal/hostsim"
	"internal/hostsim/explain"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	_ "unsafe" // for linkname
)

// What follows is for programs that know of hostsim and choose schedules themselves, such as adapters. They reach it by
// linkname, under the build tag hostsim.

// hostsimGiveUp ends the run that the caller is part of: nobody of its bubble runs again. stuck says that this is because
// nothing happens any more. It does nothing outside of a controlled bubble.
//
//go:linkname hostsimGiveUp
func hostsimGiveUp(stuck bool)

// hostsimQuiet makes what the caller does from here on no scheduling point, for 1, and ends that, for -1.
//
//go:linkname hostsimQuiet
func hostsimQuiet(d int32)

var hostsimProgram = sync.OnceValue(func() *hostsimSettings {
	runtime.GOMAXPROCS(1)
	cfg := hostsimSettingsOf()
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(hostsimMemory(cfg))
	runtime.MemProfileRate = 0
	hostsimWatch(cfg.stall)
	return cfg
})

// hostsimPlay runs f once in a bubble, under the schedule of this name, and tells how that ended: "pass", "failed", "ended" or
// "stuck" (hostsimGiveUp), "exited 3", "signaled 15", "panic", "limit", "stall", "deadlock" or "leak". length is the number of
// decisions that a run is expected to make, for PCT. With explain it runs f further times, to tell in text what the run
// shows, and gives the cycle of those who wait for each other: for each who, for what, where, and who of them would end the wait.
// It is for one goroutine at a time.
//
//go:linkname hostsimPlay
func hostsimPlay(t *testing.T, f func(*testing.T), schedule string, length uint64, explained bool) (kind, detail, text string, cycle [][4]string, decisions, hash uint64, err error) {
	cfg := hostsimProgram()
	base, _ := hostsimStrategy("random")
	sch, err := hostsimParse(schedule, base)
	if err != nil {
		return "", "", "", nil, 0, 0, err
	}
	s := &hostsimSession{t: t, f: f, cfg: cfg, length: length, program: true}
	o := s.one(sch, false, nil)
	if explained {
		fail := s.explain(sch, o)
		text = fail.text
		for i, w := range fail.cycle {
			next := fail.cycle[(i+1)%len(fail.cycle)]
			cycle = append(cycle, [4]string{w.Goroutine, strings.TrimPrefix(w.For, "for "), w.Where, next.Goroutine})
		}
	}
	return o.kind, o.detail, text, cycle, o.res.Decisions, o.res.Hash, nil
}

// hostsimCycle gives those who wait for each other.
func hostsimCycle(run *explain.Run, l *explain.Learned) []explain.Wait {
	waits, cycle := run.Waits(l)
	var out []explain.Wait
	for _, i := range cycle {
		out = append(out, waits[i])
	}
	return out
}

// hostsimNotesOf adds to what is known what a run used that is not controlled.
func hostsimNotesOf(known []string, r *hostsim.Result) []string {
	for _, note := range hostsimNotes(explain.NewRun(nil, nil, hostsimSymbols), r) {
		if !slices.Contains(known, note) {
			known = append(known, note)
		}
	}
	return known
}

// hostsimNotes tells what a run used that is not controlled.
func hostsimNotes(run *explain.Run, r *hostsim.Result) []string {
	var out []string
	for bit, text := range []string{"the network", "a file", "another process", "C code"} {
		if r.NoteSeen&(1<<bit) != 0 {
			out = append(out, "the bubble used "+text+", first in "+run.Place(hostsimNotePCs(r, bit)))
		}
	}
	if r.Retaken {
		out = append(out, "a system call kept the bubble waiting for more than half a second, in "+run.Place(r.BlockedPCs))
	}
	return out
}
