//go:build unix

package process

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const defaultStream = FD

// openStream makes the stream: where the child finds it, and which files it must inherit from descriptor 3 on.
func openStream(kind Stream, dir string) (ev events, where string, inherit []*os.File, err error) {
	switch kind {
	case TCP:
		t, err := listenEvents()
		if err != nil {
			return nil, "", nil, err
		}
		return t, "tcp:" + t.l.Addr().String(), nil, nil
	case FIFO:
		path := filepath.Join(dir, fifoName)
		if err := unix.Mkfifo(path, 0o600); err != nil {
			return nil, "", nil, err
		}
		r, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return nil, "", nil, err
		}
		w, err := os.OpenFile(path, os.O_WRONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			_ = r.Close()
			return nil, "", nil, err
		}
		return &pipeEvents{File: r, held: w, untilExit: true}, path, nil, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, "", nil, err
	}
	return &pipeEvents{File: r, held: w}, "/dev/fd/3", []*os.File{w}, nil
}
