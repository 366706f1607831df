package checks

import (
	"testing"
	"time"

	"github.com/hostsim/hostsim/spec"
)

// expired is the life of a, b and c in which the stop of b waits for its token, which fires 500 ms after the stop began.
const (
	expiredPlan = "options: {shutdownTimeout: 500ms}\nservices: [{name: a}, {name: b, stop: [{delay: 5s}]}, {name: c, stop: [{delay: 100ms}]}]\nmainCatches: true"
	expired     = plainStart + `
300ms signal SIGTERM
 lifetime applicationStopping
 c stop begin live
400ms c stop end ok
 b stop begin live
800ms b stop end cancelled
 a stop begin dead
 a stop end ok
 lifetime applicationStopped
 host run end cancelled
 main threw cancelled
 main return =0`
)

func TestStopTime(t *testing.T) {
	rows(t, "HOST-TIME-001", row{plan: expiredPlan, trace: expired},
		row{name: "live", want: Pass},
		row{name: "dead at once", trace: edit(expired, "set c stop begin => c stop begin dead"), want: Fail, at: "c stop begin"},
		row{name: "dead too soon", trace: edit(expired, "set b stop begin => b stop begin dead"), want: Fail, at: "b stop begin"},
		row{name: "dead in time", lane: "process", want: Pass},
		row{name: "the caller has no time", plan: abc + "\nmain: [build, start, stopCancelled]", trace: replaced(byCall, "stop begin live", "stop begin dead"), want: Vacuous},
		row{name: "no tokens", trace: "0ms a start begin\n a start end ok\n a stop begin\n a stop end ok", plan: abc, want: Vacuous},
	)
	perService := edit(expired, "drop b stop end", "cut 800ms", "add 900ms b stop end cancelled", "add 900ms host run end cancelled")
	rows(t, "HOST-TIME-002", row{plan: expiredPlan, trace: expired},
		row{name: "fires", want: Pass},
		row{name: "a budget for each", trace: perService, want: Fail, at: "b stop end"},
		row{name: "never", trace: edit(expired, "cut 800ms", "end hang"), want: Fail, at: "-"},
		row{name: "a busy machine", lane: "process", trace: perService, want: Pass},
		row{name: "in time", trace: life, want: Vacuous},
		row{name: "a service that ignores it", plan: replaced(expiredPlan, "delay: 5s", "sleep: 5s"), want: Vacuous},
	)
	rows(t, "HOST-TIME-003", row{plan: expiredPlan, trace: expired},
		row{name: "on time", want: Pass},
		row{name: "too soon", trace: edit(expired, "cut 800ms", "add 799ms b stop end cancelled"), want: Fail, at: "b stop end"},
		row{name: "a second signal", profile: "strict", trace: edit(expired, "cut 800ms", "add 700ms signal SIGTERM", "add 700ms b stop end cancelled"), want: Vacuous},
		row{name: "in time", trace: life, want: Vacuous},
	)
	rows(t, "HOST-TIME-004", row{plan: expiredPlan, trace: expired},
		row{name: "returns", want: Pass},
		row{name: "late", trace: edit(expired, "drop host run end", "drop main", "add 801ms host run end cancelled"), want: Fail, at: "host run end"},
		row{name: "never", trace: edit(expired, "drop host run end", "drop main", "end hang"), want: Fail, at: "-"},
		row{name: "killed by the harness", trace: edit(expired, "drop host run end", "drop main", "end killed"), want: Vacuous},
		row{name: "a service that ignores it", plan: replaced(expiredPlan, "delay: 5s", "sleep: 5s"), want: Vacuous},
	)
	left := edit(expired, "drop b stop end", "put b abandoned before a stop begin", "set host run end => host run end error:abandoned")
	rows(t, "HOST-TIME-005", row{plan: expiredPlan, trace: left},
		row{name: "a failure", want: Pass},
		row{name: "a success", trace: edit(left, "set host run end => host run end ok"), want: Fail, at: "host run end"},
		row{name: "no news of it", trace: edit(left, "drop b abandoned", "set host run end => host run end ok"), want: Fail, at: "host run end"},
		row{name: "the process ends under it with a failure", trace: edit(left, "drop b abandoned", "drop host run end", "end exited 1"), want: Pass},
		row{name: "and with a success", trace: edit(left, "drop b abandoned", "drop host run end", "end exited 0"), want: Vacuous},
		row{name: "in time", trace: life, want: Vacuous},
	)
	silent := "services: [{name: a}, {name: b, stop: [{delay: 100s}]}, {name: c}]"
	atLast := edit(expired, "cut 400ms", "add 300ms c stop end ok", "add 300ms b stop begin live", "add 30300ms b stop end cancelled", "add 30300ms host run end cancelled")
	five := edit(atLast, "cut 30s", "add 5300ms b stop end cancelled", "add 5300ms host run end cancelled")
	rows(t, "HOST-TIME-006", row{profile: "dotnet-10", plan: silent, trace: atLast},
		row{name: "30 s", want: Pass},
		row{name: "5 s", trace: five, want: Fail, at: "b stop end"},
		row{name: "none", trace: edit(atLast, "cut 30s", "add 100300ms b stop end ok"), want: Fail, at: "b stop end"},
		row{name: "6 gives 5 s", profile: "dotnet-6", trace: five, want: Pass},
		row{name: "an option", plan: expiredPlan, trace: expired, want: Vacuous},
	)
	rows(t, "HOST-TIME-003", row{plan: silent, trace: five},
		row{name: "a default that is the host's own", profile: "strict", want: Vacuous},
		row{name: "a default that is the release's", profile: "dotnet-10", want: Fail, at: "b stop end"},
		row{name: "the release's default", profile: "dotnet-6", want: Pass},
	)
	configured := "config: {ShutdownTimeoutSeconds: \"5\"}\n" + silent
	rows(t, "HOST-TIME-007", row{profile: "strict", plan: configured, trace: five},
		row{name: "read", want: Pass},
		row{name: "not read", trace: atLast, want: Fail, at: "b stop end"},
		row{name: "3.1 does not read it", profile: "dotnet-3.1", plan: "config: {shutdownTimeoutSeconds: \"1\"}\n" + silent, want: Pass},
		row{name: "3.1 reads it", profile: "dotnet-3.1", plan: "config: {shutdownTimeoutSeconds: \"1\"}\n" + silent, trace: edit(five, "cut 5s", "add 1300ms b stop end cancelled"), want: Fail, at: "b stop end"},
		row{name: "no number", plan: "config: {shutdownTimeoutSeconds: \"5s\"}\n" + silent, want: Vacuous},
	)
	endless := replaced(expiredPlan, "500ms", "inf")
	patient := edit(expired, "cut 800ms", "add 5400ms b stop end ok", "add 5400ms a stop begin live", "add 5400ms a stop end ok")
	rows(t, "HOST-TIME-008", row{profile: "strict", plan: endless, trace: patient},
		row{name: "never", want: Pass},
		row{name: "cancelled", trace: expired, want: Fail, at: "b stop end"},
		row{name: "abandoned", trace: edit(patient, "put b abandoned before b stop end"), want: Fail, at: "b abandoned"},
		row{name: "limited", plan: expiredPlan, want: Vacuous},
	)
	zero := replaced(expiredPlan, "500ms", "0s")
	none := plainStart + "300ms signal SIGINT\n lifetime applicationStopping\n c stop begin dead\n c stop end cancelled\n b stop begin dead\n b stop end cancelled\n a stop begin dead\n a stop end ok\n host run end cancelled"
	rows(t, "HOST-TIME-009", row{profile: "strict", plan: zero, trace: none},
		row{name: "cancelled", want: Pass},
		row{name: "live", trace: edit(none, "set b stop begin => b stop begin live"), want: Fail, at: "b stop begin"},
		row{name: "9 may be a little late", profile: "dotnet-9", trace: edit(none, "set c stop begin => c stop begin live"), want: Pass},
		row{name: "9 does not go back", profile: "dotnet-9", trace: edit(none, "set a stop begin => a stop begin live"), want: Fail, at: "a stop begin"},
		row{name: "a stop goes on", trace: edit(none, "drop b stop end", "add 5300ms b stop end ok"), want: Fail, at: "b stop end"},
		row{name: "some time", plan: expiredPlan, trace: expired, want: Vacuous},
	)
}

