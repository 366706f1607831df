package probe

import (
	"fmt"

	"github.com/hostsim/hostsim/spec"
)

// The clauses by what they are about.
const (
	idReady      = "HOST-PROBE-001"
	idForeground = "HOST-PROBE-002"
	idEnds       = "HOST-PROBE-003"
	idStatus     = "HOST-PROBE-004"
	idHandles    = "HOST-PROBE-005"
	idLeft       = "HOST-PROBE-006"
	idSocket     = "HOST-PROBE-007"
	idPIDFile    = "HOST-PROBE-008"
	idInt        = "HOST-PROBE-009"
	idIntStatus  = "HOST-PROBE-010"
	idLost       = "HOST-PROBE-011"
	idCrash      = "HOST-PROBE-012"
	idStartLeft  = "HOST-PROBE-013"
	idSecond     = "HOST-PROBE-014"
	idSecondBad  = "HOST-PROBE-015"
	idInFlight   = "HOST-PROBE-016"
	idArriving   = "HOST-PROBE-017"
	idClose      = "HOST-PROBE-018"
	idIdle       = "HOST-PROBE-019"
	idSilent     = "HOST-PROBE-020"
	idReset      = "HOST-PROBE-021"
	idRestart    = "HOST-PROBE-022"
	idAfterKill  = "HOST-PROBE-023"
	idTaken      = "HOST-PROBE-024"
	idPID1       = "HOST-PROBE-025"
	idBudget     = "HOST-PROBE-026"
	idStopping   = "HOST-PROBE-027"
)

// brief is what the probe knows of a clause beyond the contract.
type brief struct {
	id, check string
	title     string // in a few words, for the table
	mend      string // how it is usually mended
}

