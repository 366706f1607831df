package checks

import (
	"reflect"
	"testing"
)

func TestConcurrentStart(t *testing.T) {
	plan := "options: {concurrentStart: true}\nservices: [{name: a, start: [{delay: 1s}]}, {name: b, start: [{delay: 1s}]}]"
	both := "0ms host start begin\n a start begin live\n b start begin live\n1s a start end ok\n b start end ok\n lifetime applicationStarted\n host start end ok"
	rows(t, "HOST-CONC-001", row{profile: "strict", plan: plan, trace: both},
		row{name: "in order", want: Pass},
		row{name: "reversed", trace: edit(both, "drop a start begin", "put a start begin live after b start begin"), want: Fail, at: "a start begin"},
		row{name: "sequential", plan: abc, trace: life, want: Vacuous},
	)
	seq := "0ms host start begin\n a start begin live\n1s a start end ok\n b start begin live\n2s b start end ok\n lifetime applicationStarted\n host start end ok"
	rows(t, "HOST-CONC-002", row{profile: "strict", plan: plan, trace: both},
		row{name: "together", want: Pass},
		row{name: "one by one", trace: seq, want: Fail, at: "b start begin"},
		row{name: "the other never comes", trace: "0ms host start begin\n a start begin live\nend hang", want: Fail, at: "-"},
		row{name: "nobody waits", plan: "options: {concurrentStart: true}\n" + abc, trace: life, want: Vacuous},
		row{name: "sequential", plan: replaced(plan, "options: {concurrentStart: true}\n", ""), trace: seq, want: Vacuous},
	)
	prefix := "options: {concurrentStart: true}\nservices: [{name: a, start: [{block: 1s}, {delay: 1s}]}, {name: b}]"
	after := "0ms host start begin\n a start begin live\n1s b start begin live\n b start end ok\n2s a start end ok"
	rows(t, "HOST-CONC-003", row{profile: "dotnet-8", plan: prefix, trace: after},
		row{name: "afterwards", want: Pass},
		row{name: "at once", trace: "0ms host start begin\n a start begin live\n b start begin live\n b start end ok\n2s a start end ok", want: Fail, at: "b start begin"},
		row{name: "it waits first", plan: plan, trace: both, want: Vacuous},
	)
	failing := "options: {concurrentStart: true}\nservices: [{name: a, start: [{throw: x}]}, {name: b, start: [{delay: 1s}, {throw: y}]}, {name: c}]"
	two := "0ms host start begin\n a start begin live\n a start end error:x\n b start begin live\n c start begin live\n c start end ok\n1s b start end error:y\n host start end aggregate(error:x,error:y)"
	rows(t, "HOST-CONC-004", row{profile: "strict", plan: failing, trace: two},
		row{name: "all, to the end", want: Pass},
		row{name: "the rest is left out", trace: edit(two, "drop c start"), want: Fail, at: "host start end"},
		row{name: "returns too soon", trace: edit(two, "drop b start end", "add 2s b start end error:y"), want: Fail, at: "host start end"},
		row{name: "none fails", plan: plan, trace: both, want: Vacuous},
	)
	rows(t, "HOST-CONC-005", row{profile: "strict", plan: failing, trace: two},
		row{name: "both", want: Pass},
		row{name: "both, in another order", trace: edit(two, "set host start end => host start end aggregate(error:y,error:x)"), want: Pass},
		row{name: "the first only", trace: edit(two, "set host start end => host start end error:x"), want: Fail, at: "host start end"},
		row{name: "one", trace: edit(two, "set b start end => b start end ok", "set host start end => host start end error:x"), want: Vacuous},
	)
	rows(t, "HOST-CONC-006", row{profile: "dotnet-9", plan: failing, trace: two},
		row{name: "in order", want: Pass},
		row{name: "in another", trace: edit(two, "set host start end => host start end aggregate(error:y,error:x)"), want: Fail, at: "host start end"},
		row{name: "one", trace: edit(two, "set b start end => b start end ok", "set host start end => host start end error:x"), want: Vacuous},
	)
	cancels := "options: {concurrentStart: true}\nservices: [{name: a, start: [{delay: 1s}, {throw: x}]}, {name: b, start: [{delay: 2s}, throwCancelled]}]"
	hidden := "0ms host start begin\n a start begin live\n b start begin live\n1s a start end error:x\n2s b start end cancelled\n host start end error:x"
	rows(t, "HOST-CONC-007", row{profile: "dotnet-10", plan: cancels, trace: hidden},
		row{name: "only the failure", want: Pass},
		row{name: "both", trace: edit(hidden, "set host start end => host start end aggregate(error:x,cancelled)"), want: Fail, at: "host start end"},
		row{name: "two failures", plan: failing, trace: two, want: Vacuous},
		row{name: "in a stop", plan: "options: {concurrentStop: true}\nservices: [{name: a, stop: [{delay: 1s}, {throw: x}]}, {name: b, stop: [{delay: 2s}, throwCancelled]}]",
			trace: "0ms host start begin\n a start begin live\n a start end ok\n b start begin live\n b start end ok\n lifetime applicationStarted\n host start end ok\n host stop begin\n b stop begin live\n a stop begin live\n1s a stop end error:x\n2s b stop end cancelled\n host stop end aggregate(error:x,cancelled)", want: Fail, at: "host stop end"},
	)
	atOnce := "options: {concurrentStart: true}\nservices: [{name: a}, {name: b, start: [throwCancelled]}]"
	recorded := "0ms host start begin\n a start begin live\n a start end ok\n b start begin live\n b start end cancelled\n host start end cancelled"
	ignored := edit(recorded, "put lifetime applicationStarted before host start end", "set host start end => host start end ok")
	rows(t, "HOST-CONC-008", row{profile: "strict", plan: atOnce, trace: recorded},
		row{name: "recorded", want: Pass},
		row{name: "ignored", trace: ignored, want: Fail, at: "host start end"},
		row{name: "9 ignores it", profile: "dotnet-9", trace: ignored, want: Pass},
		row{name: "9 does not record it", profile: "dotnet-9", want: Fail, at: "host start end"},
		row{name: "it waited", plan: cancels, trace: hidden, want: Vacuous},
	)
}

