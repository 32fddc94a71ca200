package planner

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// defaultPort is what a web app listens on where nothing says otherwise.
const defaultPort = 8000

// serve decides what the container runs.
func (b *builder) serve() error {
	s, c := b.Config.Serve, &b.plan.Config
	c.StopSignal = s.StopSignal
	if c.StopSignal == "" {
		c.StopSignal = "SIGTERM"
	}
	c.Workdir = b.workdir()
	// A web app needs the launcher and a worker does not: where there may be both, each has
	// it, so that they have the same layers.
	b.launcherFiles = len(b.Config.Targets) > 0
	st, err := b.chooseStart()
	if err != nil {
		return err
	}
	if st.reason != "" {
		b.plan.Decisions = append(b.plan.Decisions, plan.Decision{What: "start", Value: st.value, Reason: st.reason, At: st.at})
	}
	switch {
	case st.app != "":
		if err := b.server(st); err != nil {
			return err
		}
	case st.launched:
		b.launch(st.command)
	default:
		c.Cmd = st.command
		if b.mayRunGunicorn(slices.Concat(s.Entrypoint, st.command)) {
			b.defaults["GUNICORN_CMD_ARGS"] = noControlSocket
		}
	}
	if len(s.Entrypoint) > 0 {
		c.Entrypoint = s.Entrypoint
	}
	b.pythonPath(st.root)
	if b.ports(st); !b.hasPort() && s.Workers+boolInt(s.WorkersAuto) > 0 && st.app == "" {
		_, source := b.Config.Source()
		return &diag.Error{Code: "PB307", At: b.Config.At("serve", "workers"), Source: source,
			Message: fmt.Sprintf("workers needs a web app, and %s is none", st.value), Hint: "leave workers out, or name the app: app = \"shop.main:app\""}
	}
	return b.healthcheck(st)
}

// launch has the launcher start a command.
func (b *builder) launch(command []string) {
	b.launcherFiles = true
	b.plan.Config.Entrypoint = []string{b.plan.Python.Executable, b.launcher("start.py")}
	b.plan.Config.Cmd = command
}

func (b *builder) hasPort() bool { return len(b.plan.Config.Ports) > 0 }

func boolInt(v bool) int {
	if v {
		return 1
	}
	return 0
}

// ports exposes the port of a server, or the one that was configured.
func (b *builder) ports(st start) {
	port := b.Config.Serve.Port
	switch {
	case port != 0:
	case st.app != "":
		port = defaultPort
	default:
		port = st.port
	}
	if port != 0 {
		b.plan.Config.Ports = []int{port}
	}
}

// healthcheck asks a web server over HTTP, with Python: slim images have no
// other client.
func (b *builder) healthcheck(st start) error {
	h := b.Config.Serve.Healthcheck
	serves := st.app != "" || st.health != ""
	switch {
	case h.Disabled:
		b.plan.Config.Healthcheck = &plan.Healthcheck{}
		return nil
	case !serves && !h.Set:
		return nil
	case !serves && h.Command == nil && h.Path == "" && !b.hasPort():
		_, source := b.Config.Source()
		return &diag.Error{Code: "PB309", At: b.Config.At("serve", "healthcheck"), Source: source,
			Message: "the health check has nothing to ask: what starts is no web app, and nothing says which port it listens on",
			Hint:    "add a command that checks, as command = [\"python\", \"-m\", \"shop.check\"], or the path and the port of what answers over HTTP"}
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
		b.launcherFiles = true // the check is one of the launcher's files
		port := defaultPort
		if b.hasPort() {
			port = b.plan.Config.Ports[0]
		}
		check.Command = []string{b.plan.Python.Executable, "-I", b.launcher("health.py"), strconv.Itoa(port)}
		where := or(h.Path, st.health)
		if h.Path == "" && where == "/" {
			where = ""
		}
		host := or(h.Host, b.allowedHost(st))
		if where != "" || host != "" {
			check.Command = append(check.Command, where)
		}
		if host != "" {
			check.Command = append(check.Command, host)
		}
	}
	b.plan.Config.Healthcheck = &check
	return nil
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
