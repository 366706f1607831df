package protocol

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/doc"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

var (
	messageKeys  = []string{"identity", "ready", "listening", "skip", "schedule", "end"}
	eventKeys    = []string{"ms", "who", "what", "phase", "outcome", "tokenCancelled", "detail", "seq"}
	identityKeys = []string{"protocol", "implementation", "version", "language", "runtime", "profile", "features", "lanes", "reuse", "schedules"}
	endKeys      = []string{"kind", "code", "signal", "cycle", "stuck", "reason"}
	scheduleKeys = []string{"name", "decisions", "hash", "said"}
	waitKeys     = []string{"who", "where", "resource", "holder", "since"}
	lanes        = []string{spec.Process, spec.Virtual}
	phases       = []string{"begin", "end"}
	endKinds     = []string{string(trace.Exited), string(trace.Signaled), string(trace.Deadlock), string(trace.HangEnd), string(trace.Killed)}
)

// decoder reads the fields of one object; the first fault stays, later reads give zero values.
type decoder struct {
	fault *Fault
}

func (d *decoder) fail(kind FaultKind, found, expected, mend string) {
	if d.fault == nil {
		d.fault = &Fault{Kind: kind, Found: found, Expected: expected, Mend: mend}
	}
}

// known checks that an object has no key but these.
func (d *decoder) known(v *value, what string, keys []string) {
	if v.kind != objectValue {
		d.fail(WrongType, what+" is "+v.kind.String(), "an object", "")
		return
	}
	for _, f := range v.fields {
		if !slices.Contains(keys, f.key) {
			mend := ""
			if near := doc.Nearest(f.key, keys); near != "" {
				mend = "did you mean " + strconv.Quote(near) + "?"
			}
			d.fail(UnknownKey, quote(f.key)+" in "+what, oneOf(keys), mend)
			return
		}
	}
}

func (d *decoder) text(v *value, key, what string, most int, required bool) string {
	f := v.get(key)
	switch {
	case f == nil:
		if required {
			d.fail(MissingKey, what+" without "+strconv.Quote(key), strconv.Quote(key)+", a text", "")
		}
		return ""
	case f.kind != textValue:
		d.fail(WrongType, strconv.Quote(key)+" in "+what+" is "+f.kind.String(), "a text", "")
		return ""
	case len(f.text) > most:
		d.fail(TextTooLong, strconv.Quote(key)+" in "+what+" has "+strconv.Itoa(len(f.text))+" bytes", "at most "+strconv.Itoa(most), "")
		return ""
	case required && f.text == "":
		d.fail(MissingKey, strconv.Quote(key)+" in "+what+" is empty", "a text", "")
	}
	return f.text
}

func (d *decoder) word(v *value, key, what string, words []string, required bool) string {
	w := d.text(v, key, what, MaxName, required)
	if w == "" || slices.Contains(words, w) {
		return w
	}
	mend := ""
	if near := doc.Nearest(w, words); near != "" {
		mend = "did you mean " + strconv.Quote(near) + "?"
	}
	d.fail(UnknownWord, strconv.Quote(key)+": "+quote(w)+" in "+what, oneOf(words), mend)
	return ""
}

func (d *decoder) flag(v *value, key, what string) (val, there bool) {
	f := v.get(key)
	if f == nil {
		return false, false
	}
	if f.kind != boolValue {
		d.fail(WrongType, strconv.Quote(key)+" in "+what+" is "+f.kind.String(), "true or false", "")
	}
	return f.text == "true", true
}

// number reads a number within bounds; whole says that it must have no fraction.
func (d *decoder) number(f *value, key, what string, lo, hi float64, whole bool) float64 {
	if f.kind != numberValue {
		d.fail(WrongType, strconv.Quote(key)+" in "+what+" is "+f.kind.String(), "a number", "")
		return 0
	}
	n, err := strconv.ParseFloat(f.text, 64)
	if err != nil || n < lo || n > hi || whole && n != math.Trunc(n) {
		kind := "a number"
		if whole {
			kind = "a whole number"
		}
		d.fail(OutOfRange, strconv.Quote(key)+": "+quote(f.text)+" in "+what, kind+" from "+strconv.FormatFloat(lo, 'f', -1, 64)+" to "+strconv.FormatFloat(hi, 'f', -1, 64), "")
		return 0
	}
	return n
}

