package proctree

import (
	"bytes"
	"testing"
)

func TestKept(t *testing.T) {
	letters := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'a' + byte(i%26)
		}
		return b
	}
	for _, limits := range [][2]int{{0, 0}, {4, 0}, {0, 4}, {5, 7}, {1, 1}} {
		for _, size := range []int{0, 1, 4, 5, 11, 12, 13, 40, 1000} {
			for _, piece := range []int{1, 3, 1000} {
				k := &Kept{Head: limits[0], Tail: limits[1]}
				data := letters(size)
				for rest := data; len(rest) > 0; {
					n := min(piece, len(rest))
					before, now := k.Add(rest[:n])
					rest = rest[n:]
					if now != int64(size-len(rest)) || before != now-int64(n) {
						t.Fatalf("%v, %d bytes by %d: %d before and %d now", limits, size, piece, before, now)
					}
				}
				wantHead, rest := data[:min(size, limits[0])], data[min(size, limits[0]):]
				wantTail := rest[max(0, len(rest)-limits[1]):]
				for range 2 { // looking takes nothing away
					head, tail, total := k.Parts()
					if !bytes.Equal(head, wantHead) || !bytes.Equal(tail, wantTail) || total != int64(size) {
						t.Fatalf("%v, %d bytes by %d: %q, %q, %d; want %q, %q", limits, size, piece, head, tail, total, wantHead, wantTail)
					}
				}
				if head, tail, total := k.Take(); !bytes.Equal(head, wantHead) || !bytes.Equal(tail, wantTail) || total != int64(size) {
					t.Fatalf("%v, %d bytes by %d: taken %q, %q, %d", limits, size, piece, head, tail, total)
				}
				if head, tail, total := k.Parts(); len(head)+len(tail) != 0 || total != 0 {
					t.Fatalf("%v: after that there is %q, %q, %d", limits, head, tail, total)
				}
			}
		}
	}
}

func TestKeptIsTheCallers(t *testing.T) {
	k := &Kept{Head: 2, Tail: 2}
	k.Add([]byte("abcd"))
	head, tail, _ := k.Parts()
	head[0], tail[0] = 'X', 'X'
	if head, tail, _ := k.Parts(); string(head) != "ab" || string(tail) != "cd" {
		t.Errorf("%q and %q were changed from outside", head, tail)
	}
}
