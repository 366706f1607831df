package doc

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// ReadAll reads a whole document from r, at most MaxBytes; a longer one is an [*Error].
func ReadAll(name string, r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := tooLong(name, data); err != nil {
		return nil, err
	}
	return data, nil
}

func tooLong(name string, data []byte) error {
	if len(data) <= MaxBytes {
		return nil
	}
	return &Error{File: name, Rule: "file too large", Found: "more than 1 MiB", Expected: "1 MiB at most"}
}

// IsJSON tells whether a document is JSON: its first character that is not white space opens a mapping or a list.
// (YAML's flow style opens the same way; a document in it is JSON too, or must be written in block style.)
func IsJSON(data []byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && (data[0] == '{' || data[0] == '[')
}

// Parse reads a document, as JSON if [IsJSON] says so, else as YAML. The error joins every [*Error] that was found.
// It never panics and does not keep data.
func Parse(name string, data []byte) (*Node, error) {
	if err := tooLong(name, data); err != nil {
		return nil, err
	}
	if !utf8.Valid(data) {
		i := 0
		for i < len(data) {
			r, n := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			i += n
		}
		line, col := position(data, i)
		return nil, &Error{File: name, Line: line, Col: col, Rule: "invalid UTF-8", Found: fmt.Sprintf("byte 0x%02x", data[i]), Expected: "UTF-8 text"}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if IsJSON(data) {
		return parseJSON(name, data)
	}
	return parseYAML(name, data)
}

// position gives line and column of a byte offset.
func position(data []byte, off int) (line, col int) {
	off = min(off, len(data))
	line = 1 + bytes.Count(data[:off], []byte("\n"))
	start := bytes.LastIndexByte(data[:off], '\n') + 1
	return line, 1 + utf8.RuneCount(data[start:off])
}