func (d *decoder) texts(v *value, key, what string) []string {
	f := v.get(key)
	if f == nil {
		return nil
	}
	if f.kind != listValue {
		d.fail(WrongType, strconv.Quote(key)+" in "+what+" is "+f.kind.String(), "a list of texts", "")
		return nil
	}
	if len(f.items) > MaxName {
		d.fail(TextTooLong, strconv.Quote(key)+" in "+what+" has "+strconv.Itoa(len(f.items))+" items", "at most "+strconv.Itoa(MaxName), "")
		return nil
	}
	var out []string
	for i := range f.items {
		if f.items[i].kind != textValue || len(f.items[i].text) > MaxName {
			d.fail(WrongType, strconv.Quote(key)+" in "+what+" holds "+f.items[i].kind.String(), "a list of texts", "")
			return nil
		}
		out = append(out, f.items[i].text)
	}
	return out
}

// message reads one line that is an object.
func (d *decoder) message(v *value) Message {
	if v.get("who") != nil || v.get("what") != nil {
		return d.event(v)
	}
	if len(v.fields) == 1 {
		switch f := &v.fields[0]; f.key {
		case "identity":
			return Message{Kind: IdentityMessage, Identity: d.identity(&f.val)}
		case "ready":
			if f.val.kind != boolValue || f.val.text != "true" {
				d.fail(WrongType, `"ready" is `+f.val.kind.String(), `{"ready":true}`, "")
			}
			return Message{Kind: ReadyMessage}
		case "listening":
			return Message{Kind: ListeningMessage, Listening: d.listening(&f.val)}
		case "skip":
			return Message{Kind: SkipMessage, Skip: d.text(v, "skip", "the message", 4*MaxName, true)}
		case "schedule":
			return Message{Kind: ScheduleMessage, Schedule: d.schedule(&f.val)}
		case "end":
			return Message{Kind: EndMessage, End: d.end(&f.val)}
		}
	}
	var keys []string
	for _, f := range v.fields {
		if len(keys) < 4 {
			keys = append(keys, quote(f.key))
		}
	}
	found, mend := "an object without keys", ""
	if len(keys) > 0 {
		found = "an object with " + strings.Join(keys, ", ")
		if near := doc.Nearest(v.fields[0].key, append([]string{"who", "what"}, messageKeys...)); near != "" {
			mend = "did you mean " + strconv.Quote(near) + "?"
		}
	}
	d.fail(UnknownMessage, found, `an event with "who" and "what", or an object with a single key, `+oneOf(messageKeys), mend)
	return Message{}
}

func (d *decoder) identity(v *value) *Identity {
	const what = "the identity"
	if v.kind == objectValue { // the version decides which other keys there are
		if f := v.get("protocol"); f == nil {
			d.fail(MissingKey, what+` without "protocol"`, `"protocol":`+strconv.Itoa(Version), "say first which version of the protocol the adapter speaks")
		} else if n := int(d.number(f, "protocol", what, 0, 1_000_000, true)); d.fault == nil && n < Version {
			d.fail(OlderVersion, "protocol "+strconv.Itoa(n), "protocol "+strconv.Itoa(Version), "bring the adapter up to date: docs/protocol.md lists what changed, or use the hostsim that it was written for")
		} else if d.fault == nil && n > Version {
			d.fail(NewerVersion, "protocol "+strconv.Itoa(n), "protocol "+strconv.Itoa(Version), "the adapter is newer than this hostsim: update hostsim, or read "+EnvVersion+" and speak that version")
		}
	}
	d.known(v, what, identityKeys)
	id := &Identity{Protocol: Version}
	id.Implementation = d.text(v, "implementation", what, MaxName, true)
	id.Version = d.text(v, "version", what, MaxName, true)
	id.Language = d.text(v, "language", what, MaxName, true)
	id.Runtime = d.text(v, "runtime", what, MaxName, false)
	id.Profile = d.text(v, "profile", what, MaxName, false)
	id.Features = d.texts(v, "features", what)
	id.Lanes = d.texts(v, "lanes", what)
	id.Reuse, _ = d.flag(v, "reuse", what)
	id.Schedules, _ = d.flag(v, "schedules", what)
	if d.fault == nil && len(id.Lanes) == 0 {
		d.fail(MissingKey, what+` without "lanes"`, `"lanes", a list with at least one of process, virtual`, `write "lanes":["process"]`)
	}
	for _, l := range id.Lanes {
		if !slices.Contains(lanes, l) {
			d.fail(UnknownWord, "lane "+quote(l), oneOf(lanes), "")
		}
	}
	return id
}

