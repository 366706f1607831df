package trace_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// stopped is a short life: a signal, and a stop that fails.
func stopped() *trace.Trace {
	ms := time.Millisecond
	return &trace.Trace{
		Events: []trace.Event{
			{Who: trace.Host, What: "run", Phase: trace.Begin},
			{At: 300 * ms, Who: trace.Signal, What: "SIGTERM"},
			{At: 300 * ms, Who: "web", What: "stop", Phase: trace.Begin, Token: trace.Live},
			{At: 450 * ms, Who: "web", What: "stop", Phase: trace.End, Outcome: trace.Errored("no such file")},
			{At: 450 * ms, Who: trace.Process, What: "exit", Phase: trace.Begin, Detail: trace.Number(3)},
		},
		End: trace.Ending{Kind: trace.Exited, Code: 3},
	}
}

func ExampleWriteText() {
	_ = trace.WriteText(os.Stdout, stopped(), trace.Options{Marks: map[int]string{3: "this is why"}})
	// Output:
	// 0.000    host    run begin
	// 0.300  > signal  SIGTERM
	// 0.300    web     stop begin
	// 0.450    web     stop end error:"no such file"
	//          ^ this is why
	// 0.450    process exit begin 3
	//   end    exited 3
}

func ExampleWriteJSONL() {
	_ = trace.WriteJSONL(os.Stdout, stopped())
	// Output:
	// {"ms":0,"who":"host","what":"run","phase":"begin"}
	// {"ms":300,"who":"signal","what":"SIGTERM"}
	// {"ms":300,"who":"web","what":"stop","phase":"begin","tokenCancelled":false}
	// {"ms":450,"who":"web","what":"stop","phase":"end","outcome":"error:no such file"}
	// {"ms":450,"who":"process","what":"exit","phase":"begin","detail":3}
	// {"end":{"kind":"exited","code":3}}
}

func ExampleReadText() {
	t, err := trace.ReadText("life.txt", strings.NewReader(`
0.000    web new
0.300  > signal SIGINT
0.300    web stop begin
  end    hang
  why    web never ended its stop
`))
	fmt.Println(len(t.Events), t.Events[1].Who, t.Events[2].Token == trace.Live, trace.FormatEnd(&t.End), err)
	// Output: 3 signal true hang <nil>
}

func ExampleReadJSONL() {
	t, err := trace.ReadJSONL("dead.jsonl", strings.NewReader(`{"ms":0,"who":"web","what":"new"}`+"\n"))
	fmt.Println(len(t.Events), "event;", err)
	// Output: 1 event; dead.jsonl: the trace has no end: expected a last line {"end":{"kind":…}}: unexpected EOF
}

// A pattern leaves out what it does not care for.
func ExampleParseText() {
	e, given, err := trace.ParseText("web stop end")
	fmt.Println(e.Who, e.What, e.Phase, given&trace.GivenTime != 0, given&trace.GivenOutcome != 0, err == nil)
	_, _, err = trace.ParseText("web")
	fmt.Println(err.Rule, "in column", err.Col)
	// Output:
	// web stop end false false true
	// invalid event: no event of the actor in column 4
}

func ExampleParseEnd() {
	e, _ := trace.ParseEnd("signaled SIGTERM")
	fmt.Println(e.Kind, e.Signal)
	_, err := trace.ParseEnd("exitted 0")
	fmt.Println("expected", err.Expected+", did you mean", err.Nearest+"?")
	// Output:
	// signaled SIGTERM
	// expected "exited CODE", "signaled SIGNAL", "deadlock", "hang" or "killed", did you mean exited?
}

func ExampleFormatWait() {
	fmt.Println(trace.FormatWait(&trace.Wait{Who: "main, in host.run", Resource: "the exit handlers", Holder: "thread exit", Where: "service web · stop · exit 7", Since: time.Second}))
	// Output: main, in host.run waits for the exit handlers, held by thread exit, at service web · stop · exit 7, since 1.000
}
