package explore_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// TestScripts runs the command, several processes of it at once, as parts of one exploration on several machines would.
func TestScripts(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("builds the command, and needs a shell")
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "hostsim"), "../../cmd/hostsim").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+string(os.PathListSeparator)+e.Getenv("PATH"))
			if err := os.Mkdir(filepath.Join(e.WorkDir, "results"), 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(e.WorkDir, "job.sh"), []byte(jobScript(t)), 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"hostsim": func(ts *testscript.TestScript, neg bool, args []string) {
				if err := ts.Exec("hostsim", args...); (err != nil) != neg {
					ts.Fatalf("hostsim %s: %v", strings.Join(args, " "), err)
				}
			},
		},
	})
}

// jobScript is what a pod of docs/examples/explore-job.yaml runs, on the plan and in the directories of the test, and with
// fewer schedules.
func jobScript(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/examples/explore-job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var job struct {
		Spec struct {
			CompletionMode string `yaml:"completionMode"`
			Template       struct {
				Spec struct{ Containers []struct{ Args []string } }
			}
		}
	}
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&job); err != nil {
		t.Fatal(err)
	}
	if job.Spec.CompletionMode != "Indexed" {
		t.Errorf("the example is no Indexed Job: %q", job.Spec.CompletionMode)
	}
	s := job.Spec.Template.Spec.Containers[0].Args[0]
	for _, r := range [][2]string{{"/plans/hang.yaml", "plan.yaml"}, {"/results/", "results/"}, {"--schedules 100000000", "--schedules 8000"}} {
		if !strings.Contains(s, r[0]) {
			t.Fatalf("the script of the example has no %q:\n%s", r[0], s)
		}
		s = strings.ReplaceAll(s, r[0], r[1])
	}
	return s
}

// TestMatrixExample: the example of a matrix is YAML, and its parts are those that it names as their number.
func TestMatrixExample(t *testing.T) {
	data, err := os.ReadFile("../../docs/examples/explore-matrix.yml")
	if err != nil {
		t.Fatal(err)
	}
	var flow struct {
		Jobs map[string]struct {
			Strategy struct{ Matrix struct{ Part []int } }
			Needs    string
			Steps    []struct{ Run string }
		}
	}
	if err := yaml.Unmarshal(data, &flow); err != nil {
		t.Fatal(err)
	}
	parts := flow.Jobs["part"].Strategy.Matrix.Part
	run := ""
	for _, s := range flow.Jobs["part"].Steps {
		run += s.Run
	}
	if len(parts) != 8 || parts[0] != 0 || parts[7] != 7 || !strings.Contains(run, "--shard ${{ matrix.part }}/8") || flow.Jobs["whole"].Needs != "part" {
		t.Errorf("%v, %q, needs %q", parts, run, flow.Jobs["whole"].Needs)
	}
}