func TestHungStop(t *testing.T) {
	plan := "options: {shutdownTimeout: 500ms}\nservices: [{name: a}, {name: b, stop: [hang]}, {name: c}]"
	given := plainStart + `
300ms signal SIGTERM
 lifetime applicationStopping
 c stop begin live
 c stop end ok
 b stop begin live
900ms b abandoned
 a stop begin dead
 a stop end ok
 lifetime applicationStopped
 host run end error:abandoned
 main threw error:abandoned
end exited 1`
	hung := edit(given, "cut 900ms", "end hang")
	rows(t, "HOST-TIME-010", row{profile: "strict", plan: plan, trace: given},
		row{name: "named", want: Pass},
		row{name: "waited for", trace: hung, want: Fail, at: "-"},
		row{name: "not named", trace: edit(given, "drop b abandoned"), want: Fail, at: "host run end"},
		row{name: "late", trace: edit(given, "cut 900ms", "add 5s b abandoned"), want: Fail, at: "b abandoned"},
		row{name: "it holds its thread", plan: replaced(plan, "hang", "blockForever"), trace: hung, want: Vacuous},
		row{name: "in time", plan: abc, trace: life, want: Vacuous},
	)
	rows(t, "HOST-TIME-011", row{profile: "strict", plan: plan, trace: given},
		row{name: "returns", want: Pass},
		row{name: "hangs", trace: hung, want: Fail, at: "-"},
		row{name: "leaves the others", trace: edit(given, "drop a stop"), want: Fail, at: "host run end"},
		row{name: "late", trace: edit(given, "drop host run end", "drop main", "add 9s host run end error:abandoned"), want: Fail, at: "host run end"},
		row{name: "in time", plan: abc, trace: life, want: Vacuous},
	)
	sleeper := "options: {shutdownTimeout: 500ms}\nservices: [{name: a}, {name: b, stop: [{sleep: 2s}]}, {name: c}]"
	waited := edit(hung, "add 2300ms b stop end ok", "add 2300ms a stop begin dead", "add 2300ms a stop end ok", "add 2300ms host run end ok", "end exited 0")
	rows(t, "HOST-TIME-012", row{profile: "dotnet-10", plan: sleeper, trace: waited},
		row{name: "no failure", want: Pass},
		row{name: "a failure", trace: edit(waited, "set host run end => host run end cancelled"), want: Fail, at: "host run end"},
		row{name: "3.1 fails", profile: "dotnet-3.1", trace: edit(waited, "drop a stop", "set host run end => host run end cancelled"), want: Pass},
		row{name: "3.1 does not succeed", profile: "dotnet-3.1", trace: edit(waited, "drop a stop"), want: Fail, at: "host run end"},
		row{name: "in time", plan: abc, trace: life, want: Vacuous},
	)
}

