package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// python is a command that runs a program which imports the scripts.
func python(tb testing.TB, program string, args ...string) *exec.Cmd {
	tb.Helper()
	found, err := exec.LookPath("python3")
	if err != nil {
		tb.Skip("no python3")
	}
	here, err := filepath.Abs(".")
	if err != nil {
		tb.Fatal(err)
	}
	command := exec.Command(found, append([]string{"-c", program}, args...)...)
	command.Env = append(os.Environ(), "PYTHONPATH="+here, "PYTHONDONTWRITEBYTECODE=1")
	return command
}
