package integration

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDevcontainer does what an editor does with the example: it runs the command that
// builds the image, starts a container on the checkout, and works in it as the user.
func TestDevcontainer(t *testing.T) {
	t.Parallel()
	engine(t)
	frontend, dir := frontendImage(t), example(t, "devcontainer")
	useSyntax(t, filepath.Join(dir, "pybuild.toml"), frontend)
	data, err := os.ReadFile(filepath.Join(dir, ".devcontainer/devcontainer.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		InitializeCommand                                  []string
		Image, WorkspaceMount, WorkspaceFolder, RemoteUser string
		ForwardPorts                                       []int
		OverrideCommand                                    *bool
		Customizations                                     struct {
			VSCode struct{ Settings map[string]string }
		}
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	if command := strings.Join(c.InitializeCommand, " "); command != "docker build --file pybuild.toml --target dev --tag "+c.Image+" ." {
		t.Errorf("the image is built by %s", command)
	}
	img := image{name: imageName(t)}
	build := exec.Command("docker", strings.Fields(strings.ReplaceAll(strings.Join(c.InitializeCommand[1:], " "), c.Image, img.name))...)
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() { _, _ = tryDocker("rmi", "--force", img.name) })

	// The editor gives the user the number of whoever owns the checkout.
	if out, err := exec.Command("chown", "-R", "1001:1001", dir).CombinedOutput(); err != nil {
		t.Skipf("the checkout cannot be given to another user: %s", out)
	}
	if c.OverrideCommand == nil || *c.OverrideCommand || len(c.ForwardPorts) != 1 {
		t.Error("the server of the target does not run")
	}
	at := img.start(t, "--mount", strings.Replace(c.WorkspaceMount, "${localWorkspaceFolder}", dir, 1))
	if _, body := at.get("/"); body != "welcome" {
		t.Errorf("the server says %s", body)
	}
	inside := func(script string) string {
		t.Helper()
		return docker(t, "exec", "--user", c.RemoteUser, "--workdir", c.WorkspaceFolder, at.id, "bash", "-euc", script)
	}
	if out := inside(`getent passwd "$(id -un)" | cut -d: -f6,7; mkdir -p ~/.vscode-server && test -w ~/.vscode-server && echo home`); out != "/home/appuser:/bin/bash\nhome" {
		t.Errorf("the user has %s", out)
	}
	inside("git init --quiet . && git add shop.py && ssh -V && command -v tar")
	if out := inside(c.Customizations.VSCode.Settings["python.defaultInterpreterPath"] + " -c 'import starlette, shop; print(shop.__file__)'"); out != "/app/shop.py" {
		t.Errorf("the interpreter finds %s", out)
	}
	inside(`sed -i 's/welcome/changed/' shop.py`)
	at.until("serves the change", func() bool { _, body := at.get("/"); return body == "changed" })
	if text, err := os.ReadFile(filepath.Join(dir, "shop.py")); err != nil || !strings.Contains(string(text), "changed") {
		t.Errorf("the checkout has %s, %v", text, err)
	}
}
