// Package protocol is the language that hostsim and an adapter speak: JSON lines, versioned, bounded, strict.
//
// hostsim writes commands to the adapter's standard input, and the adapter writes messages to a stream of its own, never
// to its standard output, which belongs to the program under test (DESIGN section 4, "process"). docs/protocol.md says it
// in full, protocol.schema.json ([Schema]) says it to machines, and this package is what both describe: [Reader] checks
// every line that an adapter wrote and names what is wrong as a [Fault], [Writer] writes the lines for adapters in Go.
//
// The model is the protocol of Bowtie (JSON Schema's meta-validator): one command, one JSON object a line, identity and
// capabilities first.
package protocol

// Version is the version of the protocol that this package speaks. It is a whole number, and there is no partial
// agreement: an adapter that announces another one is refused with [OlderVersion] or [NewerVersion].
const Version = 1

// The environment of an adapter.
const (
	// EnvVersion holds the version that hostsim speaks.
	EnvVersion = "HOSTSIM_PROTOCOL"
	// EnvEvents says where the messages go: a path that can be opened for writing like a file (/dev/fd/3, a named pipe),
	// or tcp:HOST:PORT, to which the adapter connects (Windows, containers).
	EnvEvents = "HOSTSIM_EVENTS"
	// EnvRun marks every process of one run, so that those left behind are found. An adapter hands it on and does not
	// read it.
	EnvRun = "HOSTSIM_RUN"
)
