package probe

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/probe/supervise"
	"github.com/hostsim/hostsim/spec"
)

// judged gives a prober that has judged nothing yet.
func judged(t *testing.T) *prober {
	t.Helper()
	all, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Args: []string{"x"}}
	if err := o.complete(); err != nil {
		t.Skip(err)
	}
	return &prober{o: o, all: all, found: map[string]*Finding{}}
}

func TestCatalogueAgreesWithTheContract(t *testing.T) {
	all, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	s := spec.MustLoad()
	living := 0
	for _, c := range s.Area("PROBE").Clauses {
		if c.Retired == "" {
			living++
			if len(c.Profiles) != 1 || c.Profiles[0] != "probe" {
				t.Errorf("%s holds in %v; clauses about programs belong to no profile of hosts", c.ID, c.Profiles)
			}
		}
	}
	if len(all) != living {
		t.Errorf("the probe knows %d clauses, the contract %d", len(all), living)
	}
	for i, c := range all {
		if c.title == "" || !strings.HasSuffix(c.mend, ".") || len(c.title) > 42 {
			t.Errorf("%s: title %q, mend %q", c.ID, c.title, c.mend)
		}
		if i > 0 && all[i-1].ID >= c.ID {
			t.Errorf("%s stands after %s", c.ID, all[i-1].ID)
		}
	}
}

