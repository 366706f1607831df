package spec_test

import (
	"fmt"

	"github.com/hostsim/hostsim/spec"
)

func ExampleLoad() {
	s, err := spec.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	c := s.Clause("HOST-STOP-001")
	fmt.Println(c.ID, c.Level, "of chapter", c.Area)
	fmt.Println("in core:", c.Has("core"), "in virtual time:", c.In(spec.Virtual))
	fmt.Println(s.Clause("HOST-STOP-999") == nil)
	// Output:
	// HOST-STOP-001 MUST of chapter STOP
	// in core: true in virtual time: true
	// true
}

func ExampleSpec_Expand() {
	s := spec.MustLoad()
	for _, word := range []string{"strict", "..dotnet-6", "dotnet-9..", "dotnet-12"} {
		names, err := s.Expand(word)
		fmt.Println(names, err)
	}
	// Output:
	// [strict] <nil>
	// [dotnet-2.2 dotnet-3.1 dotnet-6] <nil>
	// [dotnet-9 dotnet-10] <nil>
	// [] there is no profile "dotnet-12" (did you mean "dotnet-10"?)
}

// The version matrix says in what releases differ.
func ExampleProfile_Duration() {
	s := spec.MustLoad()
	for _, name := range []string{"strict", "dotnet-3.1", "dotnet-10"} {
		p := s.MustProfile(name)
		fmt.Println(name, p.Duration("shutdownTimeout"), p.Bool("lifecycleHooks"), p.Word("startFailure"))
	}
	// Output:
	// strict 30s true rollBack
	// dotnet-3.1 5s false leave
	// dotnet-10 30s true leave
}
