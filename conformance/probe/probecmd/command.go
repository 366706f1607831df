// Package probecmd is the command line of the probe, to be mounted into a larger command.
package probecmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/probe"
	"github.com/hostsim/hostsim/conformance/probe/supervise"
)

// ExitError ends the process with a code of the product's table. Its text is empty when the report has said everything.
type ExitError struct {
	Code int
	Msg  string
}

// Error gives what is left to say; it may be empty.
func (e *ExitError) Error() string { return e.Msg }

// ExitCode gives the exit code.
func (e *ExitError) ExitCode() int { return e.Code }

// Env is what the command takes from the one that mounts it. The zero value is usable.
type Env struct {
	// Progress is called as probe.Options.Progress is; nil means no progress is shown.
	Progress func(probe.Progress)
	// Color tells that the command's output is a terminal that wants colour.
	Color bool
	// Finished is called once before the report is printed, so that a progress bar can be cleared; may be nil.
	Finished func()
}

const about = `Probe grades the shutdown of any program, from outside and without code: it starts the program, learns when it is
ready, sends signals at chosen moments in separate runs, and looks at what an operator would see: exit status, time, ports,
files, processes left behind, requests in flight, restarts, start-up, process 1 of a container.

By default the program is ready as soon as it, or a process that it started, listens on a port or a Unix socket. It must run
in the foreground. Only loopback addresses that the program itself listens on are touched, and nothing is left behind.

The program is started some 30 times: give it a scratch data directory.

Exit codes: 0 all hold, 1 a clause does not hold or was never exercised, 2 bad usage, 3 the program hung, 5 nothing ran,
70 the probe's own fault.`

const examples = `  hostsim probe -- ./server --listen 127.0.0.1:8080
  hostsim probe --http-path /slow?ms=2000 --grace 10s -- ./server          # as docker stop, a request in flight
  hostsim probe --grace 30s --drain-delay 5s -- ./server                   # as Kubernetes with a preStop sleep of 5 s
  hostsim probe --stop-signal SIGQUIT -- nginx -c $PWD/nginx.conf -g 'daemon off;'
  hostsim probe --ready-line 'Ready to accept connections' -- redis-server --port 6399 --save ''
  hostsim probe --ready-http http://127.0.0.1:8080/healthz --format junit -- node server.js > probe.xml
  hostsim probe --ready-notify --only ready,term,systemd -- ./service      # as systemd, Type=notify
  hostsim probe --only startup --sweep 200 -- ./server                     # a stop at 200 moments of start-up
  hostsim probe --skip http,HOST-PROBE-005 --reset 'rm -rf ./data' -- ./worker`

type flags struct {
	o              probe.Options
	line, stop     string
	format, colour string
	output         string
}

// Command gives the command "probe". It prints its report to the command's output; a report that is no pass comes back as
// an [*ExitError] without a text.
func Command(env Env) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:           "probe [flags] -- PROGRAM [ARGUMENTS]",
		Short:         "Grade the shutdown of any program",
		Long:          about,
		Example:       examples,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			switch dash := cmd.ArgsLenAtDash(); {
			case len(args) == 0:
				return usage("no program was given; write it after a double dash, as in: hostsim probe -- ./server --port 8080")
			case dash > 0:
				return usage("%q stands before the double dash; write the flags of probe first, then --, then the program", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args, env) },
	}
	f.register(cmd)
	return cmd
}

func (f *flags) register(cmd *cobra.Command) {
	o, fl := &f.o, cmd.Flags()
	fl.SortFlags = false
	fl.IntVar(&o.Ready.Port, "ready-port", 0, "ready when this TCP `port` accepts connections on the loopback interface")
	fl.StringVar(&f.line, "ready-line", "", "ready when a line of stdout or stderr matches this `regexp`")
	fl.StringVar(&o.Ready.File, "ready-file", "", "ready when this `file` appears")
	fl.StringVar(&o.Ready.HTTP, "ready-http", "", "ready when this loopback `url` answers with a status below 400")
	fl.BoolVar(&o.Ready.Notify, "ready-notify", false, "ready when it sends READY=1 to NOTIFY_SOCKET, as for systemd")
	fl.DurationVar(&o.StartLimit, "start-limit", 30*time.Second, "how long it may take to become ready")
	fl.DurationVar(&o.Grace, "grace", 30*time.Second, "time from the stop signal to SIGKILL: terminationGracePeriodSeconds, docker stop --time, TimeoutStopSec")
	fl.DurationVar(&o.DrainDelay, "drain-delay", 0, "what a preStop hook takes of the grace before the stop signal is sent")
	fl.StringVar(&f.stop, "stop-signal", "SIGTERM", "what the supervisor sends to stop it: STOPSIGNAL, KillSignal")
	fl.StringVar(&o.HTTPPath, "http-path", "/", "`path` of a request that takes a while or has an answer of 8 MiB and more, to be in flight")
	fl.DurationVar(&o.Hold, "hold", time.Second, "how long a request is held in flight after the stop signal; at most a quarter of the grace")
	fl.StringVar(&o.TCPSend, "tcp-send", "", `what to send over a raw connection before it falls silent; \r \n \t \\ and \xNN are understood`)
	fl.StringVar(&o.PIDFile, "pid-file", "", "the pid file it writes, if it stands in an unusual place")
	fl.StringVar(&o.Dir, "dir", "", "working directory of the program")
	fl.StringVar(&o.Reset, "reset", "", "shell `command` that brings back a clean state before each start")
	fl.IntVar(&o.Sweep, "sweep", 20, "at how many moments of start-up the stop signal is sent")
	fl.StringSliceVar(&o.Only, "only", nil, "make only these `checks`, or judge only these clauses: "+strings.Join(probe.CheckNames(), ", "))
	fl.StringSliceVar(&o.Skip, "skip", nil, "leave out these `checks` or clauses: they are declared not to matter")
	fl.BoolVar(&o.Strict, "strict", false, "SHOULD clauses count for the verdict, too")
	fl.StringVar(&f.format, "format", "text", "text, json or junit")
	fl.StringVar(&f.colour, "color", "auto", "colours in the text: auto (on a terminal), never or always")
	fl.StringVarP(&f.output, "output", "o", "", "write the report to this `file`")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%v", err) })
}

