// Package toolchain builds and tests Go programs that know nothing of hostsim
// under chosen schedules.
//
// [Prepare] makes a patched copy of the user's own Go toolchain in the user's
// cache. Inside a testing/synctest bubble that is under control, a program
// compiled with it takes every scheduling choice from a strategy: who runs next
// among the goroutines that are ready, at every channel operation and every
// entry into a lock; which case of a select is looked at first; where a map
// iteration begins; which of the timers due at one instant fires first; which
// random numbers the program sees. A goroutine that waits for a lock held inside
// the bubble counts as blocked, so a lock cycle is a reported deadlock. Signals
// that the program sends to itself and os.Exit act on a simulated process.
//
// [Test] runs "go test" with that copy: each call of synctest.Test runs under as
// many schedules as asked for. [Build] compiles an adapter or any other program.
//
// The copy consists of links to the user's GOROOT and of the few files that
// differ; no Go source is shipped. The user's GOROOT is never written to.
package toolchain
