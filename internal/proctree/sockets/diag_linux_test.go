package sockets

import (
	"bytes"
	"encoding/binary"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hostsim/hostsim/internal/proctree"
)

// TestBothWaysSeeTheSame: what the kernel answers and what /proc tells are the same listeners.
func TestBothWaysSeeTheSame(t *testing.T) {
	want := map[string]bool{}
	for _, where := range [][2]string{{"tcp4", "127.0.0.1:0"}, {"tcp4", "0.0.0.0:0"}, {"tcp6", "[::1]:0"}, {"tcp", ":0"}} {
		l, err := net.Listen(where[0], where[1])
		if err != nil {
			t.Logf("NOT RUN on %s %s: %v", where[0], where[1], err)
			continue
		}
		defer l.Close()
		want[l.Addr().String()] = true
	}
	self, err := proctree.Read(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Listeners([]proctree.Process{self})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range got {
		seen[l.Bound] = true
		if l.PID != os.Getpid() {
			t.Errorf("%+v is ours", l)
		}
	}
	for addr := range want {
		if !seen[addr] {
			t.Errorf("nobody listens on %s: %+v", addr, got)
		}
	}
	owner := map[uint64]int{}
	all, err := listening()
	if err != nil {
		t.Skip("NOT RUN: the kernel does not answer: " + err.Error())
	}
	for _, b := range all {
		owner[b.inode] = 1
	}
	fast, slow := map[string]Listener{}, map[string]Listener{}
	for _, b := range all {
		addTCP(fast, b.ip, b.port, 1)
	}
	if err := tcpListeners(os.Getpid(), owner, slow); err != nil {
		t.Fatal(err)
	}
	for addr := range want { // others come and go on this machine meanwhile
		if fast["tcp "+addr] != slow["tcp "+addr] || fast["tcp "+addr].Port == 0 {
			t.Errorf("%s: the kernel answers %+v, /proc tells %+v", addr, fast["tcp "+addr], slow["tcp "+addr])
		}
	}
}

func TestParseDiag(t *testing.T) {
	message := func(kind uint16, body []byte) []byte {
		b := make([]byte, headerSize, headerSize+len(body))
		binary.NativeEndian.PutUint32(b, uint32(headerSize+len(body)))
		binary.NativeEndian.PutUint16(b[4:], kind)
		return append(b, body...)
	}
	socket := make([]byte, answerSize)
	socket[0] = unix.AF_INET
	binary.BigEndian.PutUint16(socket[4:], 8080)
	copy(socket[8:], []byte{127, 0, 0, 1})
	binary.NativeEndian.PutUint32(socket[68:], 77)
	failed := make([]byte, 4)
	errno := -int32(unix.EPERM)
	binary.NativeEndian.PutUint32(failed, uint32(errno))
	for _, c := range []struct {
		name  string
		in    []byte
		n     int
		done  bool
		fails bool
	}{
		{name: "nothing"},
		{name: "one", in: message(unix.SOCK_DIAG_BY_FAMILY, socket), n: 1},
		{name: "two and the end", in: bytes.Join([][]byte{message(unix.SOCK_DIAG_BY_FAMILY, socket), message(unix.SOCK_DIAG_BY_FAMILY, socket), message(unix.NLMSG_DONE, nil)}, nil), n: 2, done: true},
		{name: "another kind", in: message(unix.NLMSG_NOOP, nil)},
		{name: "an error", in: message(unix.NLMSG_ERROR, failed), fails: true},
		{name: "an error that is cut", in: message(unix.NLMSG_ERROR, []byte{1}), fails: true},
		{name: "a socket that is cut", in: message(unix.SOCK_DIAG_BY_FAMILY, socket[:20]), fails: true},
		{name: "longer than it is", in: message(unix.SOCK_DIAG_BY_FAMILY, socket)[:40], fails: true},
		{name: "shorter than its header", in: make([]byte, headerSize), fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, done, err := parseDiag(c.in)
			if (err != nil) != c.fails || len(out) != c.n || done != c.done {
				t.Fatalf("%+v, %v, %v; want %d, %v, an error: %v", out, done, err, c.n, c.done, c.fails)
			}
			for _, b := range out {
				if b.ip.String() != "127.0.0.1" || b.port != 8080 || b.inode != 77 {
					t.Errorf("%+v", b)
				}
			}
		})
	}
}

func FuzzParseDiag(f *testing.F) {
	f.Add(diagRequest(unix.AF_INET))
	f.Add([]byte{16, 0, 0, 0, 3, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if out, _, err := parseDiag(b); err != nil && len(out) > 0 {
			t.Errorf("%d sockets and an error: %v", len(out), err)
		}
	})
}
