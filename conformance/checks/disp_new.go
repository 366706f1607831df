package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
)

// Area DISP: construction.

func init() {
	clause("HOST-DISP-015", constructedOnce)
	clause("HOST-DISP-016", constructedBeforeUse)
	clause("HOST-DISP-017", constructedInOrder)
	clause("HOST-DISP-018", constructedByStart)
	clause("HOST-DISP-019", constructionFailureStartsNobody)
	clause("HOST-DISP-020", constructionFailureOfOne)
	clause("HOST-DISP-021", builtOnce)
}

// constructedOnce: each service is constructed once, however often the host is started.
func constructedOnce(r *Run) Result {
	list := r.Calls(New)
	if len(list) == 0 {
		return Unseen()
	}
	for _, c := range list {
		if has(r.Script(c.Service, New), plan.Throw) {
			continue // it never came to be
		}
		if first, _ := r.CallOf(c.Service, New); first.Begin != c.Begin {
			return Broken(c.Begin, "each service is constructed once; %s was constructed again", r.Name(c.Service)).With(first.Begin)
		}
	}
	return Held()
}

// constructedBeforeUse: a service is constructed before anything else is asked of it.
func constructedBeforeUse(r *Run) Result {
	if len(r.Calls(New)) == 0 {
		return Unseen()
	}
	for _, h := range [...]Hook{Starting, Start, Started, Execute, Stopping, Stop, Stopped, Dispose} {
		for _, c := range r.Calls(h) {
			if n, ok := r.CallOf(c.Service, New); !ok || n.Begin > c.Begin {
				return Broken(c.Begin, "a service is constructed before anything else is asked of it; %s of %s was called before", h, r.Name(c.Service))
			}
		}
	}
	return Held()
}

// constructedInOrder: all services are constructed, in the order of their registration, before the first is started.
func constructedInOrder(r *Run) Result {
	list := r.Calls(New)
	if len(list) == 0 {
		return Unseen()
	}
	for i := 1; i < len(list); i++ {
		if list[i].Service < list[i-1].Service {
			return Broken(list[i].Begin, "services are constructed in the order of their registration; %s was constructed after %s", r.Name(list[i].Service), r.Name(list[i-1].Service)).With(list[i-1].Begin)
		}
	}
	newest := list[len(list)-1].Begin
	for _, h := range [...]Hook{Starting, Start} {
		if c := r.Calls(h); len(c) > 0 && c[0].Begin < newest {
			return Broken(c[0].Begin, "all services are constructed before the first is started; %s was started before", r.Name(c[0].Service)).With(newest)
		}
	}
	return Held()
}

// constructedByStart: services are constructed when the host starts, and not before.
func constructedByStart(r *Run) Result {
	list, st := r.Calls(New), r.Starters()
	build := r.act("build")
	if build.End < 0 || len(r.Services()) == 0 || len(list) == 0 && len(r.Stoppers()) == 0 && len(st) > 0 {
		return Unseen()
	}
	if len(st) == 0 {
		if len(list) > 0 {
			return Broken(list[0].Begin, "services are constructed when the host starts; it never did, and %s was constructed", r.Name(list[0].Service))
		}
		if len(r.idx().acts) < 2 {
			return Unseen()
		}
		return Held()
	}
	if len(list) == 0 {
		return Unseen()
	}
	if list[0].Begin < st[0].Begin {
		return Broken(list[0].Begin, "services are constructed when the host starts; %s was constructed before", r.Name(list[0].Service)).With(st[0].Begin)
	}
	return Held()
}

// brokenNew gives the first service whose construction failed, -1 if there is none, and the event of it.
func (r *Run) brokenNew() (k, at int) {
	for _, c := range r.Calls(New) {
		if has(r.Script(c.Service, New), plan.Throw) {
			return c.Service, c.Begin
		}
	}
	return -1, -1
}

// constructionFailureStartsNobody: if a service cannot be constructed, none is started and the start fails.
func constructionFailureStartsNobody(r *Run) Result {
	k, at := r.brokenNew()
	if k < 0 || len(r.Starters()) != 1 {
		return Unseen()
	}
	for _, h := range [...]Hook{Starting, Start} {
		for _, c := range r.Calls(h) {
			return Broken(c.Begin, "%s could not be constructed, so no service is started; %s was", r.Name(k), r.Name(c.Service)).With(at)
		}
	}
	if s := r.Starters()[0]; r.Ok(s) {
		return Broken(s.End, "%s could not be constructed, so the start of the host must fail; it succeeded", r.Name(k)).With(at)
	}
	return Held()
}

// constructionFailureOfOne: what becomes of the others when a service cannot be constructed.
func constructionFailureOfOne(r *Run) Result {
	k, at := r.brokenNew()
	run := r.act("run")
	if k < 0 || run.End < 0 || len(r.Starters()) != 1 {
		return Unseen()
	}
	for _, c := range r.Calls(New) {
		if c.Begin > at {
			return Broken(c.Begin, "%s could not be constructed, so those after it are not; %s was", r.Name(k), r.Name(c.Service)).With(at)
		}
	}
	for _, c := range r.Calls(Dispose) {
		if c.Service == k {
			return Broken(c.Begin, "%s could not be constructed, so it is not disposed; it was", r.Name(k)).With(at)
		}
	}
	if r.botched().Begin >= 0 {
		return Unseen()
	}
	for i := range r.Services() {
		if _, disposed := r.CallOf(i, Dispose); i != k && r.made(i) && !disposed {
			return Broken(run.End, "%s could not be constructed, and those that were are disposed; %s was not", r.Name(k), r.Name(i)).With(at)
		}
	}
	return Held()
}

// builtOnce: a builder builds one host.
func builtOnce(r *Run) Result {
	list := r.Acts("build")
	if len(list) < 2 || r.mains(plan.BuildAgain) == 0 || list[1].End < 0 {
		return Unseen()
	}
	if !r.Failed(list[1]) {
		return Broken(list[1].End, "a builder builds one host; a second build fails, and this one succeeded")
	}
	return Held()
}
