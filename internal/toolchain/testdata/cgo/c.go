// Package cgo calls C, which schedule control does not see.
package cgo

// static int seven(void) { return 7; }
import "C"

// Seven asks C.
func Seven() int { return int(C.seven()) }
