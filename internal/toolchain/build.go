package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Exit codes, the same as everywhere in hostsim.
const (
	ExitOK           = 0
	ExitFail         = 1
	ExitUsage        = 2
	ExitHang         = 3
	ExitUncontrolled = 4
	ExitNothing      = 5
	ExitInternal     = 70
)

// BuildOptions says what [Build] compiles.
type BuildOptions struct {
	Options
	Packages []string // as go build takes them; default "."
	Output   string   // -o; default the go command's choice
	Flags    []string // further go build flags
	Stdout   io.Writer
	Stderr   io.Writer
}

// Build compiles packages with the patched copy, so that what they run in a
// bubble can be put under control by the HOSTSIM_ variables (docs/toolchain.md).
// The build tag hostsim is set. It returns when the go command has ended.
func Build(ctx context.Context, opt BuildOptions) error {
	t, err := Prepare(ctx, opt.Options)
	if err != nil {
		return err
	}
	args := []string{"build"}
	if opt.Output != "" {
		args = append(args, "-o", opt.Output)
	}
	args = append(args, addTag(opt.Flags)...)
	pkgs := opt.Packages
	if len(pkgs) == 0 {
		pkgs = []string{"."}
	}
	cmd := t.Command(ctx, opt.Dir, environOf(opt.Options), append(args, pkgs...)...)
	cmd.Stdout, cmd.Stderr = opt.Stdout, opt.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("toolchain: go build %s: %w", strings.Join(pkgs, " "), err)
	}
	return nil
}

func environOf(o Options) []string {
	if o.Env != nil {
		return o.Env
	}
	return os.Environ()
}

// addTag adds the tag hostsim to the -tags flag, or gives one.
func addTag(flags []string) []string {
	out := append([]string(nil), flags...)
	for i, f := range out {
		name := strings.TrimLeft(f, "-")
		if f == name {
			continue
		}
		if v, ok := strings.CutPrefix(name, "tags="); ok {
			out[i] = "-tags=" + v + ",hostsim"
			return out
		}
		if name == "tags" && i+1 < len(out) {
			out[i+1] += ",hostsim"
			return out
		}
	}
	return append([]string{"-tags=hostsim"}, out...)
}

// RunBuild is the command "hostsim build [go build flags] [packages]". It returns the exit code.
func RunBuild(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := Build(ctx, BuildOptions{Packages: []string{}, Flags: args, Stdout: stdout, Stderr: stderr})
	return exitCode(err, stderr)
}

func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return ExitOK
	}
	fmt.Fprintln(stderr, "hostsim:", err)
	var shape *ShapeError
	var cache *CacheError
	var exit *exec.ExitError
	switch {
	case errors.As(err, &shape), errors.As(err, &cache):
		return ExitUsage
	case errors.As(err, &exit):
		return ExitFail
	}
	return ExitUsage
}
