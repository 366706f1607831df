package supervise

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hostsim/hostsim/internal/proctree"
)

// The reaper speaks over two pipes: file 3 brings one order, then its end; file 4 takes one event per line.
type order struct {
	Args []string `json:"args"`
	Env  []string `json:"env"`
	Dir  string   `json:"dir"`
	PID1 bool     `json:"pid1"`
}

type event struct {
	Kind   string `json:"kind"` // started, failed, exit, empty
	PID    int    `json:"pid,omitempty"`
	Code   int    `json:"code,omitempty"`
	Signal int    `json:"signal,omitempty"`
	Error  string `json:"error,omitempty"`
	Errno  int    `json:"errno,omitempty"`
}

// init turns this process into a reaper when the supervisor started it as one. It does not return then.
func init() {
	if os.Getenv(reaperVariable) == "1" {
		reap()
		os.Exit(0)
	}
}

// reap starts the program, waits for every process of its tree, and kills what is left when the order pipe ends, which
// it does when the supervisor says so and when the supervisor dies.
func reap() {
	orders, events := os.NewFile(3, "orders"), os.NewFile(4, "events")
	unix.CloseOnExec(3)
	unix.CloseOnExec(4)
	enc := json.NewEncoder(events)
	say := func(e event) { _ = enc.Encode(e) }

	// Handled here means default in the program: an ignored signal would be inherited (fact D-030).
	ignored := make(chan os.Signal, 16)
	signal.Notify(ignored, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGPIPE,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU)

	in := bufio.NewReader(orders)
	line, err := in.ReadBytes('\n')
	var o order
	if err != nil || json.Unmarshal(line, &o) != nil || len(o.Args) == 0 {
		say(event{Kind: "failed", Error: "the reaper got no order"})
		return
	}
	if err := proctree.Subreaper(); err != nil {
		say(event{Kind: "failed", Error: "PR_SET_CHILD_SUBREAPER: " + err.Error()})
		return
	}
	pid, err := launch(o)
	if err != nil {
		e := event{Kind: "failed", Error: err.Error()}
		var errno syscall.Errno
		if errors.As(err, &errno) {
			e.Errno = int(errno)
		}
		say(e)
		return
	}
	say(event{Kind: "started", PID: pid})
	dropOutput()

	empty := make(chan struct{})
	go func() {
		defer close(empty)
		for {
			var ws syscall.WaitStatus
			got, err := syscall.Wait4(-1, &ws, 0, nil)
			switch {
			case errors.Is(err, syscall.EINTR):
			case err != nil: // ECHILD: the tree is empty
				say(event{Kind: "empty"})
				return
			case got == pid && ws.Exited():
				say(event{Kind: "exit", Code: ws.ExitStatus()})
			case got == pid && ws.Signaled():
				say(event{Kind: "exit", Signal: int(ws.Signal())})
			}
		}
	}()

	_, _ = in.ReadByte() // returns when the supervisor closes the pipe or is gone
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := 4000; limit > 0; limit-- {
		killTree(os.Getpid())
		select {
		case <-empty:
			return
		case <-tick.C:
		}
	}
	say(event{Kind: "failed", Error: "some processes could not be killed within 20 seconds"})
}

// launch starts the program in a session of its own.
func launch(o order) (int, error) {
	attr := &syscall.SysProcAttr{Setsid: true}
	if o.PID1 {
		attr.Cloneflags = syscall.CLONE_NEWPID
		if os.Geteuid() != 0 {
			attr.Cloneflags |= syscall.CLONE_NEWUSER
			attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
			attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
		}
	}
	if o.Dir != "" {
		if st, err := os.Stat(o.Dir); err != nil {
			return 0, fmt.Errorf("working directory: %w", err)
		} else if !st.IsDir() {
			return 0, fmt.Errorf("working directory %s: %w", o.Dir, syscall.ENOTDIR)
		}
	}
	cmd := exec.Command(o.Args[0], o.Args[1:]...)
	if cmd.Err != nil {
		return 0, cmd.Err
	}
	cmd.Env, cmd.Dir, cmd.SysProcAttr = o.Env, o.Dir, attr
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	return cmd.Process.Pid, nil
}

// dropOutput gives up the reaper's own ends of the output pipes, so that they end with the last process of the tree.
func dropOutput() {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer null.Close()
	_ = unix.Dup3(int(null.Fd()), 1, 0)
	_ = unix.Dup3(int(null.Fd()), 2, 0)
}

// killTree kills every descendant of a process; those that are started meanwhile fall to the next call.
func killTree(root int) {
	list := proctree.Descendants(root)
	for _, p := range list {
		_ = syscall.Kill(p.PID, syscall.SIGSTOP) // a stopped process starts no further one
	}
	for _, p := range list {
		_ = syscall.Kill(p.PID, syscall.SIGKILL)
	}
}
