// Package process is the process lane: it plays plans on a host under test that is a child process, in any language, with
// real signals, a real exit status and real sockets (DESIGN section 4, "process").
//
// [Runner.Run] starts the adapter's command, hands it a plan, sends the plan's signals at its events, waits for the end and
// then looks at what is left: processes, listening ports, files. What the adapter wrote and what hostsim did and found
// becomes one trace, which the same checks judge as in the virtual lane.
//
// # What is certain about the order
//
// The adapter's own events are in the order in which it wrote them. A signal's event stands in the trace at the moment just
// before the signal was sent: every event before it had been read by then, so it happened before. An event after it may
// have been on its way when the signal was sent, unless it is an effect of the signal.
//
// # No wait is a sleep
//
// Every wait is for an event, an exit or a timer, and has a limit. A run ends at the latest after [Runner.Limit] and the
// time that killing takes, whatever the child does.
//
// # Processes
//
// Each run has a session of its own. On Linux the calling process becomes a child subreaper on the first run (an
// attribute of the whole process, which stays), so what a child leaves behind, daemons included, becomes a child of ours. A
// leftover is told from other children by its session, by a resource limit that all processes of one run inherit (see
// tag_linux.go) or by its environment; nothing else is ever killed. So runs may go on in parallel, and beside other child
// processes of the program. Signals that the calling process ignores (nohup, background jobs of a shell) are handled and
// dropped from then on, as an ignored signal would be inherited by every host under test and change what is measured.
package process
