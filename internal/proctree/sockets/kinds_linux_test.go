package sockets

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/hostsim/hostsim/internal/proctree"
)

func ours(t *testing.T) []Listener {
	t.Helper()
	self, err := proctree.Read(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	all, err := Listeners([]proctree.Process{{PID: 1 << 30}, self, self})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestEachKindOfListener: what listens is found, by the address at which it is reached; what is bound, or connected, is not.
func TestEachKindOfListener(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	abstract := fmt.Sprintf("@hostsim-%d", os.Getpid())
	var want []Listener
	add := func(network, at string) net.Listener {
		l, err := net.Listen(network, at)
		if err != nil {
			t.Skip("NOT RUN: " + err.Error())
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	for range 3 {
		l := add("tcp4", "127.0.0.1:0")
		port := l.Addr().(*net.TCPAddr).Port
		want = append(want, Listener{Network: "tcp", Addr: l.Addr().String(), Bound: l.Addr().String(), Port: port, PID: os.Getpid()})
	}
	port := want[0].Port
	if l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.2:%d", port)); err == nil { // the same port elsewhere
		t.Cleanup(func() { _ = l.Close() })
		want = append(want, Listener{Network: "tcp", Addr: l.Addr().String(), Bound: l.Addr().String(), Port: port, PID: os.Getpid()})
	}
	for _, at := range []string{dir + "/b.sock", "a.sock", "./c.sock", abstract} {
		l := add("unix", at)
		where := at
		switch at {
		case "a.sock":
			where = dir + "/a.sock"
		case "./c.sock":
			where = dir + "/./c.sock"
		}
		want = append(want, Listener{Network: "unix", Addr: where, Bound: where, PID: os.Getpid()})
		c, err := net.Dial("unix", at) // the ends of a connection do not listen
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
	}
	if u, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: dir + "/d.sock", Net: "unixgram"}); err == nil { // bound, but nobody can connect
		t.Cleanup(func() { _ = u.Close() })
	}
	slices.SortFunc(want, func(a, b Listener) int {
		switch {
		case a.Network != b.Network:
			if a.Network == "tcp" {
				return -1
			}
			return 1
		case a.Port != b.Port:
			return a.Port - b.Port
		case a.Bound < b.Bound:
			return -1
		}
		return 1
	})
	if got := ours(t); !slices.Equal(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	for _, l := range want {
		if !l.Loopback() {
			t.Errorf("%+v cannot be reached", l)
		}
	}
	if none, err := Listeners(nil); none != nil || err != nil {
		t.Errorf("nobody listens on %+v, %v", none, err)
	}
}

// TestConnection: what the kernel knows of the server's end, before it is accepted, after that, and when it is gone.
func TestConnection(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Skip("NOT RUN: " + err.Error())
	}
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	other, err := net.Dial("tcp4", l.Addr().String()) // must not be taken for the first
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	server, client := l.Addr().(*net.TCPAddr), c.LocalAddr().(*net.TCPAddr)
	check := func(when string, accepted bool, unread uint64) {
		t.Helper()
		limit, again := time.After(10*time.Second), time.NewTicker(time.Millisecond) // a busy kernel delivers late
		defer again.Stop()
		for {
			a, n, err := Connection(os.Getpid(), client, server)
			if err == nil && a == accepted && n == unread {
				return
			}
			select {
			case <-again.C:
			case <-limit:
				t.Fatalf("%s: accepted %v, %d bytes, %v; want %v, %d", when, a, n, err, accepted, unread)
			}
		}
	}
	check("before it is accepted", false, 0)
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	check("with something to read", false, 5)
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	check("accepted", true, 5)
	if _, err := io.ReadFull(s, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	check("read", true, 0)
	for name, at := range map[string][2]*net.TCPAddr{
		"another client": {{IP: client.IP, Port: 1}, server},
		"another server": {client, {IP: server.IP, Port: 1}},
		"swapped":        {{IP: server.IP, Port: server.Port}, {IP: client.IP, Port: server.Port}},
	} {
		if a, n, err := Connection(os.Getpid(), at[0], at[1]); a || n != 0 || !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: accepted %v, %d bytes, %v", name, a, n, err)
		}
	}
	if _, _, err := Connection(1<<30, client, server); err == nil {
		t.Error("a process that is not there has a connection")
	}
}

func TestWhatIsGoneIsNoError(t *testing.T) {
	for _, c := range []struct {
		err  error
		gone bool
	}{
		{fmt.Errorf("read: %w", os.ErrNotExist), true}, {errors.New("read /proc/7/net/tcp: no such process"), true}, {os.ErrPermission, false}, {io.ErrUnexpectedEOF, false},
	} {
		if got := ignoreGone(c.err); (got == nil) != c.gone {
			t.Errorf("%v: %v", c.err, got)
		}
	}
	into := map[string]Listener{}
	if err := tcpListeners(1<<30, map[uint64]int{1: 1}, into); err != nil || len(into) != 0 {
		t.Errorf("TCP of nobody: %v, %v", into, err)
	}
	if err := unixListeners(1<<30, map[uint64]int{1: 1}, into); err != nil || len(into) != 0 {
		t.Errorf("Unix sockets of nobody: %v, %v", into, err)
	}
}