func TestConcurrentStop(t *testing.T) {
	plan := "options: {concurrentStop: true, shutdownTimeout: 5s}\nservices: [{name: a, stop: [{delay: 1s}]}, {name: b, stop: [{delay: 1s}]}]"
	start := "0ms host start begin\n a start begin live\n a start end ok\n b start begin live\n b start end ok\n lifetime applicationStarted\n host start end ok\n host stop begin\n lifetime applicationStopping\n"
	both := start + "b stop begin live\n a stop begin live\n1s b stop end ok\n a stop end ok\n lifetime applicationStopped\n host stop end ok"
	rows(t, "HOST-CONC-009", row{profile: "strict", plan: plan, trace: both},
		row{name: "in reverse", want: Pass},
		row{name: "in order", trace: edit(both, "drop b stop begin", "put b stop begin live after a stop begin"), want: Fail, at: "b stop begin"},
		row{name: "sequential", plan: abc, trace: life, want: Vacuous},
	)
	rows(t, "HOST-CONC-010", row{profile: "strict", plan: plan, trace: both},
		row{name: "together", want: Pass},
		row{name: "one by one", trace: start + "b stop begin live\n1s b stop end ok\n a stop begin live\n2s a stop end ok\n host stop end ok", want: Fail, at: "a stop begin"},
		row{name: "the other never comes", trace: start + "b stop begin live\n1s b stop end ok\n host stop end ok", want: Fail, at: "b stop end"},
		row{name: "sequential", plan: abc, trace: life, want: Vacuous},
	)
	failed := edit(both, "set b stop end => b stop end error:x", "set host stop end => host stop end error:x")
	rows(t, "HOST-CONC-011", row{profile: "strict", plan: plan, trace: failed},
		row{name: "waits for all", want: Pass},
		row{name: "leaves one out", trace: edit(failed, "drop a stop"), want: Fail, at: "host stop end"},
		row{name: "returns too soon", trace: edit(failed, "drop a stop end", "add 2s a stop end ok"), want: Fail, at: "host stop end"},
		row{name: "none fails", trace: both, want: Vacuous},
	)
	two := edit(failed, "set a stop end => a stop end error:y", "set host stop end => host stop end aggregate(error:x,error:y)")
	rows(t, "HOST-CONC-012", row{profile: "strict", plan: plan, trace: two},
		row{name: "both", want: Pass},
		row{name: "the first only", trace: edit(two, "set host stop end => host stop end error:x"), want: Fail, at: "host stop end"},
		row{name: "one", trace: failed, want: Vacuous},
	)
	limited := "options: {concurrentStop: true, shutdownTimeout: 500ms}\nservices: [{name: a, stop: [{delay: 1s}]}, {name: b, stop: [{delay: 1s}]}]"
	cut := start + "b stop begin live\n a stop begin live\n500ms b stop end cancelled\n a stop end cancelled\n host stop end cancelled"
	rows(t, "HOST-CONC-013", row{profile: "strict", plan: limited, trace: cut},
		row{name: "all at once", want: Pass},
		row{name: "one later", trace: edit(cut, "drop a stop end", "add 900ms a stop end cancelled"), want: Fail, at: "a stop end"},
		row{name: "one earlier", trace: edit(cut, "drop b stop end", "add 100ms b stop end cancelled"), want: Fail, at: "a stop end"},
		row{name: "one never", trace: edit(cut, "drop a stop end", "drop host stop end", "end hang"), want: Fail, at: "-"},
		row{name: "in time", plan: plan, trace: both, want: Vacuous},
	)
}

