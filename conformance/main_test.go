package conformance_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain: the suite leaves no goroutine behind, in the children as here, but for one of Ginkgo's own that listens for
// interrupts. A host that goes on waiting when its simulated process has ended (the actors do) cannot be made to leave; its
// goroutines stay in their bubbles, see package adapter.
func TestMain(m *testing.M) {
	if os.Getenv(envHost) == "actor" {
		os.Exit(m.Run())
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/onsi/ginkgo/v2/internal/interrupt_handler.(*InterruptHandler).registerForInterrupts.func2"))
}
