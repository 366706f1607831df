package proctree

import "sync"

// Kept keeps the begin and the end of what is written to it, in bounded memory. The zero value keeps nothing. It may be used by
// several goroutines.
type Kept struct {
	Head, Tail int // how many bytes of the begin and of the end are kept; not to be changed after the first write

	mu    sync.Mutex
	head  []byte
	ring  []byte
	next  int // where the next byte goes in a full ring
	total int64
}

// Add takes a copy of more bytes and tells how many there were before and are now, those that are not kept included.
func (k *Kept) Add(p []byte) (before, now int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before = k.total
	k.total += int64(len(p))
	if room := k.Head - len(k.head); room > 0 {
		n := min(room, len(p))
		k.head = append(k.head, p[:n]...)
		p = p[n:]
	}
	if len(p) > k.Tail { // the rest will not be kept
		p = p[len(p)-k.Tail:]
	}
	for len(p) > 0 {
		if room := k.Tail - len(k.ring); room > 0 {
			n := min(room, len(p))
			k.ring = append(k.ring, p[:n]...)
			p = p[n:]
			continue
		}
		n := copy(k.ring[k.next:], p)
		k.next = (k.next + n) % k.Tail
		p = p[n:]
	}
	return before, k.total
}

// Parts gives the begin, the end, and how many bytes there were in all: more than both together if some are missing in
// between. The slices are the caller's.
func (k *Kept) Parts() (head, tail []byte, total int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.parts()
}

func (k *Kept) parts() (head, tail []byte, total int64) {
	head = append(head, k.head...)
	tail = append(tail, k.ring[k.next:]...)
	return head, append(tail, k.ring[:k.next]...), k.total
}

// Take is [Kept.Parts], and begins anew.
func (k *Kept) Take() (head, tail []byte, total int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	head, tail, total = k.parts()
	k.head, k.ring, k.next, k.total = nil, nil, 0, 0
	return head, tail, total
}
