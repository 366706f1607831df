module gracefultarget

go 1.25

require github.com/ory/graceful v0.2.0

require github.com/pkg/errors v0.9.1 // indirect
