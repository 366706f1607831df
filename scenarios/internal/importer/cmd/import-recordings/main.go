// Command import-recordings writes recordings of real hosts as readable files; see package importer.
package main

import (
	"fmt"
	"os"

	"github.com/hostsim/hostsim/scenarios/internal/importer"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: import-recordings OUT DIR...\n\nOUT gets one PLAN.yaml for each plan; a DIR holds RELEASE/PLAN.json.")
		os.Exit(2)
	}
	recordings, files, err := importer.Import(os.Args[1], os.Args[2:]...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Printf("%d recordings of %d plans written to %s\n", recordings, files, os.Args[1])
}
