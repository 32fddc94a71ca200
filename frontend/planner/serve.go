package planner

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// serve decides what the container runs.
func (b *builder) serve() error {
	s, c := b.Config.Serve, &b.plan.Config
	c.StopSignal = s.StopSignal
	if c.StopSignal == "" {
		c.StopSignal = "SIGTERM"
	}
	c.Workdir = b.workdir()
	switch {
	case s.App != "":
		if err := b.server(); err != nil {
			return err
		}
	case s.Module != "":
		c.Cmd = append([]string{b.plan.Python.Executable, "-m", s.Module}, s.Args...)
	case strings.HasSuffix(s.Script, ".py"):
		c.Cmd = append([]string{b.plan.Python.Executable, s.Script}, s.Args...)
	case s.Script != "":
		c.Cmd = append([]string{s.Script}, s.Args...)
	case len(s.Command) > 0 || len(s.Entrypoint) > 0:
		c.Cmd = s.Command
	default:
		if err := b.entryPoint(); err != nil {
			return err
		}
	}
	if len(s.Entrypoint) > 0 {
		c.Entrypoint = s.Entrypoint
	}
	b.ports()
	b.healthcheck()
	return nil
}

// entryPoint runs the project's only script, where there is exactly one.
func (b *builder) entryPoint() error {
	if p := b.Facts.Pyproject; p != nil && p.IsPackage() && len(p.Scripts) == 1 {
		for name := range p.Scripts {
			b.plan.Config.Cmd = []string{name}
			b.decide("command", name, "the project's only entry in [project.scripts]")
		}
		return nil
	}
	name, source := b.Config.Source()
	if name == "" {
		name = "pybuild.toml"
	}
	return &diag.Error{
		At: plan.Location{File: name}, Source: source,
		Message: "nothing says what the container runs",
		Hint: "for a web app write\n[serve]\napp = \"main:app\"\n" +
			"for a program write\n[serve]\ncommand = [\"python\", \"main.py\"]",
	}
}

// server decides the command of a web app.
func (b *builder) server() error {
	s := b.Config.Serve
	name, reason, err := b.chooseServer()
	if err != nil {
		return err
	}
	b.decide("server", name, reason, "serve", "server")
	workers := strconv.Itoa(max(s.Workers, 1))
	if s.WorkersAuto {
		workers = "auto"
	}
	port := strconv.Itoa(b.port())
	cmd := []string{name, s.App}
	switch name {
	case "uvicorn":
		cmd = append(cmd, "--host", "0.0.0.0", "--port", port, "--workers", workers)
		if b.Resolved.Has("uvloop") {
			cmd = append(cmd, "--loop", "uvloop")
		}
		if strings.HasSuffix(s.App, "()") {
			cmd[1] = strings.TrimSuffix(s.App, "()")
			cmd = append(cmd, "--factory")
		}
	case "gunicorn":
		cmd = append(cmd, "--bind", "0.0.0.0:"+port, "--workers", workers, "--timeout", "30",
			// The heartbeat file must not lie on a disk that can stall.
			"--graceful-timeout", "20", "--worker-tmp-dir", "/dev/shm")
		if b.Resolved.atLeast("gunicorn", "25.1") {
			// Its control socket lies in the home directory, which there is none of.
			cmd = append(cmd, "--no-control-socket")
		}
		if class, why := b.workerClass(); class != "" {
			b.decide("worker class", class, why)
			cmd = append(cmd, "--worker-class", class)
		}
	}
	b.web = true
	b.plan.Config.Entrypoint = []string{b.plan.Python.Executable, b.launcher("start.py")}
	b.plan.Config.Cmd = cmd
	return nil
}

