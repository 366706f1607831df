package net

import _ "unsafe" // for linkname

const hostsimNoteNet = 0

//go:linkname hostsimNote
func hostsimNote(bit uint32)
