package testing

import (
	"io"
	_ "unsafe" // for linkname
)

// hostsimDetached gives a test of t's name whose failure and output stay its own.
//
//go:linkname hostsimDetached testing/synctest.hostsimDetached
func hostsimDetached(t *T) *T {
	d := &T{
		common: common{
			barrier: make(chan bool),
			signal:  make(chan bool, 1),
			name:    t.name,
			level:   t.level,
			creator: t.creator,
			w:       io.Discard,
			ctx:     t.ctx,
			start:   highPrecisionTimeNow(),
		},
		tstate: t.tstate,
	}
	d.setOutputWriter()
	return d
}

// hostsimOutput gives what a detached test wrote.
//
//go:linkname hostsimOutput testing/synctest.hostsimOutput
func hostsimOutput(t *T) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.output)
}

// hostsimAfter says that a run ended early, so that no goroutine of it will say so.
//
//go:linkname hostsimAfter testing/synctest.hostsimAfter
func hostsimAfter(t *T) {
	running.Store(t.name, highPrecisionTimeNow())
}
