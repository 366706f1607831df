//go:build !linux

package process

import "os/exec"

// leftovers of a run are not looked for on this system; see notLookedAt.
func (t *tree) leftovers() []Leftover { return nil }

// kill ends the process group.
func (t *tree) kill(bool) int { killGroup(t.pid); return 0 }

func stopped(int) bool { return false }

func startTagged(c *exec.Cmd) (tag uint64, err error) { return 0, c.Start() }

func supervise() error { return nil }