func (f *flags) run(cmd *cobra.Command, args []string, env Env) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	o := f.o
	o.Args, o.Progress = args, env.Progress
	if f.line != "" {
		re, err := regexp.Compile(f.line)
		if err != nil {
			return usage("--ready-line: %v", err)
		}
		o.Ready.Line = re
	}
	sig, err := supervise.ParseSignal(f.stop)
	if err != nil {
		return usage("--stop-signal: %v", err)
	}
	o.StopSignal = sig
	if o.TCPSend, err = unescape(o.TCPSend); err != nil {
		return usage("--tcp-send: %v", err)
	}
	write, err := f.writer(env.Color)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	// A first Ctrl+C ends the probe in order; after it the default is back, so that a second one ends it at once.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	rep, err := probe.Run(ctx, o)
	if env.Finished != nil {
		env.Finished()
	}
	var bad *probe.OptionError
	switch {
	case errors.As(err, &bad):
		return usage("%v", bad)
	case errors.Is(err, context.Canceled):
		return &ExitError{Code: 130, Msg: "the probe was interrupted; everything that it had started is ended"}
	case err != nil:
		return &ExitError{Code: 70, Msg: err.Error()}
	}
	if err := f.emit(cmd, func(w io.Writer) error { return write(rep, w) }); err != nil {
		return &ExitError{Code: 70, Msg: "the report could not be written: " + err.Error()}
	}
	if code := rep.ExitCode(); code != 0 {
		return &ExitError{Code: code}
	}
	return nil
}

// check refuses what the options of the probe cannot tell from a flag that was not given, and an output that cannot be written,
// before the program is started thirty times.
func (f *flags) check(cmd *cobra.Command) error {
	for _, n := range []struct {
		flag string
		zero bool
	}{
		{"ready-port", f.o.Ready.Port == 0}, {"start-limit", f.o.StartLimit == 0}, {"grace", f.o.Grace == 0}, {"hold", f.o.Hold == 0}, {"sweep", f.o.Sweep == 0},
	} {
		if n.zero && cmd.Flags().Changed(n.flag) {
			return usage("--%s: 0 is out of range; it must be more", n.flag)
		}
	}
	for _, w := range f.o.Only {
		if slices.Contains(f.o.Skip, w) {
			return usage("--only %s and --skip %s contradict each other", w, w)
		}
	}
	if f.output == "" {
		return nil
	}
	file, err := os.OpenFile(f.output, os.O_WRONLY|os.O_CREATE, 0o644) // what it holds stays until there is a report
	if err != nil {
		return usage("--output: %v", err)
	}
	return file.Close()
}

// writer gives what prints the report.
func (f *flags) writer(color bool) (func(*probe.Report, io.Writer) error, error) {
	if f.colour != "auto" && f.colour != "never" && f.colour != "always" {
		return nil, usage("--color: %q is none of auto, never, always", f.colour)
	}
	switch f.format {
	case "text":
		return func(r *probe.Report, w io.Writer) error {
			return r.WriteText(w, probe.TextOptions{Color: f.colour == "always" || f.colour == "auto" && color && f.output == ""})
		}, nil
	case "json":
		return (*probe.Report).WriteJSON, nil
	case "junit":
		return (*probe.Report).WriteJUnit, nil
	}
	return nil, usage("--format: %q is none of text, json, junit", f.format)
}

// emit writes to the file of --output, or to the command's output.
func (f *flags) emit(cmd *cobra.Command, write func(io.Writer) error) error {
	if f.output == "" {
		return write(cmd.OutOrStdout())
	}
	file, err := os.Create(f.output)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

func usage(format string, args ...any) error {
	return &ExitError{Code: 2, Msg: fmt.Sprintf(format, args...)}
}
