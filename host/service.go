package host

import (
	"context"

	"github.com/hostsim/hostsim/host/seam"
)

// Service is a component whose life the host controls. Both calls get a context that is cancelled when the host can wait
// no longer (start: a stop request or the startup timeout; stop: the shutdown timeout). A service should return soon
// after that; what becomes of one that does not is a matter of the host's rules.
//
// Start returns when the service is ready, or with an error when it cannot be; long work belongs in a [BackgroundService].
// Stop returns when the service has come to rest.
type Service interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
}

// LifecycleService is a Service with four extra hooks. All Starting hooks come before the first Start, all Started hooks
// after the last; all Stopping hooks before the first Stop, all Stopped hooks after the last (STA-9 to STA-11, STP-4 to
// STP-7).
type LifecycleService interface {
	Service
	Starting(ctx context.Context) error
	Started(ctx context.Context) error
	Stopping(ctx context.Context) error
	Stopped(ctx context.Context) error
}

// Disposer is what a Service has that holds resources: Dispose is called once, in reverse order of construction, when the
// host is disposed, whether or not the service was ever started.
type Disposer interface{ Dispose() error }

// Prefixed is what a Service has whose calls have a synchronous part: everything up to the first wait that gives the
// thread back. Where the host calls several services without waiting for each, it lets the synchronous part of one call
// end before it makes the next (STG-2), and a background service's synchronous part runs inside its start (BGS-2). Go
// cannot see where that part ends, so such a service must wait through the Wait of the host's runtime, and only there;
// for all others the host takes every call as a whole.
type Prefixed interface{ HasSynchronousPart() bool }

// HostLifetime ties the host to what surrounds it: a console, a service manager, nothing at all.
type HostLifetime interface {
	// WaitForStart returns when the services may start; an error fails the start of the host as it is (STA-3).
	WaitForStart(ctx context.Context) error
	// Stop tells the surroundings that the services have stopped.
	Stop(ctx context.Context) error
}

// registration is a service that the host is to construct when it starts.
type registration struct {
	name string
	make func() (Service, error)
}

// entry is a service that the host has constructed.
type entry struct {
	name    string
	svc     Service
	life    LifecycleService // nil if it has no extra hooks, or the host's rules know none
	work    *BackgroundService
	started bool       // its Start succeeded
	faulted bool       // the failure of its work was noted
	told    seam.Event // set when the failure of its work has been told of; nil: nobody has begun to
	prefix  bool       // see Prefixed
}

// Worker is what a [*BackgroundService] is, and every Service that embeds one: the host watches how its work ends.
type Worker interface {
	Service
	backgroundService() *BackgroundService
}
