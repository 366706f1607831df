//go:build unix

package process

import "golang.org/x/sys/unix"

var term = unix.SIGTERM
