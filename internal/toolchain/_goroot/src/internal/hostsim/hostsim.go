// Package hostsim is the harness's view of schedule control in the runtime.
package hostsim

import _ "unsafe" // for linkname

// Strategies.
const (
	Sequential = iota
	Random
	PCT
	Replay
)

// Reasons why a run ended before its bubble was done.
const (
	EndNone = iota
	EndExit
	EndSignal
	EndPanic
	EndSteps
	EndGoroutines
	EndStall
	EndGiven // by the program itself
)

// Config says how the next bubble of the calling goroutine is run.
type Config struct {
	Strategy uint32
	Depth    uint32 // of PCT
	Seed     uint64
	Length   uint64 // decisions that a run is expected to make, for PCT
	MaxSteps uint64 // scheduling points and switches, 0 for no limit
	MaxGs    uint32 // goroutines, 0 for no limit
	Log      bool
	Replay   []uint64
	Recorded []uint64 // room for decisions
	Events   []uintptr
}

// Result is what a run left behind.
type Result struct {
	Hash       uint64
	Decisions  uint64
	Steps      uint64
	Diverged   uint64 // 1 + the decision at which a replay left its recording
	End        uint32
	EndIndex   uint32
	EndArg     int64
	EndVal     any
	EndPCs     []uintptr
	Recorded   int
	Events     int
	Lost       bool
	Retaken    bool // a system call kept the bubble waiting
	BlockedPCs []uintptr
	NoteSeen   uint32
	Notes      [4][16]uintptr
	Goroutines uint32
}

// Blocked is a goroutine that a bubble left behind.
type Blocked struct {
	Index  uint32
	Status uint32
	Reason string
	PCs    [64]uintptr
	NPCs   int
}

func arm(*Config)
func collect(*Result)
func stall()
func progress() (on bool, run, steps uint64)
func snapshot(out []Blocked) int
func reap() int
func forget()

// Controlled reports whether the caller is in a bubble under control.
func Controlled() bool

// Arm takes the next bubble that this goroutine starts under control.
// GOMAXPROCS must be 1.
func Arm(c *Config) { arm(c) }

// Collect reads the result of the last run.
func Collect(r *Result) { collect(r) }

// Stall ends the run that is under way because it makes no progress.
func Stall() { stall() }

// Progress says which run is under way and how many steps it made.
func Progress() (on bool, run, steps uint64) { return progress() }

// Left lists the goroutines that the last bubble left behind.
func Left() []Blocked {
	n := snapshot(nil)
	if n == 0 {
		return nil
	}
	out := make([]Blocked, n)
	return out[:min(n, snapshot(out))]
}

// Reap lets them end without running their deferred functions. It returns how many had to stay.
func Reap() int { return reap() }

// Forget drops the last bubble when nobody was left behind.
func Forget() { forget() }
