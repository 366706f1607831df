package process

import (
	"context"

	"github.com/hostsim/hostsim/conformance/protocol"
)

// Identify starts the adapter, takes its identity and ends it again; no plan is played. The aftermath holds what it wrote.
// The errors are those of [Runner.Run].
func (r *Runner) Identify(ctx context.Context) (*protocol.Identity, *Aftermath, error) {
	after := &Aftermath{NotLookedAt: notLookedAt()}
	s, err := start(r)
	if err != nil {
		return nil, after, err
	}
	id, err := s.awaitIdentity(ctx, orDefault(r.Identity, DefaultIdentity))
	_ = s.stdin.Close()
	s.end()
	after.Stdout, after.Stderr = s.out.take(), s.err.take()
	if err != nil {
		return nil, after, err
	}
	after.Identity = *id
	return id, after, nil
}
