package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/internal/toolchain"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
)

// compiled builds an adapter with the patched toolchain, which takes minutes on a cold build cache.
func compiled(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	if testing.Short() || os.Getenv("HOSTSIM_TEST_TOOLCHAIN") == "" {
		t.Skip("compiles the standard library anew: set HOSTSIM_TEST_TOOLCHAIN=1")
	}
	out := filepath.Join(t.TempDir(), "adapter")
	var text bytes.Buffer
	err := toolchain.Build(t.Context(), toolchain.BuildOptions{Options: toolchain.Options{Dir: filepath.Join("../../conformance/adapters", dir)}, Output: out, Flags: flags, Stdout: &text, Stderr: &text})
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	return out
}

// command runs hostsim and gives its exit code and what it wrote.
func command(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, streams{strings.NewReader(""), &out, &errs})
	return code, out.String(), errs.String()
}

const fxScenario = "../../conformance/adapters/fx/testdata/signal-as-the-stop-ends.yaml"

// TestExploreFx finds the deadlock of fx 1.22.1 in its adapter, explains it, repeats it byte for byte by the name of its schedule,
// and finds nothing in 1.22.2.
func TestExploreFx(t *testing.T) {
	bad := compiled(t, "fx", "-modfile=testdata/fx-1.22.1.mod")
	code, out, errs := command("explore", fxScenario, "--schedules", "1000", "--clause", "HOST-STOP-028", "--", bad)
	if code != 3 || errs != "" {
		t.Fatalf("exit code %d, stderr %s\n%s", code, errs, out)
	}
	for _, want := range []string{
		"VIOLATED hang in ", "2 goroutines wait for each other:", "different traces",
		"fx.(*signalReceivers).relayer, started at go.uber.org/fx/signal.go:117",
		"until it is released by fx.withTimeout.func1 #2, who holds it",
		"\ncycle    fx.(*signalReceivers).relayer waits for the sync.Mutex first locked at go.uber.org/fx/signal.go:1",
		"^ HOST-STOP-028: ", "1 of 1 services, ", "1 of 1 stimuli are left:",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	found := again(t, "what was found: ", out)
	if code, text, errs := command(found...); code != 3 || errs != "" || !strings.Contains(text, "\nVIOLATED HOST-STOP-028: ") || !strings.Contains(text, "2 goroutines wait for each other:") {
		t.Errorf("exit code %d, stderr %s: %s tells something else:\n%s", code, errs, found, text)
	}
	_, first, _ := command(found...)
	if _, second, _ := command(found...); second != first {
		t.Errorf("the same schedule gives other bytes:\n%s\nthan\n%s", second, first)
	}
	if _, again, _ := command("explore", fxScenario, "--schedules", "1000", "--clause", "HOST-STOP-028", "-j", "1", "--", bad); again != out {
		t.Errorf("with one worker the exploration gives other bytes:\n%s\nthan\n%s", again, out)
	}
	exploreShop(t, bad)

	good := compiled(t, "fx", "-modfile=testdata/fx-1.22.2.mod")
	code, out, errs = command("explore", fxScenario, "--schedules", "1000", "--clause", "HOST-STOP-028", "--", good)
	if code != 0 || errs != "" || !strings.Contains(out, "1000 schedules") || !strings.Contains(out, "no violation") {
		t.Errorf("fx 1.22.2: exit code %d, stderr %s\n%s", code, errs, out)
	}
}

// exploreShop: of a large plan little is left, by the clause as by the cycle, and what is saved shows the same, byte for byte.
func exploreShop(t *testing.T, adapter string) {
	const shop = "../../conformance/adapters/fx/testdata/shop.yaml"
	for _, c := range []struct{ name, clause, violated string }{
		{"by the clause", "HOST-STOP-028", "HOST-STOP-028: every stop has ended"},
		{"by the cycle", "HOST-EXIT-002", "deadlock: fx.(*signalReceivers).relayer waits for the sync.Mutex "},
	} {
		t.Run(c.name, func(t *testing.T) {
			saved := filepath.Join(t.TempDir(), "found.yaml")
			code, out, errs := command("explore", shop, "--schedules", "1000", "--clause", c.clause, "--save", saved, "--", adapter)
			if code != 3 || !strings.Contains(out, "\n"+c.violated) {
				t.Fatalf("exit code %d, stderr %s, want %q\n%s", code, errs, c.violated, out)
			}
			if c.clause == "HOST-STOP-028" && !strings.Contains(out, "\n"+shownInDocs(t)) {
				t.Errorf("docs/schedules.md shows\n%s\nwhich does not come in\n%s", shownInDocs(t), out)
			}
			sc, err := load(streams{}, saved)
			if err != nil {
				t.Fatal(err)
			}
			if p := sc.Plan; len(p.Services) > 2 || len(p.Signals) != 1 || !p.Has(plan.StopApp) || p.Has(plan.Mark) || len(sc.Schedule) > 0 {
				t.Errorf("not the core:\n%s", scenarios.Format(sc))
			}
			repeat := again(t, "saved as "+saved+"; ", strings.Replace(errs, " shows it again", "", 1))
			if !strings.Contains(sc.Why, strings.Join(repeat, " ")) {
				t.Errorf("the scenario does not say how to repeat it, %q:\n%s", repeat, sc.Why)
			}
			code, text, errs := command(repeat...)
			if code != 3 || errs != "" || !strings.Contains(text, "\nVIOLATED "+c.violated) {
				t.Errorf("exit code %d, stderr %s: %q shows no %q:\n%s", code, errs, repeat, c.violated, text)
			}
			story, _, _ := strings.Cut(text, "\nVIOLATED ")
			for _, line := range strings.Split(story, "\n") {
				if !strings.Contains(out, line) {
					t.Errorf("%q is not what was shown when it was found:\n%s", line, out)
				}
			}
		})
	}
}

// shownInDocs is what docs/schedules.md shows of the shop, up to the name of the schedule.
func shownInDocs(t *testing.T) string {
	t.Helper()
	_, rest, ok := strings.Cut(documents(t)["docs/schedules.md"], "\n```\nThe first violation, at schedule ")
	shown, _, _ := strings.Cut(rest, "\n\nwhat was found: ")
	if !ok || !strings.Contains(shown, "\n  under random:") {
		t.Fatalf("docs/schedules.md does not show the shop: %q", shown)
	}
	return "The first violation, at schedule " + shown + "\n"
}

// again gives the arguments of the command that stands behind a heading.
func again(t *testing.T, heading, text string) []string {
	t.Helper()
	_, rest, ok := strings.Cut(text, heading+"hostsim ")
	line, _, _ := strings.Cut(rest, "\n")
	if !ok {
		t.Fatalf("no command behind %q in\n%s", heading, text)
	}
	return strings.Fields(line)
}

func TestWordsForAShell(t *testing.T) {
	for _, c := range []struct {
		list []string
		want string
	}{
		{[]string{"./fx", "-v", "a=b,c:d@e+f%g"}, "./fx -v a=b,c:d@e+f%g"},
		{[]string{"my adapter"}, "'my adapter'"},
		{[]string{"it's", ""}, `'it'\''s' ''`},
		{[]string{"$HOME", "a;b"}, "'$HOME' 'a;b'"},
	} {
		if got := words(c.list...); got != c.want {
			t.Errorf("%q: %s, want %s", c.list, got, c.want)
		}
	}
}

// TestExploreFxReleases: published releases with a race in their shutdown are caught in their adapter by a scenario, and those that
// mended it pass the same number of schedules.
func TestExploreFxReleases(t *testing.T) {
	for _, c := range []struct {
		scenario, bad, good string
		says                string
	}{
		{"long-after-the-startup-timeout", "1.19.0", "1.19.1", "VIOLATED HOST-SIG-001 in 300 schedules"},
		{"../../conformance/adapters/fx/testdata/request-while-starting.yaml", "1.19.2", "1.19.3", "VIOLATED hang in "},
	} {
		t.Run(c.bad, func(t *testing.T) {
			bad := compiled(t, "fx", "-modfile=testdata/fx-"+c.bad+".mod")
			code, out, errs := command("explore", c.scenario, "--schedules", "300", "--", bad)
			if code != 3 || errs != "" || !strings.Contains(out, c.says) || !strings.Contains(out, "until ") {
				t.Errorf("fx %s: exit code %d, stderr %s, want %q\n%s", c.bad, code, errs, c.says, out)
			}
			good := compiled(t, "fx", "-modfile=testdata/fx-"+c.good+".mod")
			code, out, errs = command("explore", c.scenario, "--schedules", "300", "--", good)
			if code != 0 || errs != "" || !strings.Contains(out, "no violation") {
				t.Errorf("fx %s: exit code %d, stderr %s\n%s", c.good, code, errs, out)
			}
		})
	}
}

// TestExploreReferenceAdapter: our own host, as an adapter that knows nothing of the seam, under the scheduler of Go.
func TestExploreReferenceAdapter(t *testing.T) {
	a := compiled(t, "reference")
	for _, strategy := range []string{"random", "pct", "sequential"} {
		code, out, errs := command("explore", "second-sigterm", "--strategy", strategy, "--schedules", "200", "--", a)
		if code != 0 || errs != "" || !strings.Contains(out, "no violation") {
			t.Errorf("%s: exit code %d, stderr %s\n%s", strategy, code, errs, out)
		}
	}
	code, _, errs := command("explore", fxScenario, "--strategy", "exhaustive", "--", a)
	if code != 2 || !strings.Contains(errs, "exhaustive is for hosts in this process") {
		t.Errorf("exhaustive: exit code %d, stderr %s", code, errs)
	}
	code, _, errs = command("explore", "sigterm", "--", a)
	if code != 5 || !strings.Contains(errs, "was not played") {
		t.Errorf("a plan that it cannot play: exit code %d, stderr %s", code, errs)
	}
}
