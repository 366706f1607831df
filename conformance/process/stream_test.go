package process

import (
	"io"
	"net"
	"testing"
)

// A child may have ended before anybody took its connection: what it wrote is read all the same.
func TestTCPStreamAfterTheChildsEnd(t *testing.T) {
	tests := []struct {
		name   string
		writes []string // one by each connection
		want   string
	}{
		{"it connected and wrote", []string{"hello"}, "hello"},
		{"it connected and wrote nothing", []string{""}, ""},
		{"it connected twice", []string{"first", "second"}, "first"},
		{"it never connected", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := listenEvents()
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			for _, text := range tt.writes {
				c, err := net.Dial("tcp", e.l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.WriteString(c, text)
				_ = c.Close()
			}
			e.childExited()
			if got, err := io.ReadAll(e); string(got) != tt.want || err != nil {
				t.Errorf("read %q, %v; want %q", got, err, tt.want)
			}
			e.childExited() // once more does no harm
		})
	}
}
