package probe

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// files are the files of one run that are of interest: sockets that the program listens on, pid files, and the file that
// tells readiness.
type files struct {
	p       *prober
	before  os.FileInfo // the readiness file as it was before the start
	sockets []string
	pids    []string
	members map[string]bool // process ids of the run, as text
}

func (p *prober) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.o.Dir, name)
}

// lookBefore notes what is there before the start.
func lookBefore(p *prober) files {
	f := files{p: p, members: map[string]bool{}}
	if p.o.Ready.File != "" {
		f.before, _ = os.Lstat(p.path(p.o.Ready.File))
	}
	return f
}

// fresh reports whether the readiness file exists and is not the one that was there before.
func (f *files) fresh() bool {
	now, err := os.Lstat(f.p.path(f.p.o.Ready.File))
	return err == nil && !same(f.before, now)
}

// pidPlaces are where pid files are looked for besides --pid-file: the working directory, and the usual places.
var pidPlaces = []string{"*.pid", "/run/*.pid", "/run/*/*.pid", "/var/run/*.pid", "/tmp/*.pid", "/tmp/*/*.pid"}

// lookReady finds the sockets and the pid files of a program that is ready. The usual places are looked through in the first run,
// since a machine may have much in them; afterwards a pid file is looked for where it was found.
func (f *files) lookReady(s *session) {
	if ls, err := s.tree.Listeners(); err == nil {
		for _, l := range ls {
			if l.Network == "unix" && !strings.HasPrefix(l.Addr, "@") {
				f.sockets = append(f.sockets, l.Addr)
			}
		}
	}
	f.members[strconv.Itoa(s.tree.PID())] = true
	if ps, err := s.tree.States(); err == nil {
		for _, p := range ps {
			f.members[strconv.Itoa(p.PID)] = true
		}
	}
	seen := map[string]bool{}
	add := func(path string) {
		if real, err := filepath.EvalSymlinks(path); err == nil && !seen[real] && f.ours(real) {
			seen[real] = true
			f.pids = append(f.pids, real)
		}
	}
	if f.p.o.PIDFile != "" {
		add(f.p.path(f.p.o.PIDFile))
	}
	if f.p.pidLooked {
		for _, path := range f.p.pidFiles {
			add(path)
		}
		return
	}
	for _, place := range pidPlaces {
		found, _ := filepath.Glob(f.p.path(place))
		for _, path := range found {
			add(path)
		}
	}
	f.p.pidLooked, f.p.pidFiles = true, f.pids
}

// ours reports whether a file holds the process id of a member of the run.
func (f *files) ours(path string) bool {
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() || st.Size() > 64 {
		return false
	}
	b, err := os.ReadFile(path)
	return err == nil && f.members[strings.TrimSpace(string(b))]
}

// leftSockets lists the socket files that are still there.
func (f *files) leftSockets() []string {
	var out []string
	for _, path := range f.sockets {
		if st, err := os.Lstat(path); err == nil && st.Mode().Type() == os.ModeSocket {
			out = append(out, path)
		}
	}
	return out
}

// leftPIDs lists the pid files that are still there.
func (f *files) leftPIDs() []string {
	var out []string
	for _, path := range f.pids {
		if f.ours(path) {
			out = append(out, path)
		}
	}
	return out
}

// remove removes what the run left, and nothing else.
func (f *files) remove() {
	for _, path := range append(f.leftSockets(), f.leftPIDs()...) {
		_ = os.Remove(path)
	}
}
