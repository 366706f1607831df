// Package host runs the services of a long-lived program: it starts them in order, waits, hears SIGTERM or a stop request,
// stops them in reverse order within a time limit, and lets the program end with the right exit code.
//
//	h, err := host.New(
//		host.WithService("database", db),
//		host.WithService("server", server),
//		host.WithShutdownTimeout(20*time.Second),
//	)
//	if err != nil {
//		return err
//	}
//	return h.Run(ctx)
//
// It is the reference host of hostsim: by default it behaves as the best host would (profile strict), and with
// [WithProfile] it behaves as a given release of the .NET Generic Host does, faults included, so that a team can see what
// will change for it, and reproduce what happened. Every difference between profiles is one row of the version matrix
// ([Rules], spec/matrix.yaml).
//
// # The life of a host
//
// These are the rules of the strict profile, with the clauses that say so. `hostsim explain ID` tells why, and what
// breaks them.
//
// Starting
//
//  1. The host lifetime is asked first whether the start may begin (HOST-HLT-001); then all services are constructed, in
//     order (HOST-DISP-017); a failure of either fails the start and starts nothing (HOST-HLT-003, HOST-DISP-019).
//  2. Services are started in the order of registration, each when the one before it has started (HOST-START-001,
//     HOST-START-002), or, with [WithConcurrentStart], called in that order and waited for together (HOST-CONC-001,
//     HOST-CONC-002). The extra hooks of lifecycle services stand around that in stages (HOST-START-021).
//  3. A start that fails ends the starting (HOST-START-005). What had started is stopped in reverse order, with a live
//     token, before the failure is handed on (HOST-START-011, HOST-START-012); a service that did not start is not
//     stopped (HOST-STOP-008).
//  4. A stop request or signal during the start cancels the token of the services that are starting (HOST-START-014);
//     those whose turn has not come are not started (HOST-START-013); what had started is stopped, and Run succeeds
//     (HOST-START-015, HOST-EXIT-012).
//  5. When the startup timeout has passed the token is cancelled (HOST-TIME-013), the start fails as cancelled
//     (HOST-TIME-018), and a call that still does not end is abandoned and named (HOST-TIME-016).
//  6. ApplicationStarted fires when every service has started (HOST-LIFE-001), and its callbacks have run when Start
//     returns (HOST-LIFE-008).
//
// Running
//
//  7. A host that nobody asks to stop runs on (HOST-STOP-027), also when the work of a background service ends
//     (HOST-BG-013). If that work fails the host stops, and Run fails with it (HOST-BG-014, HOST-BG-018), unless failures
//     are to be ignored (HOST-BG-017).
//  8. StopApplication, SIGINT, SIGQUIT and SIGTERM are stop requests (HOST-STOP-014, HOST-SIG-001 to HOST-SIG-003). A
//     request is never lost, however early it comes (HOST-STOP-015, HOST-SIG-015). It returns when the Stopping callbacks
//     have run (HOST-LIFE-014); inside one of them, or while another caller's run, at once (HOST-LIFE-016, HOST-LIFE-017).
//
// Stopping
//
//  9. ApplicationStopping fires before any service is stopped (HOST-LIFE-004). The first stop waits for its callbacks, but
//     not beyond the shutdown deadline (HOST-LIFE-013).
//  10. Services that had started are stopped once each, in reverse order, one after the other or, with
//     [WithConcurrentStop], together (HOST-STOP-001, HOST-STOP-002, HOST-STOP-005, HOST-CONC-009). A failure keeps no
//     other service from being stopped (HOST-STOP-010).
//  11. One shutdown timeout covers the whole stop. When it has passed the token of all stops is cancelled (HOST-TIME-002);
//     a call that still does not end within the host's patience ([WithPatience]) is abandoned and named, and everything
//     else is still called (HOST-TIME-010, HOST-TIME-011, HOST-STOP-021). The stop then fails (HOST-EXIT-013).
//  12. A further stop signal forces the stop: the token is cancelled at once (HOST-SIG-017).
//  13. ApplicationStopped fires when every stop has ended or was abandoned (HOST-LIFE-005), and then the host lifetime is
//     stopped (HOST-HLT-007).
//  14. All failures are handed on, a single one as it is, several joined by errors.Join (HOST-STOP-011 to HOST-STOP-013). A
//     second Stop joins the first and has its result (HOST-STOP-018). A stopped host cannot be started again
//     (HOST-START-017).
//
// Disposal and exit
//
//  15. Run disposes the host on every path: services once each, in reverse order of construction (HOST-DISP-001,
//     HOST-DISP-002, HOST-DISP-005). A failure keeps no other from being disposed, and is handed on (HOST-DISP-007,
//     HOST-DISP-008). Disposing alone stops nothing (HOST-DISP-010).
//  16. The host never ends the process and never touches its exit code (HOST-EXIT-001, HOST-EXIT-014): main decides,
//     after Run has returned.
//
// What the host does it reports as typed events with stable ids, to slog or to any [Observer] (HOST-LOG-003 to
// HOST-LOG-017). A panic of a service becomes an error that names the service.
//
// # Synchronous parts
//
// Hosts in languages with async functions let the part of a call that comes before its first wait run on the caller's
// thread, and their users see it: in a concurrent start, in a background service's body, in Environment.Exit on the
// calling thread. A service that is to show this implements [Prefixed] and waits through the host's seam.
//
// # Time and threads
//
// The host takes time from a benbjohnson/clock ([WithClock]) and may be used inside a bubble of testing/synctest with the
// real one. It spawns and waits through package seam, which in production is plain Go.
package host
