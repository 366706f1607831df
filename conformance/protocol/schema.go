package protocol

import _ "embed" // the schema is shipped with the package

// Schema is the protocol as JSON Schema (draft 2020-12): its root is a message, #/$defs/command a command.
//
//go:embed protocol.schema.json
var Schema []byte
