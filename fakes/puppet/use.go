package puppet

// Use is something that takes long when it is done for the first time in a process.
type Use int

// The uses.
const (
	UseScript    Use = iota // a script in a synchronous place
	UseAsync                // a script in an asynchronous one
	UseThread               // a thread of the plan's own
	UseError                // an error
	UseCancelled            // a wait that ends cancelled
	UseWork                 // the work of a background service is handed to another thread
	UseCall                 // a service is started without being waited for
	UseStop                 // the host stops
	UseStopping             // services are told that the host is about to stop
	UseFailures             // the failures of callbacks are logged
	UseDispose              // a service is disposed
	Uses                    // how many there are
)

// pacer is what a World has in which first uses take long enough for others to get on meanwhile.
type pacer interface{ FirstUse(Use) }

// Failed is called when an error of the application's has been reported and before it is handed on.
func (p *Player) Failed(err error) {
	if _, ok := err.(*AppError); ok {
		p.use(UseError)
	}
}

func (p *Player) use(u Use) {
	if w, ok := p.World.(pacer); ok {
		w.FirstUse(u)
	}
}
