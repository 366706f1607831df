package protocol

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxCommand bounds a command line that an adapter reads: a plan of the largest allowed size, and what stands around it.
const maxCommand = 4 << 20

// AppendRun appends the command to play a plan, with its newline.
func AppendRun(b []byte, r Run) []byte {
	b = append(b, `{"run":{"protocol":`...)
	b = strconv.AppendInt(b, Version, 10)
	b = append(b, `,"id":`...)
	b = strconv.AppendInt(b, int64(r.ID), 10)
	b = appendField(b, "lane", r.Lane)
	b = append(b, `,"fresh":`...)
	b = strconv.AppendBool(b, r.Fresh)
	b = appendField(b, "dir", r.Dir)
	b = appendField(b, "schedule", r.Schedule)
	if r.Explain {
		b = append(b, `,"explain":true`...)
	}
	b = append(b, `,"plan":`...)
	b = append(b, bytes.TrimSpace(r.Plan)...)
	return append(b, "}}\n"...)
}

// CommandReader reads the commands that hostsim writes, for adapters in Go.
type CommandReader struct{ in *bufio.Reader }

// NewCommandReader makes a reader of commands, usually from standard input.
func NewCommandReader(in io.Reader) *CommandReader {
	return &CommandReader{bufio.NewReader(in)}
}

// Next reads the next command. io.EOF means that no further plan will come: an adapter that serves many then exits with 0.
func (c *CommandReader) Next() (Run, error) {
	line, err := c.line()
	if err != nil {
		return Run{}, err
	}
	var msg struct {
		Run *struct {
			Protocol int             `json:"protocol"`
			ID       int             `json:"id"`
			Lane     string          `json:"lane"`
			Fresh    bool            `json:"fresh"`
			Dir      string          `json:"dir"`
			Schedule string          `json:"schedule"`
			Explain  bool            `json:"explain"`
			Plan     json.RawMessage `json:"plan"`
		} `json:"run"`
	}
	if err := json.Unmarshal(line, &msg); err != nil {
		return Run{}, fmt.Errorf("protocol: a command is not JSON: %w", err)
	}
	switch r := msg.Run; {
	case r == nil:
		return Run{}, fmt.Errorf("protocol: unknown command %s, expected {\"run\":{…}}", quote(string(line)))
	case r.Protocol != Version:
		return Run{}, fmt.Errorf("protocol: hostsim speaks version %d, this adapter speaks %d", r.Protocol, Version)
	case len(r.Plan) == 0:
		return Run{}, errors.New("protocol: a run without a plan")
	default:
		return Run{ID: r.ID, Lane: r.Lane, Fresh: r.Fresh, Dir: r.Dir, Plan: r.Plan, Schedule: r.Schedule, Explain: r.Explain}, nil
	}
}

func (c *CommandReader) line() ([]byte, error) {
	var line []byte
	for {
		part, err := c.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxCommand:
			return nil, fmt.Errorf("protocol: a command of more than %d bytes", maxCommand)
		case err == nil:
			return line, nil
		case err == bufio.ErrBufferFull:
		case err == io.EOF && len(bytes.TrimSpace(line)) > 0:
			return line, nil
		default:
			return nil, err
		}
	}
}
