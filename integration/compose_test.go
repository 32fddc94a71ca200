package integration

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// composition is a project of Docker's Compose.
type composition struct {
	t    *testing.T
	dir  string
	name string
}

// compose copies an example that Compose starts.
func compose(t *testing.T, name string) composition {
	t.Helper()
	engine(t)
	frontend := frontendImage(t)
	if _, err := tryDocker("compose", "version"); err != nil {
		t.Skip("this Docker has no Compose: the bed has one where it built its own engines")
	}
	c := composition{t, example(t, name), imageName(t)}
	useSyntax(t, filepath.Join(c.dir, "pybuild.toml"), frontend)
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := c.command("logs", "--no-color").CombinedOutput()
			t.Logf("the containers said:\n%s", out)
		}
		_ = c.command("down", "--volumes", "--rmi", "local", "--timeout", "2").Run()
	})
	return c
}

func (c composition) command(args ...string) *exec.Cmd {
	cmd := exec.Command("docker", append([]string{"compose"}, args...)...)
	cmd.Dir = c.dir
	// Port 0 is any that is free.
	cmd.Env = append(os.Environ(), "COMPOSE_PROJECT_NAME="+c.name, "SHOP_PORT=0")
	return cmd
}

func (c composition) must(args ...string) string {
	c.t.Helper()
	out, err := c.command(args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("docker compose %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// ask sends a request to a service, as a POST where there is something to send.
func (c composition) ask(service, port, path, send string) string {
	c.t.Helper()
	address, err := c.command("port", service, port).Output()
	if err != nil {
		return ""
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	method := http.MethodGet
	if send != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequest(method, "http://"+strings.TrimSpace(string(address))+path, strings.NewReader(send))
	if err != nil {
		c.t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return string(body)
}

// until asks a service again and again, as long as a build and a start may take.
func (c composition) until(path, want string) {
	c.t.Helper()
	c.eventually("an answer to "+path+" with "+want, func() (bool, string) {
		body := c.ask("web", "8000", path, "")
		return strings.Contains(body, want), body
	})
}

func (c composition) eventually(what string, so func() (bool, string)) {
	c.t.Helper()
	deadline, again := time.After(3*patience), time.NewTicker(200*time.Millisecond)
	defer again.Stop()
	for {
		ok, seen := so()
		if ok {
			return
		}
		select {
		case <-deadline:
			c.t.Fatalf("no %s, but %s", what, seen)
		case <-again.C:
		}
	}
}

// transcript is what a program that runs prints.
type transcript struct {
	sync.Mutex
	bytes.Buffer
}

func (l *transcript) Write(data []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.Buffer.Write(data)
}

func (l *transcript) String() string {
	l.Lock()
	defer l.Unlock()
	return l.Buffer.String()
}

// TestCompose builds two services of one project and has them work together.
func TestCompose(t *testing.T) {
	t.Parallel()
	c := compose(t, "compose")
	c.must("-f", "compose.yaml", "build")
	c.must("-f", "compose.yaml", "up", "--detach", "--wait")
	c.ask("web", "8000", "/orders", "tea")
	c.until("/orders", `"packed":["tea in a box"]`)
	inspect := func(service, what string) string {
		return docker(t, "inspect", "--format", "{{json "+what+"}}", c.name+"-"+service)
	}
	if web, worker := inspect("web", ".RootFS.Layers"), inspect("worker", ".RootFS.Layers"); web != worker {
		t.Errorf("the layers are %s and %s", web, worker)
	}
	if ports, check := inspect("worker", ".Config.ExposedPorts"), inspect("worker", ".Config.Healthcheck"); ports != "null" || check != "null" {
		t.Errorf("the worker has the ports %s and the health check %s", ports, check)
	}
}

// TestComposeWatch has containers of the target dev see what is saved beside them.
func TestComposeWatch(t *testing.T) {
	t.Parallel()
	c := compose(t, "compose")
	var said transcript
	watch := c.command("up", "--watch")
	watch.Stdout, watch.Stderr = &said, &said
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = watch.Process.Signal(os.Interrupt)
		_ = watch.Wait()
		if t.Failed() {
			t.Logf("docker compose up --watch said:\n%s", said.String())
		}
	})
	c.eventually("watch", func() (bool, string) { return strings.Contains(said.String(), "Watch enabled"), said.String() })
	c.until("/health", `"ok"`)
	// Both run: what is saved before Compose drops.
	c.ask("web", "8000", "/orders", "tea")
	c.until("/orders", `"packed":["tea in a box"]`)
	replace(t, filepath.Join(c.dir, "shop/web.py"), `"status": "ok"`, `"status": "changed"`)
	c.until("/health", `"changed"`)
	replace(t, filepath.Join(c.dir, "shop/worker.py"), "in a box", "in a bag")
	cups := 0
	c.eventually("a worker that packs otherwise", func() (bool, string) {
		cups++
		c.ask("web", "8000", "/orders", fmt.Sprintf("cup %d", cups))
		body := c.ask("web", "8000", "/orders", "")
		return strings.Contains(body, "in a bag"), body
	})
}
