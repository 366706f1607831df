package host

import (
	"context"
	"log/slog"
)

// The stable ids of the host's own events (category Host), as in section 1.7 of the fact sheet: ids 1 to 11 mean what
// they mean in the .NET host, 12 is ours.
const (
	EventStarting         = 1
	EventStarted          = 2
	EventStopping         = 3
	EventStopped          = 4
	EventStoppedWithError = 5
	EventStartedCallback  = 6 // category ApplicationLifetime: a callback of Started failed
	EventStoppingCallback = 7
	EventStoppedCallback  = 8
	EventServiceFaulted   = 9
	EventStoppingHost     = 10
	EventStartFailed      = 11
	EventAbandoned        = 12
)

// The categories of events.
const (
	CategoryHost     = "Host"
	CategoryCallback = "ApplicationLifetime"
	CategoryStatus   = "Lifetime" // status messages of the host lifetime; id 0, told apart by Message
)

// LevelCritical is the slog level of events that end the host.
const LevelCritical = slog.LevelError + 4

// Event is something that the host reports of itself.
type Event struct {
	Level    slog.Level
	Category string
	ID       int
	Message  string
	Service  string // the service that it is about, if it is about one
	Err      error
}

// Observer is told every event, on the thread on which it happens. It must be safe for concurrent use and should not block.
type Observer interface{ HostEvent(Event) }

// Slog is an Observer that writes to a logger; every record has the attributes event (the id) and category.
type Slog struct{ *slog.Logger }

// HostEvent implements [Observer].
func (l Slog) HostEvent(e Event) {
	attrs := []slog.Attr{slog.Int("event", e.ID), slog.String("category", e.Category)}
	if e.Service != "" {
		attrs = append(attrs, slog.String("service", e.Service))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("error", e.Err))
	}
	l.LogAttrs(context.Background(), e.Level, e.Message, attrs...)
}

func (h *Host) log(level slog.Level, id int, msg string, err error) {
	h.observer.HostEvent(Event{Level: level, Category: CategoryHost, ID: id, Message: msg, Err: err})
}
