package host

// Dispose lets go of what the host holds: it disposes the services, newest first, and then the host lifetime. It stops
// nothing (DSP-1): a background service is cancelled and not waited for. An error ends the disposal and is returned as it
// is; older services stay undisposed (DSP-5). A second call does nothing (DSP-6).
func (h *Host) Dispose() error {
	h.mu.Lock()
	if h.disposed {
		h.mu.Unlock()
		return nil
	}
	h.disposed = true
	services := reversed(h.constructed)
	h.mu.Unlock()
	var errs []error
	for _, e := range services {
		if err := h.disposeService(e); err != nil {
			if h.rules.DisposeFailure == "stops" {
				return err
			}
			errs = append(errs, err)
		}
	}
	if d, ok := h.lifetime.(Disposer); ok {
		if err := d.Dispose(); err != nil {
			errs = append(errs, err)
		}
	}
	h.gate.Set()
	return oneOrAll(errs)
}

func (h *Host) disposeService(e *entry) (err error) {
	h.rt.Enter(e.name, "dispose")
	defer h.rt.Leave()
	defer func() {
		if r := recover(); r != nil {
			h.rt.Repanic(r)
			err = &ServiceError{e.name, "dispose", &PanicError{r}}
		}
	}()
	if d, ok := e.svc.(Disposer); ok {
		if err := d.Dispose(); err != nil {
			return &ServiceError{e.name, "dispose", err}
		}
	}
	return nil
}
