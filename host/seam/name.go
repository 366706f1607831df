package seam

import "sync"

// names keeps joined names, so that a host that is started a million times in one process makes each of them once.
var names = struct {
	sync.RWMutex
	m map[[3]string]string
}{m: map[[3]string]string{}}

// mostNames bounds what is kept: a program that makes up names for ever must not fill its memory with them.
const mostNames = 1 << 14

// Name joins three parts of a name for people: Name("the end of ", "b", " stop").
func Name(a, b, c string) string {
	k := [3]string{a, b, c}
	names.RLock()
	s, ok := names.m[k]
	names.RUnlock()
	if ok {
		return s
	}
	s = a + b + c
	names.Lock()
	if len(names.m) < mostNames {
		names.m[k] = s
	}
	names.Unlock()
	return s
}
