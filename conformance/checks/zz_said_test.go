package checks

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"testing"
)

// What a check says of a run that breaks its clause is read by people: the words are golden. A new row that fails, or other
// words, need
//
//	go test ./conformance/checks -update
var update = flag.Bool("update", false, "write the golden messages anew")

const saidFile = "testdata/said.golden"

// messages are the golden messages by clause and row, and those of this run.
type messages struct {
	mu     sync.Mutex
	golden map[string]string
	now    map[string]string
	rows   map[string]map[Kind]int // by clause
}

var said = &messages{now: map[string]string{}, rows: map[string]map[Kind]int{}}

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if said.golden, err = readSaid(saidFile); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if *update && code == 0 {
		if err := os.WriteFile(saidFile, []byte(writeSaid(said.now)), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// note counts a row, and holds what its check said against the golden words.
func (m *messages) note(t *testing.T, id, name string, got Result) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows[id] == nil {
		m.rows[id] = map[Kind]int{}
	}
	m.rows[id][got.Kind]++
	if got.Kind != Fail {
		return
	}
	key := id + " / " + name
	for n := 2; ; n++ {
		if _, twice := m.now[key]; !twice {
			break
		}
		key = fmt.Sprintf("%s / %s #%d", id, name, n)
	}
	m.now[key] = got.Said
	if want, ok := m.golden[key]; !*update && (!ok || want != got.Said) {
		t.Errorf("says  %s\ngolden %s\nif that is meant: go test ./conformance/checks -update", got.Said, want)
	}
}

// readSaid reads lines in pairs: CLAUSE / ROW, and the message with four blanks before it.
func readSaid(file string) (map[string]string, error) {
	b, err := os.ReadFile(file)
	if err != nil && !(*update && os.IsNotExist(err)) {
		return nil, err
	}
	out := map[string]string{}
	key := ""
	for _, l := range strings.Split(string(b), "\n") {
		if text, ok := strings.CutPrefix(l, "    "); ok {
			out[key] = text
		} else {
			key = l
		}
	}
	return out, nil
}

func writeSaid(all map[string]string) string {
	keys := make([]string, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "%s\n    %s\n", k, all[k])
	}
	return b.String()
}

// TestZEveryCheckIsShown runs after the tables (tests run in the order of their files): every check has a trace on which
// it passes, one on which it fails, and one that is not what it is about.
func TestZEveryCheckIsShown(t *testing.T) {
	said.mu.Lock()
	defer said.mu.Unlock()
	if len(said.rows) < 10 {
		t.Skip("the tables were not run")
	}
	for _, id := range IDs() {
		for _, k := range []Kind{Pass, Fail, Vacuous} {
			if said.rows[id][k] == 0 {
				t.Errorf("%s has no row whose result is %s; add one in the tests of its area: rows(t, %q, …)", id, word(k), id)
			}
		}
	}
}

// TestZMessages: what is said is one sentence without a full stop, names no Go value by accident, and fits on a line of a report.
func TestZMessages(t *testing.T) {
	said.mu.Lock()
	defer said.mu.Unlock()
	for key, text := range said.now {
		for _, bad := range []string{"%!", "<nil>", "0x", "\n", "  ", "[]", "map["} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: %q in %q", key, bad, text)
			}
		}
		if strings.HasSuffix(text, ".") || strings.TrimSpace(text) != text || len(text) > 320 {
			t.Errorf("%s: %q is not one sentence without its full stop, or too long", key, text)
		}
	}
}