var briefs = []brief{
	{idReady, checkReady, "becomes ready", "Look at the output below. If the program is ready without listening, say how to tell: --ready-line, --ready-file, --ready-http or --ready-notify. If it needs longer, give --start-limit."},
	{idForeground, checkReady, "stays in the foreground", `Run it in the foreground: nginx -g "daemon off;", redis-server --daemonize no, memcached without -d; in a start script, end with exec PROGRAM.`},
	{idEnds, checkTerm, "ends after the stop signal", "Install a handler for the stop signal that begins the shutdown, and bound every step of the shutdown by a deadline shorter than the grace. A shell script must exec the program, or trap and forward the signal."},
	{idStatus, checkTerm, "ends with a status that means a stop", "Let the handler return through the normal end of main with exit code 0; do not let the interruption surface as an uncaught exception, and do not exit with an error code for a shutdown that was asked for."},
	{idHandles, checkTerm, "handles the stop signal, exit code 0", "Install a handler (signal.NotifyContext in Go, process.on('SIGTERM') in Node, loop.add_signal_handler in Python) that shuts down in order and ends with exit code 0. Where dying by the signal is meant, systemd accepts it; for 128+n set SuccessExitStatus=143."},
	{idLeft, checkTerm, "leaves no process behind", "Stop and wait for children in the shutdown: signal the process group, then wait for each child; let grandchildren die with PR_SET_PDEATHSIG or a pipe that they watch; do not daemonize helpers."},
	{idSocket, checkTerm, "removes its Unix socket files", "Close the listener on the way out (net.UnixListener unlinks on Close) or unlink the path in the shutdown handler, and also unlink a stale one before bind."},
	{idPIDFile, checkTerm, "removes its pid file", "Remove the pid file as the last step of the shutdown; better, write none and let the supervisor track the process."},
	{idInt, checkInt, "ends after SIGINT", "Handle SIGINT as the stop signal is handled."},
	{idIntStatus, checkInt, "ends with a status that means Ctrl+C", "Catch the interruption (KeyboardInterrupt in Python) and end with exit code 0 or 130."},
	{idLost, checkStartup, "a stop during start-up is not lost", "Install the signal handler first thing in main, before any slow step; let every start-up step watch for the stop, and check once more before reporting readiness."},
	{idCrash, checkStartup, "a stop during start-up does not crash", "The handler must cope with parts that do not exist yet: begin the shutdown from one place that knows how far the start came, and close only what was opened."},
	{idStartLeft, checkStartup, "a stop during start-up leaves no process", "Record each child before or as it is started, and stop those that were started when the start is abandoned."},
	{idSecond, checkSecond, "a second stop signal does not block", "Make the shutdown idempotent: the second signal either does nothing or forces the end at once. Never start the shutdown again, and never wait for it inside a signal handler."},
	{idSecondBad, checkSecond, "a second stop signal does not crash", "Guard the shutdown with a once: closing a channel, a listener or a pool twice is the usual panic."},
	{idInFlight, checkHTTP, "requests in flight are answered", "On the stop signal stop accepting, wait for running requests with a deadline below the grace, then end (http.Server.Shutdown in Go, server.close() in Node, a worker's graceful timeout elsewhere). nginx needs --stop-signal SIGQUIT for that."},
	{idArriving, checkHTTP, "new connections are served or refused", "Either go on serving until the listener is closed, or close the listener at once; do not keep a listener open that nobody accepts from. Drain what was accepted before exit."},
	{idClose, checkHTTP, "keep-alive clients are told to close", "Turn keep-alive off when the shutdown begins, so that each response carries Connection: close (Go does on Shutdown; in Node set the header while shutting down)."},
	{idIdle, checkHTTP, "idle keep-alive does not hold it up", "Close idle connections in the shutdown (http.Server.Shutdown in Go, server.closeIdleConnections() in Node from 18.2), or bound the wait and then close all."},
	{idSilent, checkTCP, "a silent connection does not hold it up", "Bound the drain by a deadline and close what is open then; set a read timeout on accepted connections."},
	{idReset, checkTCP, "open connections end with FIN", "Do not set SO_LINGER to 0; read what has arrived before closing, and shut down the sending side first."},
	{idRestart, checkRestart, "restarts at once after a stop", "Set SO_REUSEADDR on the listener before bind (most frameworks have a switch; Python's socketserver: allow_reuse_address = True), and unlink one's own socket file before bind."},
	{idAfterKill, checkRestart, "restarts at once after SIGKILL", "At start, test whether the owner of a lock, pid or socket file is alive (flock, or a connect that is refused) and replace the file if it is not."},
	{idTaken, checkTaken, "a failed start is no success", "Let the error of bind or listen reach main and end with a code other than 0; do not log it and go on to the normal end."},
	{idPID1, checkPID1, "ends as process 1 of a container", "Install a handler for the stop signal: process 1 has no default action. Or run under an init (docker run --init, tini). With a shell entry point use the exec form, or exec in the script."},
	{idBudget, checkBudget, "drain delay + shutdown fit the grace", "Raise terminationGracePeriodSeconds (docker stop --time, TimeoutStopSec), shorten the preStop delay, or lower the program's own shutdown timeout, so that delay + shutdown < grace with a reserve."},
	{idStopping, checkSystemd, "reports STOPPING=1 to systemd", "Send STOPPING=1 to NOTIFY_SOCKET as the first step of the shutdown."},
}

// clauseInfo is a clause of the contract with what the probe knows of it.
type clauseInfo struct {
	*spec.Clause
	Check string
	title string
	mend  string
}

// catalogue joins the clauses of area PROBE with what the probe knows of them.
func catalogue() ([]*clauseInfo, error) {
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	out := make([]*clauseInfo, 0, len(briefs))
	for _, b := range briefs {
		c := s.Clause(b.id)
		if c == nil {
			return nil, fmt.Errorf("probe: the contract has no clause %s", b.id)
		}
		if c.Retired == "" {
			out = append(out, &clauseInfo{Clause: c, Check: b.check, title: b.title, mend: b.mend})
		}
	}
	return out, nil
}
