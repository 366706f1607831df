package mutants

import (
	"context"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/host"
)

func init() {
	add(
		Mutant{
			Name: "stop-skips-after-deadline", Bug: "once the stop deadline is over, the remaining services are skipped",
			Clause: "HOST-STOP-003", Source: []string{"MU03", "G60", "B31"},
			Fault: virtual.Fault{Rules: func(r *host.Rules) { r.ExpiredStop = "skip" }},
		},
		Mutant{
			Name: "stop-twice", Bug: "the stop of a service is called twice",
			Clause: "HOST-STOP-002", Source: []string{"MU23", "G92"},
			Fault: virtual.Fault{Service: func(_ *virtual.Handle, _ string, s host.Service) host.Service {
				return virtual.Wrap(s, virtual.Calls{Stop: func(ctx context.Context, next func(context.Context) error) error {
					if err := next(ctx); err != nil {
						return err
					}
					return next(ctx)
				}})
			}},
		},
	)
}
