//go:build unix

package smoke

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostsim/hostsim/internal/golden"
)

const childVar = "HOSTSIM_TEST_CHILD"

func TestMain(m *testing.M) {
	if name := os.Getenv(childVar); name != "" {
		broken[name]()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// small is a whole adapter, as small as the document promises, with places where it can be broken.
type small struct {
	identity string
	line     func(string) string // changes a line before it is written; empty: it is not
	noSignal bool
	code     func(int) int
	served   int // plans that one process plays; 0: one
	events   *os.File
	late     []string // lines that are kept back until the end
	keep     bool
}

const goodIdentity = `{"identity":{"protocol":1,"implementation":"small","version":"1","language":"go","lanes":["process"],"features":["signals","exitCode"]}}`

func (s *small) say(l string) {
	if s.line != nil {
		l = s.line(l)
	}
	if l == "" {
		return
	}
	if s.keep {
		s.late = append(s.late, l)
		return
	}
	if s.events == nil {
		s.events = os.NewFile(3, "events")
	}
	fmt.Fprintln(s.events, l)
}

func (s *small) main() {
	begun := time.Now()
	if s.identity == "" {
		s.identity = goodIdentity
	}
	s.say(s.identity)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	code := 0
	for n := 0; n <= s.served && in.Scan(); n++ {
		code = s.play(begun, in.Bytes())
	}
	if s.code != nil {
		code = s.code(code)
	}
	for _, l := range s.late {
		fmt.Fprintln(os.NewFile(3, "events"), l)
	}
	os.Exit(code)
}

func (s *small) play(begun time.Time, line []byte) int {
	var cmd struct {
		Run struct {
			Fresh bool
			Plan  struct {
				Services []struct{ Start, Stop []map[string]any }
				Main     []map[string]any
			}
		}
	}
	if err := json.Unmarshal(line, &cmd); err != nil {
		panic(err)
	}
	event := func(who, what, rest string) {
		s.say(fmt.Sprintf(`{"ms":%d,"who":%q,"what":%q%s}`, time.Since(begun).Milliseconds(), who, what, rest))
	}
	const begin, ok, token = `,"phase":"begin"`, `,"phase":"end","outcome":"ok"`, `,"tokenCancelled":false`
	stop := make(chan os.Signal, 1)
	if s.noSignal {
		signal.Ignore(syscall.SIGTERM)
	} else {
		signal.Notify(stop, syscall.SIGTERM)
	}
	event("host", "build", begin)
	event("host", "build", ok)
	event("host", "run", begin)
	code := 0
	for _, st := range cmd.Run.Plan.Main {
		if n, is := st["return"].(float64); is {
			code = int(n)
		}
	}
	event("a", "start", begin+token)
	for _, st := range cmd.Run.Plan.Services[0].Start {
		if text, is := st["throw"].(string); is {
			event("a", "start", `,"phase":"end","outcome":"error:`+text+`"`)
			event("main", "threw", `,"outcome":"error:`+text+`"`)
			return 1
		}
	}
	event("a", "start", ok)
	event("lifetime", "applicationStarted", "")
	s.say(`{"ready":true}`)
	<-stop
	event("a", "stop", begin+token)
	if len(cmd.Run.Plan.Services[0].Stop) > 0 {
		time.Sleep(100 * time.Millisecond) // a child, not a test
	}
	event("a", "stop", ok)
	event("host", "run", ok)
	if !cmd.Run.Fresh {
		s.say(fmt.Sprintf(`{"end":{"kind":"exited","code":%d}}`, code))
	}
	return code
}

func without(part string) func(string) string {
	return func(l string) string {
		if strings.Contains(l, part) {
			return ""
		}
		return l
	}
}

func replace(old, new string) func(string) string {
	return func(l string) string { return strings.ReplaceAll(l, old, new) }
}

// broken are the adapters; good is the one that is not.
var broken = map[string]func(){
	"good": func() { (&small{}).main() },
	"good-reuse": func() {
		(&small{identity: strings.Replace(goodIdentity, `"lanes"`, `"reuse":true,"lanes"`, 1), served: 9}).main()
	},
	"dies-at-once":      func() { fmt.Fprintln(os.Stderr, "ModuleNotFoundError: No module named 'host'"); os.Exit(1) },
	"talks-on-stdout":   func() { (&small{events: os.Stdout}).main() },
	"buffers":           func() { (&small{keep: true}).main() },
	"log-line":          func() { (&small{line: replace(`{"ready":true}`, "server ready on port 80")}).main() },
	"old-protocol":      func() { (&small{line: replace(`"protocol":1`, `"protocol":0`)}).main() },
	"wrong-feature":     func() { (&small{line: replace(`"signals"`, `"signal"`)}).main() },
	"no-started":        func() { (&small{line: without("applicationStarted")}).main() },
	"ignores-signal":    func() { (&small{noSignal: true}).main() },
	"swallows-code":     func() { (&small{code: func(int) int { return 0 }}).main() },
	"no-phases":         func() { (&small{line: replace(`,"phase":"begin"`, "")}).main() },
	"no-outcome":        func() { (&small{line: replace(`,"outcome":"ok"`, "")}).main() },
	"free-outcome":      func() { (&small{line: replace(`"outcome":"ok"`, `"outcome":"success"`)}).main() },
	"typo":              func() { (&small{line: replace("tokenCancelled", "tokenCanceled")}).main() },
	"wrong-unit":        func() { (&small{line: scaled(1_000_000)}).main() },
	"reuse-that-is-not": func() { (&small{identity: strings.Replace(goodIdentity, `"lanes"`, `"reuse":true,"lanes"`, 1)}).main() },
	"virtual-that-is-not": func() {
		(&small{identity: strings.Replace(goodIdentity, `["process"]`, `["process","virtual"]`, 1), served: 9}).main()
	},
	"plays-on": func() {
		(&small{line: replace(`"what":"build","phase":"end","outcome":"ok"}`, `"what":"build","phase":"end","outcome":"ok"}`+"\n"+goodIdentity)}).main()
	},
}

// scaled multiplies the times of all events.
func scaled(by int) func(string) string {
	return func(l string) string {
		var ms int
		if n, _ := fmt.Sscanf(l, `{"ms":%d,`, &ms); n == 1 {
			return strings.Replace(l, fmt.Sprintf(`"ms":%d`, ms), fmt.Sprintf(`"ms":%d`, ms*by), 1)
		}
		return l
	}
}

func check(t *testing.T, child string) *Report {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := CheckWith(context.Background(), []string{self}, Options{Env: []string{childVar + "=" + child}, Temp: t.TempDir(), Identity: 10 * time.Second, Quiet: 3 * time.Second})
	r.Command = []string{child}
	return r
}

func TestBrokenAdapters(t *testing.T) {
	for name := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := check(t, name)
			if good := strings.HasPrefix(name, "good"); r.OK() != good {
				t.Errorf("OK() = %v", r.OK())
			}
			golden.Check(t, filepath.Join("testdata", name+".golden"), []byte(r.String()))
			for _, f := range r.Findings {
				if !f.OK && f.Mend == "" {
					t.Errorf("finding %q does not say how to mend it", f.Said)
				}
			}
		})
	}
}

func TestEachBreakageHasAMessageOfItsOwn(t *testing.T) {
	names, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(names) < 12 {
		t.Fatalf("%d golden files, error %v", len(names), err)
	}
	first := map[string]string{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(string(data), "\n") {
			if text, ok := strings.CutPrefix(l, "WRONG "); ok {
				if other := first[text]; other != "" {
					t.Errorf("%s and %s begin with the same message: %s", other, name, text)
				}
				first[text] = name
				break
			}
		}
	}
	if len(first) < 10 {
		t.Errorf("%d different messages", len(first))
	}
}

func TestCommandThatIsNotThere(t *testing.T) {
	r := Check(context.Background(), []string{"/no/such/adapter"})
	golden.Check(t, "testdata/not-there.golden", []byte(r.String()))
	if r.OK() {
		t.Error("OK")
	}
}
