package protocol

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// FuzzReader feeds streams to the reader: it never panics, never holds more than its limits, says the same however the stream is cut
// into pieces, and what it lets through can be written and read again.
func FuzzReader(f *testing.F) {
	for _, c := range singles {
		f.Add([]byte(goodIdentity + "\n" + c.line + "\n"))
	}
	f.Add([]byte(goodIdentity + "\n" + `{"who":"a","what":"x","phase":"begin"}` + "\n" + `{"end":{"kind":"exited","code":0}}` + "\n"))
	f.Add([]byte(goodIdentity))
	f.Add([]byte("\n\n\n"))
	lim := Limits{Line: 1000, Total: 5000, Events: 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, errWhole := readAll(bytes.NewReader(data), lim)
		pieces, errPieces := readAll(iotest.OneByteReader(bytes.NewReader(data)), lim)
		if len(whole) != len(pieces) || errWhole.Error() != errPieces.Error() {
			t.Fatalf("whole: %d messages, %v\nin pieces: %d messages, %v", len(whole), errWhole, len(pieces), errPieces)
		}
		var fault *Fault
		if errWhole != io.EOF && (!errors.As(errWhole, &fault) || fault.Line == 0 || fault.Kind == "") {
			t.Fatalf("error %#v", errWhole)
		}
		for _, m := range whole {
			if m.Kind != EventMessage {
				continue
			}
			line := trace.AppendEvent(nil, &m.Event)
			again, err := single(string(line))
			if err != nil || again.Event != m.Event {
				t.Fatalf("%s: read again as %+v, error %v, was %+v", line, again.Event, err, m.Event)
			}
		}
	})
}

func readAll(in io.Reader, lim Limits) (out []Message, err error) {
	r := NewReader(in, lim)
	r.BeginRun()
	for {
		m, err := r.Next()
		if err != nil {
			return out, err
		}
		out = append(out, m)
	}
}

// FuzzCommands feeds commands to the reader of adapters.
func FuzzCommands(f *testing.F) {
	f.Add([]byte(`{"run":{"protocol":1,"id":1,"lane":"process","fresh":true,"plan":{}}}` + "\n"))
	f.Add([]byte(`{"run":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := NewCommandReader(bytes.NewReader(data))
		for range 100 {
			r, err := in.Next()
			if err != nil {
				return
			}
			if len(r.Plan) == 0 {
				t.Fatal("a run without a plan")
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	line := []byte(`{"ms":12.345,"who":"a","what":"start","phase":"end","outcome":"ok","tokenCancelled":false}` + "\n")
	text := append([]byte(goodIdentity+"\n"), bytes.Repeat(line, 1000)...)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if got, err := readAll(bytes.NewReader(text), Limits{}); err != io.EOF || len(got) != 1001 {
			b.Fatal(len(got), err)
		}
	}
}