// chooseServer is the configured server, else the one among the dependencies.
func (b *builder) chooseServer() (name, reason string, err error) {
	configured := b.Config.Serve.Server
	_, source := b.Config.Source()
	if b.Resolved == nil {
		return "", "", &diag.Error{
			At: b.Config.At("serve", "app"), Source: source,
			Message: "the project has no dependencies, so no server for " + b.Config.Serve.App,
			Hint:    "add uvicorn (ASGI) or gunicorn (WSGI) to the project's dependencies",
		}
	}
	if configured != "" {
		if !b.Resolved.Has(configured) {
			return "", "", &diag.Error{
				At: b.Config.At("serve", "server"), Source: source,
				Message: fmt.Sprintf("%s is not among the packages of %s", configured, b.inputName()),
				Hint:    fmt.Sprintf("add it to the dependencies: uv add %s", configured),
			}
		}
		return configured, "the key serve.server says so", nil
	}
	uvicorn, gunicorn := b.Resolved.Has("uvicorn"), b.Resolved.Has("gunicorn")
	switch {
	case uvicorn && gunicorn:
		return "", "", &diag.Error{
			At: b.Config.At("serve", "app"), Source: source,
			Message: "both uvicorn and gunicorn are installed, and either can serve " + b.Config.Serve.App,
			Hint:    "write server = \"uvicorn\" or server = \"gunicorn\" in [serve]",
		}
	case uvicorn:
		return "uvicorn", "it is among the packages of " + b.inputName(), nil
	case gunicorn:
		return "gunicorn", "it is among the packages of " + b.inputName(), nil
	}
	return "", "", &diag.Error{
		At: b.Config.At("serve", "app"), Source: source,
		Message: fmt.Sprintf("no server for %s among the packages of %s", b.Config.Serve.App, b.inputName()),
		Hint:    "add one to the dependencies: uv add uvicorn (ASGI) or uv add gunicorn (WSGI)",
	}
}

// workerClass lets gunicorn speak ASGI where an ASGI framework is installed.
func (b *builder) workerClass() (class, reason string) {
	asgi := ""
	for _, name := range []string{"starlette", "litestar", "quart", "blacksheep"} {
		if b.Resolved.Has(name) {
			asgi = name
		}
	}
	switch {
	case b.Resolved.Has("uvicorn-worker"):
		return "uvicorn_worker.UvicornWorker", "uvicorn-worker is installed"
	case asgi == "":
		return "", ""
	case b.Resolved.Has("uvicorn"):
		return "uvicorn.workers.UvicornWorker", asgi + " speaks ASGI and uvicorn is installed"
	}
	return "asgi", asgi + " speaks ASGI, and this is gunicorn's own worker for it"
}

func (b *builder) port() int {
	if p := b.Config.Serve.Port; p != 0 {
		return p
	}
	return 8000
}

// ports exposes the port of a server, or the one that was configured.
func (b *builder) ports() {
	if b.web || b.Config.Serve.Port != 0 {
		b.plan.Config.Ports = []int{b.port()}
	}
}

// healthcheck asks a web server over HTTP, with Python: slim images have no
// other client.
func (b *builder) healthcheck() {
	h := b.Config.Serve.Healthcheck
	if h.Disabled {
		b.plan.Config.Healthcheck = &plan.Healthcheck{}
		return
	}
	if !b.web && !h.Set {
		return
	}
	check := plan.Healthcheck{
		Command:     h.Command,
		Interval:    or(h.Interval, 30*time.Second),
		Timeout:     or(h.Timeout, 5*time.Second),
		StartPeriod: or(h.StartPeriod, 30*time.Second),
		// Newer engines look often while the container starts, so that it
		// counts as healthy when it is, not half a minute later.
		StartInterval: or(h.StartInterval, time.Second),
		Retries:       or(h.Retries, 3),
	}
	if check.Command == nil {
		b.web = true // the check is one of the launcher's files
		check.Command = []string{b.plan.Python.Executable, "-I", b.launcher("health.py"), strconv.Itoa(b.port())}
		if h.Path != "" {
			check.Command = append(check.Command, h.Path)
		}
	}
	b.plan.Config.Healthcheck = &check
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
