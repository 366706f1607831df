package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// didYouMean gives a word on the nearest of several, empty if none is near. Another number is no slip of the keyboard.
func didYouMean(word string, words []string) string {
	if near := doc.Nearest(word, words); near != "" && digits.ReplaceAllString(near, "0") != digits.ReplaceAllString(word, "0") {
		return " (did you mean " + near + "?)"
	}
	return ""
}

var digits = regexp.MustCompile("[0-9]")

// oneOf checks a flag that takes one of a few words.
func oneOf(flag, value string, words ...string) error {
	for _, w := range words {
		if value == w {
			return nil
		}
	}
	return usagef("--%s %q: it must be %s%s", flag, value, doc.OneOf(words), didYouMean(value, words))
}

// helpOf says where the help of a command is.
func helpOf(cmd *cobra.Command) string { return cmd.CommandPath() + " --help says how it is used" }

// takes is the rule for the arguments of a command: at least so many, at most so many, -1 for any number.
func takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		// What the usage line shows behind the name is what is missing.
		_, form, _ := strings.Cut(cmd.Use, " ")
		switch {
		case len(args) < least:
			return usagef("%s needs %s\n%s", cmd.Name(), form, helpOf(cmd))
		case most == 0 && len(args) > 0:
			return usagef("%s takes no arguments besides flags: found %q\n%s", cmd.Name(), args[0], helpOf(cmd))
		case most > 0 && len(args) > most:
			return usagef("%s takes %s: found %q, too\n%s", cmd.Name(), form, args[most], helpOf(cmd))
		}
		return nil
	}
}

// takesCommand is the rule for a command that takes the command of an adapter alone.
func takesCommand(cmd *cobra.Command, args []string) error {
	if n := cmd.ArgsLenAtDash(); n > 0 {
		return usagef("%q stands before --; the command of an adapter stands behind it, as in: %s -- ./adapter", args[0], cmd.CommandPath())
	}
	return needsCommand(cmd, args)
}

// needsCommand refuses the command of an adapter that is none: "--" with nothing, or with an unset variable behind it.
func needsCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || args[0] == "" {
		return usagef("%s needs the command of an adapter, as in: %s -- ./adapter\n%s", cmd.Name(), cmd.CommandPath(), helpOf(cmd))
	}
	return nil
}

// badFlag says in our words what is wrong with a flag.
func badFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		name := unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			return usagef("unknown flag: -%s\n%s", name, helpOf(cmd))
		}
		near := ""
		if w := doc.Nearest(name, names); w != "" {
			near = " (did you mean --" + w + "?)"
		}
		return usagef("unknown flag: --%s%s\n%s", name, near, helpOf(cmd))
	case errors.As(err, &value):
		if what := flagTakes[value.GetFlag().Value.Type()]; what != "" {
			return usagef("--%s %q: it must be %s", value.GetFlag().Name, value.GetValue(), what)
		}
	case errors.As(err, &missing):
		return usagef("--%s needs a value behind it\n%s", missing.GetFlag().Name, helpOf(cmd))
	}
	return usagef("%w\n%s", err, helpOf(cmd))
}

// flagTakes says what a flag of a type takes.
var flagTakes = map[string]string{
	"int":      "a whole number",
	"uint64":   "a whole number from 0 on",
	"duration": "a duration with its unit, such as 30s, 500ms or 2m",
	"bool":     "true or false",
}

// noEmptyFlags refuses a flag with an empty value, as an unset variable of a script leaves it: it would count as not given.
func noEmptyFlags(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if v := f.Value.String(); err == nil && (v == "" || v == "[]") && f.Name != "tcp-send" {
			err = usagef("--%s is given without a value; leave it out if it is not meant", f.Name)
		}
	})
	return err
}

// mostBytes is how much is read of a file that a run or an exploration has written, such as a schedule or a report.
const mostBytes = 256 << 20

// readFile reads such a file, and nothing without end.
func readFile(name string) ([]byte, error) {
	f, err := openFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", name, err))
	}
	if len(data) > mostBytes {
		return nil, usagef("%s: file too large: found more than %d MiB, expected %d MiB at most", name, mostBytes>>20, mostBytes>>20)
	}
	return data, nil
}

// openFile opens a file that is to be read.
func openFile(name string) (*os.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usage(err)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close()
		return nil, usagef("%s is a directory; give a file", name)
	}
	return f, nil
}

// outlet is standard output. It keeps the first failure, so that what was not written is never taken for a success.
type outlet struct {
	w   io.Writer
	err error
}

func (o *outlet) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}
