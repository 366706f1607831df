package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress gives a function that shows how far something is, on a terminal and only once it has taken two seconds.
func progress(s streams, what string) func(done, of int) {
	if !terminal(s.err) {
		return nil
	}
	began := time.Now()
	var bar *progressbar.ProgressBar
	return func(done, of int) {
		if bar == nil {
			if time.Since(began) < 2*time.Second || done >= of {
				return
			}
			bar = progressbar.NewOptions(of, progressbar.OptionSetWriter(s.err), progressbar.OptionSetDescription(what),
				progressbar.OptionClearOnFinish(), progressbar.OptionShowCount())
		}
		_ = bar.Set(done)
		if done >= of {
			_ = bar.Finish()
		}
	}
}