func (d *decoder) event(v *value) Message {
	const what = "an event"
	d.known(v, what, eventKeys)
	m := Message{Kind: EventMessage}
	e := &m.Event
	e.Who = d.text(v, "who", what, MaxName, true)
	e.What = d.text(v, "what", what, MaxName, true)
	if ms := v.get("ms"); ms != nil {
		m.Timed = true
		e.At = time.Duration(math.Round(d.number(ms, "ms", what, 0, float64(MaxTime/time.Millisecond), false) * float64(time.Millisecond)))
	}
	switch d.word(v, "phase", what, phases, false) {
	case "begin":
		e.Phase = trace.Begin
	case "end":
		e.Phase = trace.End
	}
	e.Outcome = d.text(v, "outcome", what, plan.MaxText*4, false)
	if e.Outcome != "" && !trace.ValidOutcome(e.Outcome) {
		d.fail(UnknownWord, `"outcome": `+quote(e.Outcome)+" in "+what, "ok, cancelled, error:MESSAGE or aggregate(OUTCOME,…)", "")
	}
	if cancelled, there := d.flag(v, "tokenCancelled", what); there {
		e.Token = trace.Live
		if cancelled {
			e.Token = trace.Cancelled
		}
	}
	switch f := v.get("detail"); {
	case f == nil:
	case f.kind == textValue:
		e.Detail = trace.Text(d.text(v, "detail", what, plan.MaxText*4, false))
	case f.kind == numberValue:
		e.Detail = trace.Number(int(d.number(f, "detail", what, -MaxNumber-1, MaxNumber, true)))
	default:
		d.fail(WrongType, `"detail" in `+what+" is "+f.kind.String(), "a text or a whole number", "")
	}
	return m
}

func (d *decoder) listening(v *value) []Listening {
	if v.kind != objectValue || len(v.fields) == 0 {
		d.fail(WrongType, `"listening" is `+v.kind.String(), `{"listening":{"tcp:web":"127.0.0.1:41873"}}`, "")
		return nil
	}
	var out []Listening
	for i := range v.fields {
		key := v.fields[i].key
		if _, ok := plan.ParseAddress(key); !ok {
			d.fail(UnknownWord, "address "+quote(key), "an address of the plan, tcp:NAME or unix:NAME", "")
			return nil
		}
		out = append(out, Listening{key, d.text(v, key, "listening", 16*MaxName, true)})
	}
	return out
}

func (d *decoder) schedule(v *value) *Schedule {
	const what = "the schedule"
	d.known(v, what, scheduleKeys)
	s := &Schedule{Name: d.text(v, "name", what, MaxName, true), Hash: d.text(v, "hash", what, MaxName, true), Said: d.text(v, "said", what, MaxSaid, false)}
	if f := v.get("decisions"); f == nil {
		d.fail(MissingKey, what+` without "decisions"`, `"decisions", a whole number`, "")
	} else {
		s.Decisions = int(d.number(f, "decisions", what, 0, MaxNumber, true))
	}
	return s
}

func (d *decoder) end(v *value) trace.Ending {
	const what = "the end"
	d.known(v, what, endKeys)
	e := trace.Ending{Kind: trace.EndKind(d.word(v, "kind", what, endKinds, true)), Reason: d.text(v, "reason", what, 16*MaxName, false)}
	if f := v.get("code"); f != nil {
		e.Code = int(d.number(f, "code", what, 0, MaxCode, true))
	} else if e.Kind == trace.Exited {
		d.fail(MissingKey, `kind exited without "code"`, `"code", a whole number`, "")
	}
	e.Signal = d.text(v, "signal", what, MaxName, e.Kind == trace.Signaled)
	e.Cycle = d.waits(v, "cycle")
	e.Stuck = d.waits(v, "stuck")
	if e.Kind == trace.Deadlock && d.fault == nil && len(e.Cycle) == 0 {
		d.fail(MissingKey, `kind deadlock without "cycle"`, "who waits for whom, or kind hang if there is no cycle", "")
	}
	return e
}

func (d *decoder) waits(v *value, key string) []trace.Wait {
	f := v.get(key)
	if f == nil {
		return nil
	}
	if f.kind != listValue || len(f.items) > 10_000 {
		d.fail(WrongType, strconv.Quote(key)+" in the end is "+f.kind.String(), "a list of at most 10000 waits", "")
		return nil
	}
	var out []trace.Wait
	for i := range f.items {
		w, what := &f.items[i], "a wait"
		d.known(w, what, waitKeys)
		if d.fault != nil {
			return nil
		}
		wait := trace.Wait{Who: d.text(w, "who", what, 16*MaxName, true), Where: d.text(w, "where", what, 16*MaxName, false), Resource: d.text(w, "resource", what, 16*MaxName, false), Holder: d.text(w, "holder", what, 16*MaxName, false)}
		if s := w.get("since"); s != nil {
			wait.Since = time.Duration(math.Round(d.number(s, "since", what, 0, float64(MaxTime/time.Millisecond), false) * float64(time.Millisecond)))
		}
		out = append(out, wait)
	}
	return out
}
