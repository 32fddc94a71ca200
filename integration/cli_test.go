package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandLine runs the frontend image as a command, and builds with what it wrote.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	dir := example(t, "flask")
	if err := os.Remove(filepath.Join(dir, "pybuild.toml")); err != nil {
		t.Fatal(err)
	}
	said := docker(t, "run", "--rm", "--volume", dir+":/src", frontendImage(t), "init")
	if !strings.Contains(said, "wrote pybuild.toml") {
		t.Errorf("init says %s", said)
	}
	if said := docker(t, "run", "--rm", "--volume", dir+":/src", frontendImage(t), "check"); said != "no mistakes found" {
		t.Errorf("check says %s", said)
	}
	dockerBuild(t, dir)
}
