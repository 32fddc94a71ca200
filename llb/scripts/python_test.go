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

// git runs git as nobody in particular, and returns what it says.
func git(tb testing.TB, dir string, args ...string) string {
	tb.Helper()
	command := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=test", "-c", "user.email=test@test.example"}, args...)...)
	out, err := command.CombinedOutput()
	if err != nil {
		tb.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}
