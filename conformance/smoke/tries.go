package smoke

import (
	"fmt"
	"slices"
	"time"

	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// try is one plan, and what is looked at in its trace.
type try struct {
	name     string
	lane     string
	plan     string
	reuse    process.Reuse
	times    int // how often it is played, in one process if the adapter can
	required bool
	when     func(*protocol.Identity) bool // nil: always
	look     func(*look)
	good     string // what is said if nothing is wrong
}

var tries = []try{
	{
		name: "it plays a plan, and SIGTERM ends it", lane: spec.Process, reuse: process.ReuseNever, required: true,
		plan: `{"services":[{"name":"a","start":[{"delay":"20ms"}],"stop":[{"delay":"100ms"}]}],"main":[{"build":true},{"run":true},{"return":3}],
			"signals":[{"after":"lifetime.applicationStarted","wait":"20ms","send":"SIGTERM"}]}`,
		when: signalled,
		look: lookAtStop, good: "start, signal, stop and the end are all there",
	},
	{
		name: "it tells of a failed start", lane: spec.Process, reuse: process.ReuseNever, required: true,
		plan: `{"services":[{"name":"a","start":[{"throw":"boom"}]}],"signals":[{"after":"a.start.end","wait":"300ms","send":"SIGTERM"}]}`,
		when: func(id *protocol.Identity) bool { return id.Offers(spec.Process) },
		look: lookAtFailure, good: `the outcome is "error:boom"`,
	},
	{
		name: "one process plays several plans", lane: spec.Process, reuse: process.ReuseSignals, times: 2,
		plan: `{"services":[{"name":"a"}],"signals":[{"after":"lifetime.applicationStarted","wait":"20ms","send":"SIGTERM"}]}`,
		when: func(id *protocol.Identity) bool { return id.Reuse && signalled(id) },
		look: func(l *look) {
			if !l.ended() {
				return
			}
			l.needs("a.stop.end", "the second plan must be played like the first")
		},
		good: "the second plan in one process ends like the first",
	},
	{
		name: "it plays a plan in virtual time", lane: spec.Virtual, times: 1,
		plan: `{"services":[{"name":"a","stop":[{"delay":"1s"}]}],"main":[{"build":true},{"run":true},{"return":3}],"signals":[{"after":"lifetime.applicationStarted","wait":"1h","send":"SIGTERM"}]}`,
		when: func(id *protocol.Identity) bool { return id.Offers(spec.Virtual) },
		look: lookAtVirtual, good: "an hour passes in no time",
	},
}

// signalled tells whether the adapter's processes can be sent signals.
func signalled(id *protocol.Identity) bool {
	return id.Offers(spec.Process) && process.Impossible("signals") == ""
}

// look is what was seen of one try.
type look struct {
	*try
	tr    *trace.Trace
	after *process.Aftermath
	found []Finding
}

func (l *look) wrong(said, mend string) {
	l.found = append(l.found, Finding{l.name, false, said, mend})
}

func (l *look) index(name string) int {
	for i, e := range l.tr.Events {
		if short := e.Who + "." + e.What; name == short || name == short+"."+e.Phase.String() {
			return i
		}
	}
	return -1
}

// needs says that an event must be there.
func (l *look) needs(name, why string) bool {
	if l.index(name) >= 0 {
		return true
	}
	l.wrong("there is no event "+name, why)
	return false
}

// ended looks at how a run ended, and tells whether it did by itself.
func (l *look) ended() bool {
	switch e := &l.tr.End; e.Kind {
	case trace.Exited:
		return true
	case trace.Signaled:
		l.wrong("the process died of "+e.Signal, "is the signal handled from the moment that applicationStarted is written?")
	default:
		l.wrong("it does not end: "+e.Reason, "end the process when main returns")
	}
	return false
}

// events looks at what every event needs.
func (l *look) events() {
	said := map[string]bool{}
	once := func(key, s, mend string) {
		if !said[key] {
			said[key] = true
			l.wrong(s, mend)
		}
	}
	// A host that hands its services no token tells of none anywhere; one that tells of it here and not there forgets.
	tokens := slices.ContainsFunc(l.tr.Events, func(e trace.Event) bool { return e.Token != trace.NoToken })
	var before trace.Event
	for _, e := range l.tr.Events {
		switch e.Who {
		case trace.Signal, trace.World, trace.Net, trace.Log:
			continue
		}
		name := e.Who + "." + e.What
		call := e.What == "start" || e.What == "stop" || e.What == "execute" || e.Who == trace.Host
		switch {
		case call && e.Phase == trace.Point:
			once("phase", fmt.Sprintf("the event %s has no phase", name), `write two: "phase":"begin" when it begins and "phase":"end" with an outcome when it has ended`)
		case call && e.Phase == trace.End && e.Outcome == "":
			once("outcome", fmt.Sprintf("the event %s.end has no outcome", name), `add "outcome": ok, cancelled, or error:MESSAGE`)
		case tokens && call && e.Phase == trace.Begin && e.Who != trace.Host && e.Token == trace.NoToken:
			once("token", fmt.Sprintf("the event %s.begin does not say how its token is, and others do", name), `add "tokenCancelled": whether the context, token or signal that the method was handed has been cancelled already; leave it out everywhere if the host hands none`)
		}
		if e.At < before.At {
			once("time", fmt.Sprintf("time goes back from %s to %s", before.Who+"."+before.What, name), `take "ms" from a monotonic clock, under the same lock that writes the line`)
		}
		before = e
	}
}

func lookAtStop(l *look) {
	begun := l.needs("host.build.begin", "write host.build begin and end around building the host: times count from it") &&
		l.needs("host.run.begin", "write host.run begin and end around running the host")
	if !l.needs("a.start.begin", "write WHO.start begin and end around the service's start") {
		return
	}
	if !l.needs("lifetime.applicationStarted", "write it when the host has started all services: the plan's signals wait for it") {
		return
	}
	if l.index("signal.SIGTERM") >= 0 && l.tr.End.Kind != trace.Exited && l.tr.End.Kind != trace.Signaled && l.index("a.stop.begin") < 0 {
		l.wrong("SIGTERM has no effect", "the host must be run as its users run it, with its signal handling")
		return
	}
	if !l.ended() {
		return
	}
	if !l.needs("a.stop.end", "write WHO.stop begin and end around the service's stop") || !begun {
		return
	}
	took := l.tr.Events[l.index("a.stop.end")].At - l.tr.Events[l.index("a.stop.begin")].At
	switch {
	case took < 50*time.Millisecond:
		l.wrong("a stop of 100ms took less than half of that", `"ms" counts milliseconds, and "delay" waits for its time`)
	case took > 5*time.Second:
		l.wrong("a stop of 100ms took more than fifty times that", `"ms" counts milliseconds, not microseconds or nanoseconds`)
	}
	if l.tr.End.Code != 3 && slices.Contains(l.after.Identity.Features, "exitCode") {
		l.wrong(fmt.Sprintf("main returns 3, the exit code is %d", l.tr.End.Code), "end the process with the code that the plan's main returns, and let no launcher swallow it (in a shell: exec)")
	}
	if !l.after.Ready {
		l.wrong("it never says that it is ready", `write {"ready":true} with applicationStarted`)
	}
}

func lookAtFailure(l *look) {
	if !l.needs("a.start.end", "write the end of a call also when it fails") {
		return // how the host ends then is its own affair: a supervisor goes on
	}
	if o := l.tr.Events[l.index("a.start.end")].Outcome; o != "error:boom" {
		l.wrong(fmt.Sprintf("the outcome of a start that throws boom is %q", o), `write "error:boom": the message of the error, as the script threw it`)
	}
}

func lookAtVirtual(l *look) {
	const mend = "in the virtual lane the plan's signals are the adapter's to give: after EVENT, wait, send"
	if e := &l.tr.End; e.Kind != trace.Exited {
		l.wrong("it does not end well: "+trace.FormatEnd(e)+" "+e.Reason, mend)
		return
	}
	if !l.needs("a.stop.end", mend) {
		return
	}
	if at := l.tr.Events[l.index("a.stop.end")].At; at != time.Hour+time.Second {
		l.wrong("a stop of 1s after 1h ends at "+at.Round(time.Millisecond).String(), "time is virtual: only waits let it pass, and they last exactly as long as they say")
	}
	if l.tr.End.Code != 3 {
		l.wrong(fmt.Sprintf("main returns 3, the end says code %d", l.tr.End.Code), `{"end":{"kind":"exited","code":3}}`)
	}
}
