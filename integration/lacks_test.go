package integration

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asking are the variables with which the Makefile asks for tests that need more of a machine than others.
var asking = []string{"PYBUILD_COMPAT", "PYBUILD_FAULTS", "PYBUILD_FLEET"}

// lacks ends a test that this machine lacks something for. It is skipped, but where such tests were asked for, it
// fails: nobody reads what a long run has skipped, and its other results would pass for the whole answer.
func lacks(t *testing.T, format string, args ...any) {
	t.Helper()
	for _, name := range asking {
		if os.Getenv(name) != "" {
			t.Fatalf(format+": "+name+" asks for it", args...)
		}
	}
	t.Skipf(format, args...)
}

// TestLacks runs itself with and without what asks for such tests.
func TestLacks(t *testing.T) {
	const name = "PYBUILD_LACKS"
	if os.Getenv(name) != "" {
		lacks(t, "no %s here", "engine")
	}
	for _, asks := range append([]string{""}, asking...) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLacks$", "-test.v") //nolint:gosec // this test
		cmd.Env = append(os.Environ(), name+"=1")
		for _, other := range asking {
			cmd.Env = append(cmd.Env, other+"=")
		}
		want := "--- SKIP: TestLacks"
		if asks != "" {
			cmd.Env, want = append(cmd.Env, asks+"=1"), "--- FAIL: TestLacks"
		}
		if out, err := cmd.CombinedOutput(); (err != nil) != (asks != "") || !strings.Contains(string(out), want) || !strings.Contains(string(out), "no engine here") {
			t.Errorf("with %q: %v\n%s", asks, err, out)
		}
	}
}
