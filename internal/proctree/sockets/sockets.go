// Package sockets tells which sockets the processes of a tree listen on, and what became of a connection to one. It is apart from
// package proctree because it leans on a library that a runner of adapters need not have.
package sockets

// Listener is a socket that a process listens on.
type Listener struct {
	Network string `json:"network"` // "tcp" or "unix"
	Addr    string `json:"addr"`    // what to dial: 127.0.0.1:80, [::1]:80, /path, @abstract
	Bound   string `json:"bound"`   // what it is bound to: 0.0.0.0:80
	Port    int    `json:"port,omitempty"`
	PID     int    `json:"pid"`
}

// Loopback reports whether the listener can be reached without leaving the machine.
func (l Listener) Loopback() bool { return l.Network == "unix" || l.Addr != "" }
