//go:build !linux

package process

// leftovers of a run are not looked for on this system; see notLookedAt.
func (t *tree) leftovers() []Leftover { return nil }

// kill ends the process group.
func (t *tree) kill(bool) int { killGroup(t.pid); return 0 }

func stopped(int) bool { return false }

func tagProcess(int) uint64 { return 0 }

func supervise() error { return nil }