func TestConcurrentRest(t *testing.T) {
	hooks := "options: {concurrentStart: true, concurrentStop: true}\nservices: [{name: a, kind: lifecycle, starting: [{delay: 1s}], stopped: [{delay: 1s}]}, {name: b, kind: lifecycle, starting: [{delay: 1s}], stopped: [{delay: 1s}]}]"
	together := "0ms host start begin\n a starting begin live\n b starting begin live\n1s a starting end ok\n b starting end ok\n a start begin live\n a start end ok\n b start begin live\n b start end ok\n lifetime applicationStarted\n host start end ok"
	rows(t, "HOST-CONC-014", row{profile: "strict", plan: hooks, trace: together},
		row{name: "together", want: Pass},
		row{name: "one by one", trace: edit(together, "drop b starting", "put b starting begin live after a starting end"), want: Fail, at: "b starting begin"},
		row{name: "no hooks", plan: abc, trace: byCall, want: Vacuous},
	)
	config := "config: {servicesStartConcurrently: \"True\"}\nservices: [{name: a, start: [{delay: 1s}]}, {name: b}]"
	beside := "0ms host start begin\n a start begin live\n b start begin live\n b start end ok\n1s a start end ok\n host start end ok"
	after := "0ms host start begin\n a start begin live\n1s a start end ok\n b start begin live\n b start end ok\n host start end ok"
	rows(t, "HOST-CONC-015", row{profile: "strict", plan: config, trace: beside},
		row{name: "read", want: Pass},
		row{name: "not read", trace: after, want: Fail, at: "b start begin"},
		row{name: "false is the default", plan: replaced(config, "True", "false"), trace: after, want: Pass},
		row{name: "code wins", plan: "options: {concurrentStart: false}\n" + config, trace: after, want: Pass},
		row{name: "no truth value", plan: replaced(config, "True", "1"), trace: after, want: Vacuous},
		row{name: "no key", plan: abc, trace: life, want: Vacuous},
	)
	rows(t, "HOST-CONC-016", row{profile: "dotnet-7", plan: config, trace: after},
		row{name: "not read", want: Pass},
		row{name: "read", trace: beside, want: Fail, at: "b start begin"},
		row{name: "no key", plan: abc, trace: life, want: Vacuous},
	)
}

func TestParts(t *testing.T) {
	for _, c := range []struct {
		outcome string
		want    []string
	}{
		{outcome: "", want: []string{""}},
		{outcome: "error:x", want: []string{"error:x"}},
		{outcome: "aggregate(error:x,cancelled)", want: []string{"error:x", "cancelled"}},
		{outcome: "aggregate(aggregate(error:x,error:y),cancelled)", want: []string{"aggregate(error:x,error:y)", "cancelled"}},
		{outcome: "aggregate()", want: []string{""}},
		{outcome: "aggregate(", want: []string{"aggregate("}},
	} {
		if got := parts(c.outcome); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.outcome, got, c.want)
		}
	}
}
