package virtual_test

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/agree"
	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// TestAgreementWithTheRealHost replays every recording under the profile of its release: the same events, in an order
// that the real host shows, at the same times, with the same end. What disagrees must be excused in exceptions.yaml.
func TestAgreementWithTheRealHost(t *testing.T) {
	recs, err := recorded.All()
	if err != nil {
		t.Fatal(err)
	}
	exceptions, err := recorded.Exceptions()
	if err != nil {
		t.Fatal(err)
	}
	jobs := runtime.GOMAXPROCS(0)
	lanes := make(chan *virtual.Lane, jobs)
	for range jobs {
		l := virtual.New(nil)
		defer l.Close()
		lanes <- l
	}
	report := agree.Play(recs, exceptions, jobs, func(rec *recorded.Recording) (*trace.Trace, error) {
		l := <-lanes
		defer func() { lanes <- l }()
		tr, err := l.Play(rec.Plan, rec.Release)
		if err != nil {
			return nil, err
		}
		return tr.Keep(), nil
	})
	var b bytes.Buffer
	_ = report.Write(&b)
	t.Logf("agreement with the real host\n%s", b.String())
	if err := report.Err(); err != nil {
		t.Error(err)
	}
}
