package planner

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// process is a target that differs from the runtime in its command alone.
type process struct {
	name    string
	command []string
	reason  string
}

// processes are what else of the project a container can run: the Procfile's,
// a task queue beside a web app, Django's migrations. None of them is ever part
// of the start.
func (b *builder) processes() ([]process, error) {
	if b.Apps == nil {
		return nil, nil
	}
	var all []process
	add := func(name string, command []string, reason string) {
		taken := slices.ContainsFunc(all, func(p process) bool { return p.name == name })
		if !taken && !Builtin(name) {
			all = append(all, process{name, command, reason})
		}
	}
	for _, p := range b.Apps.Procfile {
		command, err := shellCommand(p)
		if err != nil {
			return nil, err
		}
		add(p.Name, command, p.At.String())
	}
	if workers := b.workers(b.Apps); len(workers) == 1 {
		add("worker", workers[0].command, workers[0].reason)
	}
	if d := b.Apps.Django; d != nil && d.ManagePy != "" {
		add("migrate", append(b.djangoCommand(d), "migrate", "--noinput"), d.ManagePy+" is Django's")
	}
	return all, nil
}

// startOfProcfile is the process "web" of a Procfile.
func (b *builder) startOfProcfile(apps *project.Apps) (start, bool, error) {
	for _, p := range apps.Procfile {
		if p.Name != "web" {
			continue
		}
		command, err := shellCommand(p)
		if err != nil {
			return start{}, false, err
		}
		b.defaults["PORT"] = b.portOr(defaultPort)
		return start{command: command, port: defaultPort, health: "/", value: p.Command, reason: "the Procfile says so", at: p.At}, true, nil
	}
	return start{}, false, nil
}

// shellCommand runs a line of a Procfile as Heroku does, by a shell that knows
// $PORT. A single command replaces the shell, so that signals reach it.
func shellCommand(p project.Process) ([]string, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(p.Command), p.At.File)
	if err != nil {
		return nil, &diag.Error{Code: "PB306", At: p.At, Message: fmt.Sprintf("the process %s is no command of a shell: %v", p.Name, err),
			Hint: "write it as for sh"}
	}
	command := p.Command
	if len(file.Stmts) == 1 {
		call, simple := file.Stmts[0].Cmd.(*syntax.CallExpr)
		if simple && len(call.Assigns) == 0 && !file.Stmts[0].Background && call.Args[0].Lit() != "exec" {
			command = "exec " + command
		}
	}
	return []string{"/bin/sh", "-c", command}, nil
}

// workers are the commands of the task queues whose package is installed.
func (b *builder) workers(apps *project.Apps) []start {
	var all []start
	for _, w := range apps.Workers {
		st := start{root: b.importRoot(w.ImportRoot), at: w.At, value: w.Name(),
			reason: fmt.Sprintf("%s:%d uses %s", w.File, w.At.Start.Line, w.Framework)}
		if w.Package {
			st.root = "."
		}
		switch w.Framework {
		case "celery":
			st.command = []string{"celery", "-A", w.Name(), "worker", "--loglevel", "info"}
		case "dramatiq":
			st.command = []string{"dramatiq", w.Module}
		case "arq":
			st.command = []string{"arq", w.Module + "." + w.Attribute}
		case "huey":
			st.command = []string{"huey_consumer", w.Module + "." + w.Attribute}
		case "taskiq":
			st.command = []string{"taskiq", "worker", w.Name()}
		case "rq":
			st.command = []string{b.plan.Python.Executable, b.inApp(w.File)}
		default:
			continue
		}
		if b.Resolved == nil || b.Resolved.Has(w.Framework) {
			all = append(all, st)
		}
	}
	return all
}

// builtinTargets are the targets of every project, the default first.
func builtinTargets() []string {
	return []string{Runtime, "builder", "debug", "dev", "test", Locking, Wheelhouse, Dockerfile}
}

// Builtin reports whether every project has a target of that name.
func Builtin(target string) bool { return slices.Contains(builtinTargets(), target) }

const (
	// Runtime is the default target.
	Runtime = "runtime"
	// Locking is the target that writes a lock.
	Locking = "lock"
	// Wheelhouse is the target that gathers the wheels of what is installed.
	Wheelhouse = "wheelhouse"
	// Dockerfile is the target that writes the build of the runtime down.
	Dockerfile = "dockerfile"
)

// Runs reports whether a container runs what the target makes: a lock and wheels are files.
func Runs(target string) bool { return target != Locking && target != Wheelhouse }

// Targets are the names that --target takes, the default first.
func Targets(in Input) ([]string, error) {
	described, err := DescribeTargets(in)
	names := make([]string, 0, len(described))
	for _, d := range described {
		names = append(names, d.Name)
	}
	return names, err
}

// target narrows the plan to what --target names.
func (b *builder) target() error {
	processes, err := b.processes()
	if err != nil {
		return err
	}
	isWeb := func(p process) bool { return p.name == "web" }
	switch b.plan.Target {
	case Runtime, Dockerfile:
		return nil
	case "web":
		if slices.ContainsFunc(processes, isWeb) && !Configured(b.Input) {
			return nil // it is what the runtime runs
		}
	case "test":
		return b.test()
	case "debug":
		b.debug()
		return nil
	case "dev":
		b.dev()
		return nil
	case "builder":
		b.plan.Root, b.plan.Layers = b.on(), nil
		b.plan.Config = plan.Config{Workdir: "/", Cmd: []string{b.plan.Python.Executable}}
		return nil
	}
	configured, ok := b.Config.Targets[b.plan.Target]
	if ok && configured.Serve.Starts() {
		return nil // its configuration is in force already
	}
	names := builtinTargets()
	for _, p := range processes {
		if p.name == b.plan.Target {
			return b.process(p, configured.Serve)
		}
		names = append(names, p.name)
	}
	if ok {
		return nil
	}
	return UnknownTarget(b.plan.Target, append(names, sortedKeys(b.Config.Targets)...))
}

// UnknownTarget is what a name says that is none of the targets'.
func UnknownTarget(name string, names []string) error {
	hint := "targets are " + strings.Join(names, ", ") + "; one of your own starts with [target." + name + "]"
	if near := diag.Nearest(name, names); near != "" {
		hint = "did you mean --target " + near + "?\n" + hint
	}
	return &diag.Error{Code: "PB401", Message: fmt.Sprintf("no target %q", name), Hint: hint}
}

// process runs another process of the project: of what [serve] says nothing is its own, only
// what the target of its name says.
func (b *builder) process(p process, own config.Serve) error {
	c, configured := &b.plan.Config, *b.Config
	configured.Serve = own
	b.Config = &configured
	c.Entrypoint, c.Cmd, c.Ports, c.Healthcheck, c.StopSignal = own.Entrypoint, p.command, nil, nil, or(own.StopSignal, "SIGTERM")
	b.decide("command", strings.Join(p.command, " "), p.reason)
	b.ports(start{})
	return b.healthcheck(start{value: p.name})
}

// pythonPath puts an app's own root on sys.path, for all that runs.
func (b *builder) pythonPath(root string) {
	if root != "" && root != "." {
		b.defaults["PYTHONPATH"] = path.Join(b.workdir(), root)
	}
}

func (b *builder) portOr(otherwise int) string {
	if p := b.Config.Serve.Port; p != 0 {
		return strconv.Itoa(p)
	}
	return strconv.Itoa(otherwise)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
