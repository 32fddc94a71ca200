package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestBake builds a matrix of targets, whose images share every layer.
func TestBake(t *testing.T) {
	t.Parallel()
	engine(t)
	dir := example(t, "bake")
	useSyntax(t, filepath.Join(dir, "pybuild.toml"), frontendImage(t))
	bake(t, dir)
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

// TestBakeWorkspace builds a matrix of services that share a lock, and the layers of what
// both have from it.
func TestBakeWorkspace(t *testing.T) {
	t.Parallel()
	engine(t)
	frontend, ix := frontendImage(t), newIndex(t, dist{name: "billing", version: "1.0"})
	files := read(t, example(t, "workspace"))
	files["pyproject.toml"] = strings.Replace(files["pyproject.toml"], "https://packages.corp.example/simple", ix.simple(), 1)
	files["docker-bake.hcl"] = strings.Replace(files["docker-bake.hcl"], "shop-${service}", imageName(t)+"-${service}", 1)
	dir := projectDir(t, files, []string{"uv", "lock", "--quiet"})
	for _, service := range []string{"api", "worker"} {
		useSyntax(t, filepath.Join(dir, "pybuild."+service+".toml"), frontend)
	}
	bake(t, dir, "UV_INDEX_CORP_USERNAME=builder", "UV_INDEX_CORP_PASSWORD="+planted)
	layers := map[string][]string{}
	for _, service := range []string{"api", "worker"} {
		name := imageName(t) + "-" + service
		t.Cleanup(func() { _, _ = tryDocker("rmi", "--force", name) })
		if out := docker(t, "run", "--rm", name); out != service+" with billing 1.0" {
			t.Errorf("%s says %q", service, out)
		}
		layers[service] = strings.Fields(docker(t, "inspect", "--format", "{{range .RootFS.Layers}}{{.}} {{end}}", name))
	}
	own := slices.DeleteFunc(slices.Clone(layers["worker"]), func(layer string) bool { return slices.Contains(layers["api"], layer) })
	if len(own) != 1 || len(layers["worker"]) < 4 {
		t.Errorf("of its layers %v the second service shares all but %v", layers["worker"], own)
	}
}

// bake builds what the bake file of a directory names, with some variables more. The steps
// reach the loopback interface.
func bake(t *testing.T, dir string, env ...string) {
	t.Helper()
	cmd := exec.Command("docker", "buildx", "bake", "--allow", "fs=*", "--allow", "network.host", "--set", "*.network=host", "--progress", "plain")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
