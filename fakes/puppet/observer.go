package puppet

import (
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Observer makes trace events of the host's own events.
type Observer struct{ Emit func(trace.Event) }

// HostEvent implements host.Observer.
func (o Observer) HostEvent(e host.Event) {
	ev := trace.Event{Who: trace.Log, What: level(e.Level), Detail: trace.Text(detail(e))}
	if e.Err != nil {
		ev.Outcome = Outcome(e.Err)
	}
	if e.ID == host.EventAbandoned && e.Category == host.CategoryHost {
		o.Emit(trace.Event{Who: e.Service, What: "abandoned"})
	}
	o.Emit(ev)
}

func level(l slog.Level) string {
	switch {
	case l >= host.LevelCritical:
		return "Critical"
	case l >= slog.LevelError:
		return "Error"
	case l >= slog.LevelWarn:
		return "Warning"
	case l >= slog.LevelInfo:
		return "Information"
	}
	return "Debug"
}

type detailKey struct {
	category, message string
	id                int
}

var details sync.Map // detailKey → string

// detail is the category and the id of the event; events without an id are told apart by their first word.
func detail(e host.Event) string {
	k := detailKey{e.Category, e.Message, e.ID}
	if d, ok := details.Load(k); ok {
		return d.(string)
	}
	d := e.Category + "#" + strconv.Itoa(e.ID)
	if e.ID == 0 {
		word, _, _ := strings.Cut(e.Message, " ")
		d += ":" + strings.TrimSuffix(word, ":")
	}
	details.Store(k, d)
	return d
}
