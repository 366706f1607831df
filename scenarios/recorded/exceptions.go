package recorded

import (
	"fmt"
	"strings"
	"sync"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// Exception is a recording that the reference host is known not to match.
type Exception struct {
	Release, Plan string
	Reason        string // one sentence
}

// Exceptions reads the library's exceptions.yaml. Callers must not change the result.
var Exceptions = sync.OnceValues(func() ([]Exception, error) {
	data, err := files.ReadFile(exceptionsFile)
	if err != nil {
		return nil, err
	}
	all, err := All()
	if err != nil {
		return nil, err
	}
	return ParseExceptions("scenarios/recorded/"+exceptionsFile, data, all)
})

// ParseExceptions reads a file of exceptions. Every entry must name one of the recordings, at most once, and give its
// reason in a sentence.
func ParseExceptions(name string, data []byte, recs []*Recording) ([]Exception, error) {
	root, err := doc.Parse(name, data)
	if err != nil {
		return nil, err
	}
	r := &reader{errs: doc.Errors{File: name}}
	var out []Exception
	if list := root.Get("exceptions"); r.keys(root, "exceptions", []string{"exceptions"}, "exceptions") && list != nil {
		if list.Kind != doc.List {
			r.bad(list, "exceptions", "a list")
		} else {
			out = r.exceptions(list, recs)
		}
	}
	if err := r.errs.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

func (r *reader) exceptions(list *doc.Node, recs []*Recording) []Exception {
	keys := []string{"release", "plan", "reason"}
	known := make(map[[2]string]bool, len(recs))
	for _, rec := range recs {
		known[[2]string{rec.Release, rec.Name}] = true
	}
	var out []Exception
	seen := map[[2]string]bool{}
	for i := range list.Items {
		n := &list.Items[i]
		if !r.keys(n, "an exception", keys, keys...) || n.Get("release") == nil || n.Get("plan") == nil || n.Get("reason") == nil {
			continue
		}
		e := Exception{r.text(n.Get("release"), "release"), r.text(n.Get("plan"), "plan"), r.text(n.Get("reason"), "reason")}
		id := [2]string{e.Release, e.Plan}
		switch {
		case !known[id]:
			r.errs.At(n, Error{Rule: "no such recording", Found: fmt.Sprintf("%s of %s", e.Plan, e.Release), Expected: "a plan and a release that were recorded"})
		case seen[id]:
			r.errs.At(n, Error{Rule: "two exceptions for one recording", Found: fmt.Sprintf("%s of %s", e.Plan, e.Release), Expected: "each once"})
		case !strings.HasSuffix(e.Reason, ".") || strings.Trim(e.Reason, ". ") == "" || strings.Contains(e.Reason, "\n"):
			r.errs.At(n.Get("reason"), Error{Rule: "wrong value", Where: "reason", Found: n.Get("reason").Found(), Expected: "one sentence that ends with a full stop"})
		}
		seen[id] = true
		out = append(out, e)
	}
	return out
}