func TestCallersTime(t *testing.T) {
	plan := "services: [{name: a, stop: [{delay: 5s}]}]\nmain: [build, start, {stopTimeout: 400ms}]"
	base := "0ms host start begin\n a start begin live\n a start end ok\n host start end ok\n host stop begin\n a stop begin live\n"
	soon := base + "400ms a stop end cancelled\n host stop end cancelled"
	rows(t, "HOST-TIME-017", row{profile: "strict", plan: plan, trace: soon},
		row{name: "a limit", want: Pass},
		row{name: "a token", plan: replaced(plan, "stopTimeout", "stopCancelAfter"), want: Pass},
		row{name: "not heeded", trace: base + "5s a stop end ok\n host stop end ok", want: Fail, at: "a stop end"},
		row{name: "too soon", trace: base + "100ms a stop end cancelled\n host stop end cancelled", want: Fail, at: "a stop end"},
		row{name: "never ends", trace: base + "end hang", want: Fail, at: "-"},
		row{name: "the host has less time", plan: "options: {shutdownTimeout: 100ms}\n" + plan, want: Vacuous},
	)
}

func TestStartTime(t *testing.T) {
	plan := "options: {startupTimeout: 400ms}\nservices: [{name: a, start: [{delay: 300ms}]}, {name: b, start: [{delay: 300ms}]}]"
	cut := "0ms host run begin\n a start begin live\n300ms a start end ok\n b start begin live\n400ms b start end cancelled\n host run end cancelled\n main threw cancelled\nend exited 1"
	each := "0ms host run begin\n a start begin live\n300ms a start end ok\n b start begin live\n600ms b start end ok\n lifetime applicationStarted"
	rows(t, "HOST-TIME-013", row{profile: "strict", plan: plan, trace: cut},
		row{name: "fires", want: Pass},
		row{name: "a budget for each", trace: each, want: Fail, at: "b start end"},
		row{name: "never", trace: "0ms host run begin\n a start begin live\nend hang", want: Fail, at: "-"},
		row{name: "no limit", plan: abc, trace: life, want: Vacuous},
	)
	rows(t, "HOST-TIME-014", row{profile: "strict", plan: plan, trace: cut},
		row{name: "on time", want: Pass},
		row{name: "too soon", trace: edit(cut, "cut 400ms", "add 350ms b start end cancelled"), want: Fail, at: "b start end"},
		row{name: "no limit, no end", plan: replaced(plan, "options: {startupTimeout: 400ms}\n", ""), trace: each, want: Pass},
		row{name: "no limit, cancelled", plan: replaced(plan, "options: {startupTimeout: 400ms}\n", ""), want: Fail, at: "b start end"},
		row{name: "a default that is the host's own", plan: replaced(plan, "options: {startupTimeout: 400ms}\n", ""), trace: replaced(cut, "400ms", "15s"), want: Pass},
		row{name: "a default that is the release's", profile: "dotnet-10", plan: replaced(plan, "options: {startupTimeout: 400ms}\n", ""), trace: replaced(cut, "400ms", "15s"), want: Fail, at: "b start end"},
		row{name: "none at all", plan: replaced(plan, "startupTimeout: 400ms", "startupTimeout: inf"), trace: replaced(cut, "400ms", "15s"), want: Fail, at: "b start end"},
		row{name: "another one's start had failed", trace: "0ms host run begin\n a start begin live\n b start begin live\n100ms b start end error:x\n a start end cancelled\n", want: Vacuous},
		row{name: "a stop was requested", trace: "0ms host run begin\n a start begin live\n100ms b/thread stopApplication begin\n a start end cancelled\n", want: Vacuous},
	)
	rows(t, "HOST-TIME-018", row{profile: "strict", plan: plan, trace: cut},
		row{name: "cancelled", want: Pass},
		row{name: "a success", trace: edit(cut, "set host run end => host run end ok"), want: Fail, at: "host run end"},
		row{name: "another error", trace: edit(cut, "set host run end => host run end error:b"), want: Fail, at: "host run end"},
		row{name: "in time", trace: each, want: Vacuous},
	)
	sleeper := "options: {startupTimeout: 400ms}\nservices: [{name: a, start: [{sleep: 2s}]}, {name: b}]"
	late := "0ms host run begin\n a start begin live\n2s a start end ok\n b start begin dead\n b start end ok\n lifetime applicationStarted"
	rows(t, "HOST-TIME-015", row{profile: "dotnet-8", plan: sleeper, trace: late + "\n3s host run end ok"},
		row{name: "waited for", want: Pass},
		row{name: "a failure", trace: edit(late, "drop lifetime", "add 2s host run end cancelled"), want: Fail, at: "host run end"},
		row{name: "another one notices", plan: plan, trace: cut, want: Vacuous},
	)
	given := "0ms host run begin\n a start begin live\n500ms a abandoned\n host run end error:abandoned\n main threw error:abandoned\nend exited 1"
	rows(t, "HOST-TIME-016", row{profile: "strict", plan: replaced(sleeper, "{sleep: 2s}", "hang"), trace: given},
		row{name: "named", want: Pass},
		row{name: "hangs", trace: "0ms host run begin\n a start begin live\nend hang", want: Fail, at: "-"},
		row{name: "not named", trace: edit(given, "drop a abandoned"), want: Fail, at: "-"},
		row{name: "a success", trace: edit(given, "set host run end => host run end ok"), want: Fail, at: "host run end"},
		row{name: "late", trace: edit(given, "cut 500ms", "add 9s a abandoned"), want: Fail, at: "a abandoned"},
		row{name: "in time", plan: plan, trace: each, want: Vacuous},
	)
}

