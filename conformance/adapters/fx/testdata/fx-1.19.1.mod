module github.com/hostsim/hostsim/conformance/adapters/fx

go 1.26.0

require (
	github.com/hostsim/hostsim v0.0.0
	go.uber.org/fx v1.19.1
)

require (
	github.com/benbjohnson/clock v1.3.5 // indirect
	github.com/fatih/color v1.19.0 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.22 // indirect
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.26.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/hostsim/hostsim => ../../..
