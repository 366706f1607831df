package checks

func init() {
	Register("HOST-START-021", startStages)
	Register("HOST-START-022", startHookOrder)
	Register("HOST-START-023", startStagesAfterFailure)
	Register("HOST-START-024", startHookFailure)
}

// startStages: starting before start before started.
func startStages(r *Run) Result {
	res := Unseen()
	for _, act := range r.Starters() {
		for _, pair := range [2][2]Hook{{Starting, Start}, {Start, Started}} {
			before, after := r.window(act, pair[0]), r.window(act, pair[1])
			if len(before) == 0 || len(after) == 0 {
				continue
			}
			res = Held()
			for _, b := range before {
				if a := after[0]; b.End < 0 || b.End > a.Begin {
					return Broken(a.Begin, "every %s must end before the first %s is called, but that of %s had not", pair[0], pair[1], r.Name(b.Service)).With(b.Begin)
				}
			}
		}
	}
	return res
}

func startHookOrder(r *Run) Result {
	if !r.OneStart() {
		return Unseen()
	}
	res := Unseen()
	act := r.Starters()[0]
	for _, h := range [2]Hook{Starting, Started} {
		calls := r.window(act, h)
		seen := map[int]bool{}
		for k, c := range calls {
			if seen[c.Service] {
				return Broken(c.Begin, "%s is called once for a service, but was called again for %s", h, r.Name(c.Service))
			}
			if seen[c.Service] = true; k == 0 || r.ConcurrentStart() {
				continue
			}
			res = Held()
			p := calls[k-1]
			if p.Service > c.Service {
				return Broken(c.Begin, "%s must be called in order of registration, but that of %s came after that of %s", h, r.Name(c.Service), r.Name(p.Service)).With(p.Begin)
			}
			if p.Open(c.Begin) {
				return Broken(c.Begin, "%s of %s must not be called before that of %s has ended, but was", h, r.Name(c.Service), r.Name(p.Service)).With(p.Begin)
			}
		}
		at := r.startedAt()
		if at < 0 || r.failedStarts() > 0 || r.wasAsked(at) {
			continue
		}
		for _, s := range r.lifecycles() {
			if res = Held(); !seen[s] {
				return Broken(at, "%s must be called for every lifecycle service, but was not for %s", h, r.Name(s))
			}
		}
	}
	return res
}

func startStagesAfterFailure(r *Run) Result {
	if !r.OneStart() || len(r.lifecycles()) == 0 {
		return Unseen()
	}
	act := r.Starters()[0]
	res := Unseen()
	for _, pair := range [2][2]Hook{{Starting, Start}, {Start, Started}} {
		for _, c := range r.window(act, pair[0]) {
			if !r.Failed(c) || r.ignoredCancel(c) || act.End < 0 {
				continue
			}
			res = Held()
			for _, h := range []Hook{pair[1], Started} {
				if after := r.window(act, h); len(after) > 0 {
					return Broken(after[0].Begin, "%s of %s has failed, so no %s may be called, but that of %s was", pair[0], r.Name(c.Service), h, r.Name(after[0].Service)).With(c.End)
				}
			}
		}
	}
	return res
}

func startHookFailure(r *Run) Result {
	act, c, h, ok := r.onlyStartFailure()
	if !ok || h == Start || r.ignoredCancel(c) || r.anyFailed(Execute) && r.Profile.Word("workerMonitor") == "fails" {
		return Unseen()
	}
	if got, want := r.Outcome(act), r.Outcome(c); got != want {
		return Broken(act.End, "host.%s must end with the error of %s of %s, %s, but ended with %q", r.called(act), h, r.Name(c.Service), want, got).With(c.End)
	}
	return Held()
}