// TestTolerances: none in virtual time, and generous ones for a busy machine.
func TestTolerances(t *testing.T) {
	for _, c := range []struct {
		lane        string
		d           time.Duration
		late, early time.Duration
	}{
		{lane: spec.Virtual, d: time.Hour},
		{lane: spec.Process, late: time.Second, early: 250 * time.Millisecond},
		{lane: spec.Process, d: 10 * time.Second, late: 2 * time.Second, early: 1250 * time.Millisecond},
	} {
		r := &Run{Lane: c.lane}
		if late, early := r.Late(c.d), r.Early(c.d); late != c.late || early != c.early {
			t.Errorf("%s, %v: got %v late and %v early, want %v and %v", c.lane, c.d, late, early, c.late, c.early)
		}
	}
}

func TestShutdownTimeout(t *testing.T) {
	for _, c := range []struct {
		name, profile, plan string
		want                time.Duration
		known               bool
	}{
		{name: "an option", profile: "core", plan: "options: {shutdownTimeout: 2s}", want: 2 * time.Second, known: true},
		{name: "infinite", profile: "core", plan: "options: {shutdownTimeout: inf}", want: -1, known: true},
		{name: "core leaves the default open", profile: "core", plan: abc},
		{name: "strict leaves it open too", profile: "strict", plan: abc},
		{name: "configured under strict", profile: "strict", plan: "config: {shutdownTimeoutSeconds: \"7\"}", want: 7 * time.Second, known: true},
		{name: "the default of 10", profile: "dotnet-10", plan: abc, want: 30 * time.Second, known: true},
		{name: "the default of 3.1", profile: "dotnet-3.1", plan: abc, want: 5 * time.Second, known: true},
		{name: "configured", profile: "dotnet-6", plan: "config: {SHUTDOWNTIMEOUTSECONDS: \"7\"}", want: 7 * time.Second, known: true},
		{name: "configured in vain", profile: "dotnet-3.1", plan: "config: {shutdownTimeoutSeconds: \"7\"}", want: 5 * time.Second, known: true},
		{name: "no number", profile: "dotnet-6", plan: "config: {shutdownTimeoutSeconds: \"+7\"}", want: 5 * time.Second, known: true},
		{name: "too large a number", profile: "dotnet-6", plan: "config: {shutdownTimeoutSeconds: \"99999999999\"}", want: 5 * time.Second, known: true},
		{name: "code wins", profile: "dotnet-8", plan: "config: {shutdownTimeoutSeconds: \"7\"}\noptions: {shutdownTimeout: 1s}", want: time.Second, known: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := runOf(t, c.plan, "0ms host build begin")
			r.Profile = spec.MustLoad().MustProfile(c.profile)
			if got, known := r.ShutdownTimeout(); got != c.want || known != c.known {
				t.Errorf("got %v, %v, want %v, %v", got, known, c.want, c.known)
			}
		})
	}
}
