package plan

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// The limits of a plan, all in one place. Whatever exceeds one is an error; those of the document that it stands in are
// those of package doc (a file of 1 MiB). They keep every sum of durations inside a time.Duration.
const (
	MaxServices    = 20_000
	MaxSteps       = 100_000        // of all scripts together
	MaxSpawnDepth  = 8              // spawn inside spawn
	MaxStimuli     = 1_000          // signals, connections, files, signal handlers, callbacks and settings, each
	MaxName        = 64             // characters of a service's name
	MaxText        = 4096           // bytes of a text
	MaxDuration    = 24 * time.Hour // of one duration that is not "inf"
	MaxExitCode    = 255            // of exit, exitCode and return; the least is 0
	_durationGuard = MaxDuration * (MaxSteps + 3*MaxStimuli + 10)
)

// Error is one thing that is wrong with a plan; [Parse] joins all that it finds.
type Error = doc.Error
