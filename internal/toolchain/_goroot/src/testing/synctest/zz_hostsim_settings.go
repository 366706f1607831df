package synctest

import (
	"encoding/json"
	"fmt"
	"internal/hostsim"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// hostsimSettings is what the environment asks for.
type hostsimSettings struct {
	schedules  int
	seed       uint64
	base       hostsimSchedule
	single     *hostsimSchedule
	everything bool // go on after a failure
	replays    int
	stall      time.Duration
	maxSteps   uint64
	maxGs      uint32
	memory     int64
	results    string // file that a line of JSON per test is appended to
	save       string // directory for recorded schedules of failures
	timeline   int
}

// hostsimSchedule names the decisions of one run.
type hostsimSchedule struct {
	strategy uint32
	depth    uint32
	seed     uint64
	replay   []uint64
	file     string
	want     hostsimOutcome
}

// String is the name that -schedule takes.
func (s hostsimSchedule) String() string {
	switch s.strategy {
	case hostsim.Random:
		return "random:" + strconv.FormatUint(s.seed, 10)
	case hostsim.PCT:
		return fmt.Sprintf("pct%d:%d", s.depth, s.seed)
	case hostsim.Replay:
		return "@" + s.file
	}
	return "sequential"
}

var hostsimLoad = sync.OnceValue(func() *hostsimSettings {
	n, single := os.Getenv("HOSTSIM_SCHEDULES"), os.Getenv("HOSTSIM_SCHEDULE")
	if n == "" && single == "" {
		return nil
	}
	s := hostsimSettingsOf()
	if single != "" {
		sch, err := hostsimParse(single, s.base)
		if err != nil {
			hostsimUsage("HOSTSIM_SCHEDULE", single, err.Error())
		}
		s.single = &sch
		return s
	}
	count, err := strconv.Atoi(n)
	if err != nil || count < 0 {
		hostsimUsage("HOSTSIM_SCHEDULES", n, "a number")
	}
	s.schedules = count
	return s
})

// hostsimSettingsOf reads everything but which schedules are asked for.
func hostsimSettingsOf() *hostsimSettings {
	s := &hostsimSettings{
		seed:       hostsimNumber("HOSTSIM_SEED", 1),
		replays:    int(hostsimNumber("HOSTSIM_REPLAYS", 0)),
		maxSteps:   hostsimNumber("HOSTSIM_MAX_STEPS", 2_000_000),
		maxGs:      uint32(hostsimNumber("HOSTSIM_MAX_GOROUTINES", 50_000)),
		memory:     int64(hostsimNumber("HOSTSIM_MEMORY", 3<<30)),
		timeline:   int(hostsimNumber("HOSTSIM_TIMELINE", 30)),
		everything: os.Getenv("HOSTSIM_ALL") == "1",
		results:    os.Getenv("HOSTSIM_RESULTS"),
		save:       os.Getenv("HOSTSIM_SAVE"),
		stall:      10 * time.Second,
	}
	if v := os.Getenv("HOSTSIM_STALL"); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil || d < 100*time.Millisecond {
			hostsimUsage("HOSTSIM_STALL", v, `a duration of at least 100ms, like "10s"`)
		}
		s.stall = d
	}
	v := os.Getenv("HOSTSIM_STRATEGY")
	if v == "" {
		v = "random"
	}
	base, ok := hostsimStrategy(v)
	if !ok || base.strategy == hostsim.Sequential {
		hostsimUsage("HOSTSIM_STRATEGY", v, `"random" or "pctD" with a depth D from 1 to 64`)
	}
	s.base = base
	return s
}

func hostsimNumber(name string, def uint64) uint64 {
	v := os.Getenv(name)
	if v == "" {
		return def
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		hostsimUsage(name, v, "a number")
	}
	return n
}

func hostsimStrategy(v string) (hostsimSchedule, bool) {
	if v == "random" {
		return hostsimSchedule{strategy: hostsim.Random}, true
	}
	if v == "sequential" {
		return hostsimSchedule{strategy: hostsim.Sequential}, true
	}
	if d, ok := strings.CutPrefix(v, "pct"); ok {
		n, err := strconv.Atoi(d)
		if d == "" {
			n, err = 3, nil
		}
		return hostsimSchedule{strategy: hostsim.PCT, depth: uint32(n)}, err == nil && n >= 1 && n <= 64
	}
	return hostsimSchedule{}, false
}

// hostsimParse reads the name of a schedule: "sequential", "random:5", "pct3:5", "5" (of the strategy set), "@file".
func hostsimParse(v string, base hostsimSchedule) (hostsimSchedule, error) {
	if file, ok := strings.CutPrefix(v, "@"); ok {
		return hostsimRead(file)
	}
	if v == "sequential" {
		return hostsimSchedule{strategy: hostsim.Sequential}, nil
	}
	sch := base
	name, seed, ok := strings.Cut(v, ":")
	if ok {
		var known bool
		if sch, known = hostsimStrategy(name); !known {
			return sch, fmt.Errorf(`a strategy "random", "pctD" or "sequential" before the colon`)
		}
	} else {
		seed = v
	}
	n, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return sch, fmt.Errorf(`"sequential", a seed like "5" or "random:5", or "@FILE"`)
	}
	sch.seed = n
	return sch, nil
}

// hostsimFile is a recorded schedule as it is stored.
type hostsimFile struct {
	Format    string            `json:"format"`
	Version   int               `json:"version"`
	Go        string            `json:"go"`
	Test      string            `json:"test"`
	Schedule  string            `json:"schedule"`
	Seed      uint64            `json:"seed"`
	Outcome   string            `json:"outcome"`
	Decisions []hostsimDecision `json:"decisions"`
}

type hostsimDecision struct {
	Kind   string `json:"kind"`
	N      uint32 `json:"n"`
	Chosen uint32 `json:"chosen"`
	Label  string `json:"label,omitempty"`
}

const (
	hostsimFormat  = "hostsim-schedule"
	hostsimVersion = 1
)

var hostsimKinds = [...]string{1: "run", 2: "yield", 3: "select", 4: "map", 5: "timer"}

func hostsimRead(file string) (hostsimSchedule, error) {
	sch := hostsimSchedule{strategy: hostsim.Replay, file: file}
	data, err := os.ReadFile(file)
	if err != nil {
		return sch, fmt.Errorf("a readable file: %w", err)
	}
	var f hostsimFile
	if err := json.Unmarshal(data, &f); err != nil {
		return sch, fmt.Errorf("a recorded schedule: %w", err)
	}
	if f.Format != hostsimFormat || f.Version < 1 {
		return sch, fmt.Errorf("a file of format %q", hostsimFormat)
	}
	if f.Version > hostsimVersion {
		return sch, fmt.Errorf("a schedule of version %d or older: this one has version %d and needs a newer hostsim", hostsimVersion, f.Version)
	}
	sch.seed = f.Seed
	for i, d := range f.Decisions {
		kind := 0
		for k, name := range hostsimKinds {
			if name == d.Kind && name != "" {
				kind = k
			}
		}
		if kind == 0 || d.N < 2 || d.N > 0xffff || d.Chosen >= d.N {
			return sch, fmt.Errorf("decisions of a known kind with chosen < n: decision %d is %+v", i+1, d)
		}
		sch.replay = append(sch.replay, uint64(kind)<<60|uint64(d.N)<<44|uint64(d.Chosen)<<28)
	}
	return sch, nil
}
