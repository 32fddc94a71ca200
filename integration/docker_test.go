package integration

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a container may take for anything; a test that waits
// that long has failed.
const patience = 60 * time.Second

// docker runs the Docker command line and returns what it prints.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := tryDocker(args...)
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func tryDocker(args ...string) (string, error) {
	out, err := exec.Command("docker", args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// frontendImage is the reference to write after "# syntax=".
func frontendImage(t *testing.T) string {
	t.Helper()
	ref := os.Getenv("PYBUILD_IMAGE")
	if ref == "" {
		t.Skip("no Docker engine: run `make test`, or eval the exports of `go run ./integration/bed env`")
	}
	return ref
}

// image is what `docker build` made of a directory.
type image struct {
	name string
	log  string // of the build
}

// dockerBuild builds a directory through the frontend image: the first line of
// its pybuild.toml names the one under test.
func dockerBuild(t *testing.T, dir string, flags ...string) image {
	t.Helper()
	img, err := tryDockerBuild(t, dir, flags...)
	if err != nil {
		t.Fatalf("docker build: %v\n%s", err, img.log)
	}
	return img
}

func tryDockerBuild(t *testing.T, dir string, flags ...string) (image, error) {
	t.Helper()
	useSyntax(t, filepath.Join(dir, "pybuild.toml"), frontendImage(t))
	name := imageName(t)
	args := append([]string{"build", "--progress", "plain", "-f", filepath.Join(dir, "pybuild.toml"), "-t", name}, flags...)
	log, err := tryDocker(append(args, dir)...)
	if err == nil {
		t.Cleanup(func() { _, _ = tryDocker("rmi", "--force", name) })
	}
	return image{name: name, log: log}, err
}

// imageName is a tag for the image of a test.
func imageName(t *testing.T) string {
	return "pybuild-test-" + strings.Trim(strings.ToLower(regexp.MustCompile(`[^a-zA-Z0-9]+`).ReplaceAllString(t.Name(), "-")), "-")
}

// useSyntax replaces the first line of a file.
func useSyntax(t *testing.T, path, ref string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(data, []byte("\n"))
	if err := os.WriteFile(path, append([]byte("# syntax="+ref+"\n"), rest...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// python runs a program in a container, with no launcher before it.
func (i image) python(t *testing.T, program string) string {
	t.Helper()
	return docker(t, "run", "--rm", "--entrypoint", "python", i.name, "-c", program)
}

// has reports whether a path is in the image.
func (i image) has(t *testing.T, path string) bool {
	t.Helper()
	return i.python(t, "import os; print(os.path.lexists("+strconv.Quote(path)+"))") == "True"
}

// container is a running container.
type container struct {
	t  *testing.T
	id string
}

// start runs a container in the background; its ports are published on free
// ports of the loopback interface.
func (i image) start(t *testing.T, flags ...string) container {
	t.Helper()
	args := append([]string{"run", "--detach"}, flags...)
	if port := i.port(t, flags); port != "" {
		args = append(args, "--publish", "127.0.0.1::"+port)
	}
	c := container{t, docker(t, append(args, i.name)...)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the container said:\n%s", c.logs())
		}
		_, _ = tryDocker("rm", "--force", "--volumes", c.id)
	})
	return c
}

// port is the port that the container listens on: PORT of the flags, else the
// image's own.
func (i image) port(t *testing.T, flags []string) string {
	t.Helper()
	for _, f := range flags {
		if number, ok := strings.CutPrefix(f, "PORT="); ok {
			return number
		}
	}
	exposed := docker(t, "inspect", "--format", "{{range $p, $_ := .Config.ExposedPorts}}{{$p}} {{end}}", i.name)
	// In the order of their texts: a debugger's comes before the server's.
	all := strings.Fields(exposed)
	if len(all) == 0 {
		return ""
	}
	return strings.TrimSuffix(all[len(all)-1], "/tcp")
}

func (c container) logs() string { out, _ := tryDocker("logs", c.id); return out }

// get asks a path until the server answers.
func (c container) get(path string) (status int, body string) {
	c.t.Helper()
	published := docker(c.t, "port", c.id)
	_, address, _ := strings.Cut(published, "-> ")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	c.until("an answer to "+path, func() bool {
		res, err := client.Get("http://" + address + path)
		if err != nil {
			return false
		}
		defer func() { _ = res.Body.Close() }()
		data, err := io.ReadAll(res.Body)
		status, body = res.StatusCode, string(data)
		return err == nil
	})
	return status, body
}

// until asks again and again whether something is so, as long as the
// container runs.
func (c container) until(what string, so func() bool) {
	c.t.Helper()
	if so() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// One command that waits: to ask for the state each time takes longer than most servers
	// take to start.
	ended := make(chan error, 1)
	go func() { ended <- exec.CommandContext(ctx, "docker", "wait", c.id).Run() }()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-ctx.Done():
			c.t.Fatalf("no %s in %v", what, patience)
		case err := <-ended:
			if ctx.Err() == nil {
				c.t.Fatalf("no %s: the container is %s, %v", what, c.inspect("{{.State.Status}}"), err)
			}
		case <-again.C:
		}
	}
}

func (c container) inspect(format string) string {
	c.t.Helper()
	return docker(c.t, "inspect", "--format", format, c.id)
}

// says waits for a line in the log.
func (c container) says(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", "logs", "--follow", c.id)
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	found := false
	for lines := bufio.NewScanner(out); !found && lines.Scan(); {
		found = strings.Contains(lines.Text(), text)
	}
	cancel()
	_ = cmd.Wait()
	if !found {
		c.t.Fatalf("the container did not say %q", text)
	}
}

// processes counts the container's processes whose command holds a text.
func (c container) processes(text string) int {
	c.t.Helper()
	return strings.Count(docker(c.t, "top", c.id, "-eo", "pid,args"), text)
}
