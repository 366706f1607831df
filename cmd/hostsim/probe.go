package main

import (
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/probe"
	"github.com/hostsim/hostsim/conformance/probe/probecmd"
)

// probeCommand mounts the probe and shows its progress on a terminal.
func probeCommand(s streams) *cobra.Command {
	env := probecmd.Env{}
	if terminal(s.err) {
		env = probeProgress(s)
	}
	env.Color = terminal(s.out)
	cmd := probecmd.Command(env)
	cmd.SetFlagErrorFunc(badFlag)
	return cmd
}

func probeProgress(s streams) probecmd.Env {
	var bar *progressbar.ProgressBar
	return probecmd.Env{
		Progress: func(p probe.Progress) {
			if bar == nil {
				bar = progressbar.NewOptions(p.Total, progressbar.OptionSetWriter(s.err), progressbar.OptionSetDescription("probing"), progressbar.OptionClearOnFinish())
			}
			_ = bar.Set(p.Done)
		},
		Finished: func() {
			if bar != nil {
				_ = bar.Finish()
			}
		},
	}
}
