package agree

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Player plays the plan of a recording under the profile of its release and gives the trace. It is called from several
// goroutines at once.
type Player func(rec *recorded.Recording) (*trace.Trace, error)

// Report is the outcome of playing many recordings.
type Report struct {
	Releases  []Tally                  // in the order in which the recordings first named them
	Wrong     []error                  // in order of the recordings: those that disagree, or could not be played, and are no exceptions
	Excused   []*recorded.Exception    // exceptions that are needed
	Needless  []*recorded.Exception    // exceptions whose recording agrees
	Unplayed  []*recorded.Exception    // exceptions whose recording was not among those played
	Disagreed map[string]*Disagreement // by RELEASE/PLAN, the excused ones among them
}

// Tally counts the recordings of one release.
type Tally struct {
	Release         string
	Agree, Excused  int // recordings
	Recordings, Run int // Run: how often the real host was recorded in these plans
}

// Play plays every recording with jobs goroutines and compares. The report is the same whatever jobs is.
func Play(recs []*recorded.Recording, exceptions []recorded.Exception, jobs int, play Player) *Report {
	found := make([]error, len(recs))
	var wg sync.WaitGroup
	next := make(chan int)
	for range max(jobs, 1) {
		wg.Go(func() {
			for i := range next {
				found[i] = playOne(recs[i], play)
			}
		})
	}
	for i := range recs {
		next <- i
	}
	close(next)
	wg.Wait()

	r := &Report{Disagreed: map[string]*Disagreement{}}
	excuses := map[string]*recorded.Exception{}
	for i := range exceptions {
		excuses[exceptions[i].Release+"/"+exceptions[i].Plan] = &exceptions[i]
	}
	at := map[string]int{}
	for i, rec := range recs {
		n, ok := at[rec.Release]
		if !ok {
			n = len(r.Releases)
			at[rec.Release] = n
			r.Releases = append(r.Releases, Tally{Release: rec.Release})
		}
		t, id := &r.Releases[n], rec.Release+"/"+rec.Name
		t.Recordings++
		t.Run += rec.Runs
		excuse := excuses[id]
		delete(excuses, id)
		var d *Disagreement
		if errors.As(found[i], &d) {
			r.Disagreed[id] = d
		}
		switch {
		case found[i] == nil:
			t.Agree++
			if excuse != nil {
				r.Needless = append(r.Needless, excuse)
			}
		case excuse != nil && d != nil:
			t.Excused++
			r.Excused = append(r.Excused, excuse)
		default:
			r.Wrong = append(r.Wrong, found[i])
		}
	}
	for i := range exceptions {
		if e := &exceptions[i]; excuses[e.Release+"/"+e.Plan] == e {
			r.Unplayed = append(r.Unplayed, e)
		}
	}
	return r
}

func playOne(rec *recorded.Recording, play Player) error {
	run, err := play(rec)
	if err != nil {
		return fmt.Errorf("%s of %s could not be played: %w", rec.Name, rec.Release, err)
	}
	if d := Compare(rec, run); d != nil {
		return d
	}
	return nil
}

// Err tells in one error whether something is not as it must be: a recording that disagrees without an exception, or an
// exception that is not needed. Exceptions of recordings that were not played count for nothing.
func (r *Report) Err() error {
	var errs []error
	errs = append(errs, r.Wrong...)
	for _, e := range r.Needless {
		errs = append(errs, fmt.Errorf("%s of %s agrees: its entry in exceptions.yaml is no longer needed, take it away", e.Plan, e.Release))
	}
	return errors.Join(errs...)
}

// Write prints the tally: a line for each release, a line for all, and a line for each exception.
func (r *Report) Write(w io.Writer) error {
	var all Tally
	for _, t := range r.Releases {
		if _, err := fmt.Fprintf(w, "%-12s %s\n", t.Release, t.counts()); err != nil {
			return err
		}
		all.Agree, all.Excused, all.Recordings = all.Agree+t.Agree, all.Excused+t.Excused, all.Recordings+t.Recordings
	}
	if _, err := fmt.Fprintf(w, "%-12s %s\n", "all", all.counts()); err != nil {
		return err
	}
	for _, e := range r.Excused {
		if _, err := fmt.Fprintf(w, "exception: %s of %s: %s\n", e.Plan, e.Release, e.Reason); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tally) counts() string {
	s := fmt.Sprintf("%d of %d agree", t.Agree, t.Recordings)
	if t.Excused > 0 {
		s += fmt.Sprintf(", %d excused", t.Excused)
	}
	return s
}
