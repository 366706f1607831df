// Package adapter makes a Go host an implementation that hostsim can judge: [Main] is the whole main of an adapter.
//
//	func main() { adapter.Main(adapter.Implementation{Name: "example.org/host", New: build, …}) }
//
// New is given an [App], the scripted application: services with Start, Stop and Execute, time limits, the application's
// callbacks, and where a stop request is to go. It gives back a [Host] that runs them. The library speaks the protocol
// (package protocol), plays the scripts and writes the events of services, callbacks and main.
//
// The same adapter serves both lanes. In the process lane time and signals are real. In the virtual lane the whole
// application runs inside a bubble of testing/synctest: time is virtual, and signals come from a simulated process, as
// signal.Notify inside a bubble is fatal; so a host takes its signals from [App.Signals] or [App.NotifyContext], which are
// the real thing in the process lane. A host that registers its own signals (fx) also looks at [App.FakeSignals].
package adapter
