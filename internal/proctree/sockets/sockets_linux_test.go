package sockets

import (
	"net"
	"testing"
)

func TestLoopbackAddress(t *testing.T) {
	for ip, want := range map[string]string{
		"127.0.0.1": "127.0.0.1:80", "127.0.0.9": "127.0.0.9:80", "0.0.0.0": "127.0.0.1:80", "::": "[::1]:80", "::1": "[::1]:80",
		"192.0.2.1": "", "2001:db8::1": "", "::ffff:0.0.0.0": "127.0.0.1:80", "::ffff:127.0.0.1": "127.0.0.1:80",
	} {
		if got := loopback(net.ParseIP(ip), 80); got != want {
			t.Errorf("a socket bound to %s is dialled at %q, want %q", ip, got, want)
		}
	}
	if (Listener{Network: "tcp", Bound: "192.0.2.1:80"}).Loopback() {
		t.Error("an address of another interface counts as loopback")
	}
}