func TestCrash(t *testing.T) {
	const goPanic = "listening\npanic: close of closed channel\n\ngoroutine 1 [running]:\n"
	tests := []struct {
		name   string
		exit   supervise.Exit
		output string
		want   bool
	}{
		{"success", supervise.Exit{}, "", false},
		{"stop signal", supervise.Exit{Code: -1, Signal: syscall.SIGTERM}, "", false},
		{"segmentation fault", supervise.Exit{Code: -1, Signal: syscall.SIGSEGV}, "", true},
		{"abort", supervise.Exit{Code: -1, Signal: syscall.SIGABRT}, "", true},
		{"abort seen by a shell", supervise.Exit{Code: 134}, "", true},
		{"stopped, seen by a shell", supervise.Exit{Code: 143}, "", false},
		{"usage", supervise.Exit{Code: 2}, "usage: x", false},
		{"panic", supervise.Exit{Code: 2}, goPanic, true},
		{"panic in the output of a success", supervise.Exit{}, goPanic, false},
	}
	for _, tt := range tests {
		if got := crash(tt.exit, tt.output); got != tt.want {
			t.Errorf("%s: crash = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestWhatTheStopSignalDoesAnywayIsNoCrash: nothing is counted twice.
func TestWhatTheStopSignalDoesAnywayIsNoCrash(t *testing.T) {
	p := judged(t)
	p.o.StopSignal = syscall.SIGQUIT
	if p.crashed(supervise.Exit{Code: -1, Signal: syscall.SIGQUIT}, "") {
		t.Error("death by the stop signal itself counts as a crash")
	}
	p.stopExit = supervise.Exit{Code: -1, Signal: syscall.SIGSEGV}
	if p.crashed(supervise.Exit{Code: -1, Signal: syscall.SIGSEGV}, "") {
		t.Error("an end that the stop signal causes when ready is counted again")
	}
	if !p.crashed(supervise.Exit{Code: -1, Signal: syscall.SIGABRT}, "") {
		t.Error("an abort is not counted")
	}
}

func TestMeansStop(t *testing.T) {
	tests := []struct {
		exit supervise.Exit
		want bool
	}{
		{supervise.Exit{}, true}, {supervise.Exit{Code: 143}, true}, {supervise.Exit{Code: -1, Signal: syscall.SIGTERM}, true},
		{supervise.Exit{Code: 1}, false}, {supervise.Exit{Code: 130}, false}, {supervise.Exit{Code: -1, Signal: syscall.SIGKILL}, false},
	}
	for _, tt := range tests {
		if got := meansStop(tt.exit, syscall.SIGTERM); got != tt.want {
			t.Errorf("meansStop(%s) = %v, want %v", tt.exit, got, tt.want)
		}
	}
}

func arrivals(words string) []arrival {
	var out []arrival
	for _, w := range strings.Fields(words) {
		a := arrival{got: answer{failure: w}}
		if w == "served" || w == "served-close" {
			a.got = answer{whole: true, status: 200, closes: w == "served-close"}
		}
		out = append(out, a)
	}
	return out
}

func TestArrivals(t *testing.T) {
	tests := []struct {
		list string
		want Verdict
	}{
		{"", Provisional},
		{"refused refused refused", Pass},
		{"served served refused refused refused", Pass},
		{"served served served", Pass},
		{"served reset refused refused refused", Pass}, // met by the closing
		{"reset refused refused refused", Pass},        // met by the closing
		{"reset served refused refused refused", Fail},
		{"closed closed refused refused refused", Fail},
		{"silent silent silent", Fail},
		{"served served silent", Fail}, // nothing shows that the port was closed
		{"reset", Fail},
	}
	for _, tt := range tests {
		p := judged(t)
		p.judgeArrivals(arrivals(tt.list))
		if got := p.found[idArriving]; got.Verdict != tt.want {
			t.Errorf("%q: %s (%s), want %s", tt.list, got.Verdict, got.Said, tt.want)
		}
	}
}

func TestConnectionClose(t *testing.T) {
	upload, download := &inFlight{mode: holdUpload}, &inFlight{mode: holdDownload}
	closes, keeps, cut := answer{whole: true, closes: true}, answer{whole: true}, answer{failure: "reset"}
	tests := []struct {
		name string
		h    *inFlight
		got  answer
		list string
		want Verdict
	}{
		{"told", upload, closes, "served", Pass},
		{"not told", upload, keeps, "served-close", Fail},
		{"cut, arrivals told", upload, cut, "served-close served-close", Pass},
		{"cut, one arrival not told", upload, cut, "served-close served", Fail},
		{"began before the stop", download, keeps, "refused", Skipped},
		{"began before the stop, arrivals told", download, keeps, "served-close", Pass},
		{"nothing in flight, nothing arrives", nil, answer{}, "refused refused", Skipped},
	}
	for _, tt := range tests {
		p := judged(t)
		p.judgeClose(tt.h, tt.got, arrivals(tt.list))
		if got := p.found[idClose]; got.Verdict != tt.want {
			t.Errorf("%s: %s (%s), want %s", tt.name, got.Verdict, got.Said, tt.want)
		}
	}
}

func TestInFlight(t *testing.T) {
	whole := answer{whole: true, status: 200, size: 6}
	tests := []struct {
		name string
		got  answer
		end  ending
		want Verdict
		said string
	}{
		{"answered", whole, ending{}, Pass, "answered in full"},
		{"answered with an error", answer{whole: true, status: 503}, ending{}, Pass, "answered in full"},
		{"cut in the middle", answer{status: 200, failure: "closed"}, ending{}, Fail, "in the middle of the answer"},
		{"cut before the answer", answer{failure: "reset"}, ending{}, Fail, "reset without an answer"},
		{"never answered", answer{failure: "silent"}, ending{hung: true}, Fail, "never answered"},
	}
	for _, tt := range tests {
		p := judged(t)
		p.judgeInFlight(&inFlight{mode: holdUpload}, tt.got, tt.end, nil)
		if got := p.found[idInFlight]; got.Verdict != tt.want || !strings.Contains(got.Said, tt.said) {
			t.Errorf("%s: %s (%s), want %s with %q", tt.name, got.Verdict, got.Said, tt.want, tt.said)
		}
	}
}

func TestBudget(t *testing.T) {
	tests := []struct {
		name         string
		took         []time.Duration
		delay, grace time.Duration
		hung         []string
		want         Verdict
		longest      time.Duration
	}{
		{"fits", []time.Duration{time.Second, 3 * time.Second, time.Millisecond}, 5 * time.Second, 30 * time.Second, nil, Pass, 3 * time.Second},
		{"fits exactly", []time.Duration{25 * time.Second}, 5 * time.Second, 30 * time.Second, nil, Pass, 25 * time.Second},
		{"a moment too long", []time.Duration{25*time.Second + 1}, 5 * time.Second, 30 * time.Second, nil, Fail, 25*time.Second + 1},
		{"hung", []time.Duration{time.Second}, 0, 30 * time.Second, []string{idSilent}, Provisional, 0},
		{"nothing seen", nil, 0, 30 * time.Second, nil, Provisional, 0},
	}
	for _, tt := range tests {
		p := judged(t)
		p.o.DrainDelay, p.o.Grace, p.hung = tt.delay, tt.grace, tt.hung
		for _, d := range tt.took {
			p.remember("term", ending{took: d})
		}
		if err := p.judgeBudget(); err != nil {
			t.Fatal(err)
		}
		got := p.found[idBudget]
		if got.Verdict != tt.want {
			t.Errorf("%s: %s (%s), want %s", tt.name, got.Verdict, got.Said, tt.want)
		}
		if tt.longest != 0 && got.Facts[0].Value != tt.longest {
			t.Errorf("%s: longest %v, want %v", tt.name, got.Facts[0].Value, tt.longest)
		}
	}
}

func TestFailureOf(t *testing.T) {
	for want, err := range map[string]error{
		"": nil, "refused": fmt.Errorf("dial: %w", syscall.ECONNREFUSED), "reset": syscall.ECONNRESET, "closed": io.ErrUnexpectedEOF,
		"silent": &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, "not HTTP": errors.New("malformed"),
	} {
		if got := failureOf(err); got != want {
			t.Errorf("failureOf(%v) = %q, want %q", err, got, want)
		}
	}
}

func TestVerdictsWorst(t *testing.T) {
	for i, v := range order {
		for j, w := range order {
			want := order[max(i, j)]
			if got := v.Worse(w); got != want {
				t.Errorf("%s and %s give %s, want %s", v, w, got, want)
			}
		}
	}
}

func TestReportCountsShouldOnlyWhenStrict(t *testing.T) {
	for _, strict := range []bool{false, true} {
		p := judged(t)
		p.o.Strict = strict
		for _, c := range p.all {
			p.pass(c.ID, "It is so.")
		}
		p.fail(idHandles, "It is not so.")
		r := p.report(time.Second)
		want := map[bool]int{false: 0, true: 1}[strict]
		if got := r.ExitCode(); got != want {
			t.Errorf("strict %v: exit code %d, want %d", strict, got, want)
		}
	}
}

func TestForgottenClauseIsTheProbesOwnFault(t *testing.T) {
	p := judged(t)
	r := p.report(time.Second)
	for _, c := range p.all[1:] {
		p.pass(c.ID, "It is so.")
	}
	if r.Verdict != Failed || r.Finding(idReady).Verdict != Failed {
		t.Errorf("verdict %s, want error", r.Verdict)
	}
	if r = p.report(time.Second); r.ExitCode() != 70 {
		t.Errorf("exit code %d, want 70", r.ExitCode())
	}
}

func TestOnlyOwnPIDFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	p := judged(t)
	p.o.Dir = dir
	f := lookBefore(p)
	f.members["4242"] = true
	for name, text := range map[string]string{"ours.pid": "4242\n", "other.pid": "17\n", "long.pid": strings.Repeat("4242\n", 100)} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		f.pids = append(f.pids, path)
	}
	f.sockets = []string{filepath.Join(dir, "other.pid")} // no socket at all
	f.remove()
	for name, want := range map[string]bool{"ours.pid": false, "other.pid": true, "long.pid": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}

func FuzzNotify(f *testing.F) {
	f.Add("READY=1")
	f.Add("STOPPING=1")
	f.Add(markLine)
	f.Add("WATCHDOG=1\x00")
	f.Fuzz(func(t *testing.T, line string) {
		n := &notifySocket{ready: make(chan string, 1), seen: map[string]bool{}}
		n.take(line)
		n.take(line)
		if known := line == "READY=1" || line == "STOPPING=1"; n.has(line) != known || len(n.seen) > 1 {
			t.Fatalf("%q: noted %v", line, n.seen)
		}
	})
}

func TestNotifySocketIsRemoved(t *testing.T) {
	n, err := listenNotify()
	if runtime.GOOS == "windows" {
		if err == nil {
			t.Error("there are datagram sockets of files by now: this test can run")
		}
		t.Skip("NOT RUN: no datagram sockets of files here")
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unixgram", n.path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "STATUS=x\nSTOPPING=1\n"); err != nil {
		t.Fatal(err)
	}
	if !n.settled("STOPPING=1") || n.has("READY=1") {
		t.Errorf("noted %v", n.seen)
	}
	n.clear()
	if n.has("STOPPING=1") {
		t.Error("clear forgets nothing")
	}
	n.close()
	if _, err := os.Stat(filepath.Dir(n.path)); !os.IsNotExist(err) {
		t.Errorf("the directory is left: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	p := judged(t)
	p.endpoints = []supervise.Listener{
		{Network: "tcp", Addr: "[::1]:80", Bound: "[::]:80", Port: 80}, {Network: "tcp", Addr: "127.0.0.1:80", Bound: "0.0.0.0:80", Port: 80},
		{Network: "tcp", Addr: "", Bound: "192.0.2.1:81", Port: 81}, {Network: "tcp", Addr: "[::1]:82", Bound: "[::1]:82", Port: 82},
		{Network: "unix", Addr: "/run/x", Bound: "/run/x"},
	}
	if got := strings.Join(p.tcpAddrs(), " "); got != "127.0.0.1:80 [::1]:82" {
		t.Errorf("connections go to %q: want each port once, IPv4 first, and nothing but loopback", got)
	}
	for url, want := range map[string]string{
		"http://127.0.0.1:9000/healthz": "127.0.0.1:9000", "http://localhost/": "localhost:80", "http://[::1]:9000/": "[::1]:9000",
		"": "127.0.0.1:80 [::1]:82",
	} {
		p.o.Ready.HTTP = url
		if got := strings.Join(p.webAddrs(), " "); got != want {
			t.Errorf("with --ready-http %q HTTP is looked for at %q, want %q", url, got, want)
		}
	}
}

func TestLeftBehindIsListedBounded(t *testing.T) {
	var ps []supervise.Process
	for i := range 100 {
		ps = append(ps, supervise.Process{PID: 1000 + i, Name: "worker"})
	}
	got := processFacts(ps)
	if len(got) != 11 || got[1].Value != PID(1000) || got[10] != (Fact{"and more", 95}) {
		t.Errorf("%d facts: %v", len(got), got)
	}
}

func TestBlockedChecksAreUnseen(t *testing.T) {
	p := judged(t)
	p.pass(idReady, "It is so.")
	p.pass(idForeground, "It is so.")
	if p.blocked(checkTerm) || p.blocked(checkHTTP) {
		t.Error("a check is blocked although nothing is broken")
	}
	p.hang(idEnds, "It hung.")
	if p.blocked(checkInt) || !p.blocked(checkHTTP) {
		t.Error("a program that hangs after the stop signal blocks what needs a stop, and nothing else")
	}
	for _, id := range []string{idInFlight, idArriving, idClose, idIdle} {
		if f := p.found[id]; f == nil || f.Verdict != Provisional || !strings.Contains(f.Said, idEnds) {
			t.Errorf("%s: %+v, want provisional because of %s", id, f, idEnds)
		}
	}
}

func TestAnErrorOfARunKeepsWhatWasJudged(t *testing.T) {
	p := judged(t)
	p.pass(idInFlight, "It is so.")
	p.unseenRest(checkHTTP, &runError{said: "No connection could be made.", facts: []Fact{{"end", "exit code 1"}}, output: "oops"})
	if p.found[idInFlight].Verdict != Pass {
		t.Error("what was judged already was lost")
	}
	if f := p.found[idIdle]; f.Verdict != Provisional || f.Output != "oops" || len(f.Facts) != 1 {
		t.Errorf("what was not judged is %+v", f)
	}
}

func TestSelection(t *testing.T) {
	tests := []struct {
		only, skip string
		wants      string // checks that are made besides ready
		listed     int    // findings in the report
	}{
		{"", "", "term int startup http tcp second pid1 taken restart systemd budget", 27},
		{"term", "", "term", 8},
		{"HOST-PROBE-003,budget", "", "term budget", 4},
		{"", "http,tcp,HOST-PROBE-027", "term int startup second pid1 taken restart budget", 27},
		{"http", "HOST-PROBE-016", "http", 6},
		{"http", "http", "", 6}, // nothing is left to judge
	}
	for _, tt := range tests {
		p := judged(t)
		split := func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) }
		p.o.Only, p.o.Skip = split(tt.only), split(tt.skip)
		var wants []string
		for _, c := range CheckNames()[1:] {
			if p.wants(c) {
				wants = append(wants, c)
			}
		}
		if got := strings.Join(wants, " "); got != tt.wants {
			t.Errorf("--only %q --skip %q makes %q, want %q", tt.only, tt.skip, got, tt.wants)
		}
		for _, c := range p.all {
			p.pass(c.ID, "It is so.")
		}
		r := p.report(0)
		code := 0
		if tt.wants == "" {
			code = 5
		}
		if len(r.Findings) != tt.listed || r.ExitCode() != code {
			t.Errorf("--only %q --skip %q reports %d clauses with exit code %d, want %d and %d", tt.only, tt.skip, len(r.Findings), r.ExitCode(), tt.listed, code)
		}
		for _, f := range r.Findings {
			declared := strings.Contains(tt.skip, f.Clause.ID) || strings.Contains(tt.skip, f.Check)
			if (f.Verdict == Skipped) != declared {
				t.Errorf("--skip %q: %s is %s", tt.skip, f.Clause.ID, f.Verdict)
			}
		}
	}
}

func FuzzLoopbackURL(f *testing.F) {
	for _, u := range []string{"http://127.0.0.1:80/x", "http://[::1]/", "http://localhost", "http://127.0.0.1@example.com/", "http://127.1/", "ftp://::1", "\x00"} {
		f.Add(u)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if loopbackURL(s) != nil {
			return
		}
		u, err := url.Parse(s)
		if err != nil {
			t.Fatalf("%q is accepted and is no URL", s)
		}
		if h := u.Hostname(); h != "localhost" && !net.ParseIP(h).IsLoopback() {
			t.Fatalf("%q is accepted and leads to %q", s, h)
		}
	})
}
