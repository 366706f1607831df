package plan_test

import (
	"fmt"

	"github.com/hostsim/hostsim/scenarios/plan"
)

func ExampleParse() {
	p, err := plan.Parse("web.yaml", []byte(`
options: {shutdownTimeout: 5s}
services:
- name: web
  start: [listen: tcp:web]
  stop: [drain: tcp:web, close: tcp:web]
signals:
- {after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range p.Services {
		fmt.Println(s.Kind, s.Name, s.HookNames())
	}
	fmt.Println(p.Signals[0].Send, "after", p.Signals[0].After, "and", p.Signals[0].Wait)
	// Output:
	// hosted web [start stop]
	// SIGTERM after lifetime.applicationStarted and 300ms
}

// All that is wrong is told at once, each with its place.
func ExampleParse_errors() {
	_, err := plan.Parse("web.yaml", []byte("services:\n- {name: web, stop: [dealy: 1s]}\nmian: []\n"))
	fmt.Println(err)
	// Output:
	// web.yaml:2:22: unknown step in service web, stop: found "dealy", expected accept, block, blockForever, close, delay, dial, drain, exit, exitCode, hang, listen, mark, onCancelBlock, onCancelThrow, raise, removeFile, sleep, spawn, stopApplication, stopHostWait, throw, throwCancelled, untilCancelled, waitRun or yield; did you mean "delay"?
	// web.yaml:3:1: unknown key in plan: found "mian", expected options, config, services, hostLifetime, applicationStarted, applicationStopping, applicationStopped, processExit, signalHandlers, main, mainCatches, signals, connections or files; did you mean "main"?
}

// A plan can also be made in Go, and written for others to read.
func ExampleAppendYAML() {
	p := &plan.Plan{
		Services: []plan.Service{{Name: "worker", Kind: plan.Background, Hooks: map[string]plan.Script{
			plan.HookExecute: {{Kind: plan.UntilCancelled}, {Kind: plan.Throw, Text: "too late"}},
		}}},
		Signals: []plan.Stimulus{{After: "worker.execute.begin", Wait: 2e9, Send: "SIGINT"}},
	}
	fmt.Print(string(plan.AppendYAML(nil, p)))
	// Output:
	// services:
	// - {name: worker, kind: background, execute: [untilCancelled, throw: too late]}
	// signals:
	// - {after: worker.execute.begin, wait: 2s, send: SIGINT}
}

func ExampleUnreachable() {
	p, _ := plan.Parse("p.yaml", []byte("main: [build, start]\nsignals: [{after: host.run.begin, send: SIGTERM}]\n"))
	for _, u := range plan.Unreachable(p) {
		fmt.Printf("line %d: the signal after %s is never sent\n", u.Pos.Line, u.After)
	}
	// Output: line 2: the signal after host.run.begin is never sent
}

func ExampleParseDuration() {
	d, _ := plan.ParseDuration("1.5s")
	_, err := plan.ParseDuration("1h30m")
	fmt.Println(d, plan.FormatDuration(d), err)
	// Output: 1.5s 1500ms expected a unit: ns, us, ms, s, m or h
}

func ExamplePlan_Scripts() {
	p, _ := plan.Parse("p.yaml", []byte("services: [{name: a, start: [delay: 1s]}]\nmain: [build, run]\n"))
	p = p.Clone() // a plan that is shared is not changed
	for s := range p.Scripts() {
		*s = append(plan.Script{{Kind: plan.Yield}}, *s...)
	}
	fmt.Print(string(plan.AppendYAML(nil, p)))
	// Output:
	// services:
	// - {name: a, start: [yield, delay: 1s]}
	// main: [yield, build, run]
}
