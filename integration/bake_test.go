package integration

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBake builds a matrix of targets, whose images share every layer.
func TestBake(t *testing.T) {
	t.Parallel()
	engine(t)
	dir := example(t, "bake")
	useSyntax(t, filepath.Join(dir, "pybuild.toml"), frontendImage(t))
	cmd := exec.Command("docker", "buildx", "bake", "--allow", "fs=*", "--progress", "plain")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	layers := map[string]bool{}
	for process, says := range map[string]string{"runtime": "shop with blinker blinker", "worker": "worker --queue mail with blinker blinker", "report": "report with blinker blinker"} {
		name := "shop-" + process + ":latest"
		t.Cleanup(func() { _, _ = tryDocker("rmi", "--force", name) })
		if out := docker(t, "run", "--rm", name); out != says {
			t.Errorf("%s says %q", process, out)
		}
		layers[docker(t, "inspect", "--format", "{{.RootFS.Layers}}", name)] = true
	}
	if len(layers) != 1 {
		t.Errorf("the images have %d sets of layers", len(layers))
	}
}
