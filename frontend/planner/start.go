package planner

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// start is what the container runs: an app for a server, or a command.
type start struct {
	// app is "module:attribute", for a server to serve.
	app       string
	iface     project.Interface
	framework string
	// command is the exec form of what is no app.
	command []string
	// launched commands take the port from PORT at run time.
	launched bool
	// port is what the command listens on; 0 if that is not known.
	port int
	// health is the path of a command's own health check.
	health string
	// root is the directory that must be on sys.path, "." for the workdir.
	root   string
	value  string // for people
	reason string
	at     plan.Location
}

// Configured reports whether the configuration says what the container runs.
func Configured(in Input) bool {
	s := in.Config.Serve
	return s.App != "" || s.Module != "" || s.Script != "" || len(s.Command) > 0 || len(s.Entrypoint) > 0
}

// FoundScript is what the source shows to start, where that says in its own metadata (PEP 723)
// what it needs, as if serve.script named it; "" for anything else. A web app has requirements
// that say more, where there are any.
func FoundScript(in Input, source fs.FS) string {
	if in.Apps == nil || Configured(in) || in.Config.Build.Input != "" || InstallsProject(in) {
		return ""
	}
	b := builder{Input: in, plan: &plan.Plan{}, defaults: map[string]string{}}
	st, err := b.foundStart()
	if err != nil || st.app != "" && in.Facts.Input != project.InputNone || !project.HasInlineMetadata(source, st.at.File) {
		return ""
	}
	return st.at.File
}

// chooseStart is what the configuration says, else what the source shows.
func (b *builder) chooseStart() (start, error) {
	s := b.Config.Serve
	python := b.plan.Python.Executable
	switch {
	case s.App != "":
		return b.configuredApp(), nil
	case s.Module != "":
		return start{command: append([]string{python, "-m", s.Module}, s.Args...), root: b.importRoot(b.StartRoot)}, nil
	case strings.HasSuffix(s.Script, ".py"):
		return start{command: append([]string{python, s.Script}, s.Args...)}, nil
	case s.Script != "":
		return start{command: append([]string{s.Script}, s.Args...)}, nil
	case len(s.Command) > 0 || len(s.Entrypoint) > 0:
		return start{command: s.Command}, nil
	}
	return b.foundStart()
}

// configuredApp is serve.app, about which the source may tell more.
func (b *builder) configuredApp() start {
	st := start{app: b.Config.Serve.App, root: b.importRoot(b.StartRoot)}
	if b.Apps != nil {
		for _, app := range b.Apps.Web {
			if app.Name() == strings.TrimSuffix(st.app, "()") || app.Name() == st.app {
				st.iface, st.framework, st.root = app.Interface, app.Framework, b.importRoot(app.ImportRoot)
			}
		}
	}
	return st
}

// foundStart goes from what somebody wrote down to what can only be one thing.
func (b *builder) foundStart() (start, error) {
	apps := b.Apps
	if apps == nil {
		apps = &project.Apps{}
	}
	for _, find := range []func(*project.Apps) (start, bool, error){
		b.startOfProcfile, b.startOfDeclaration, b.startOfDjango, b.startOfWeb, b.startOfScript, b.startOfEntryPoint, b.startOfWorker, b.startOfMain,
	} {
		if st, found, err := find(apps); found || err != nil {
			return st, err
		}
	}
	name, source := b.Config.Source()
	if name == "" {
		name = "pybuild.toml"
	}
	hint := "for a web app write\n[serve]\napp = \"main:app\"\n" +
		"for a program write\n[serve]\ncommand = [\"python\", \"main.py\"]"
	if apps.Truncated {
		hint = "the project is large, and not all of it was searched\n" + hint
	}
	if apps.NoPython {
		where := "the build context"
		if b.Facts.Dir != "." {
			where = b.Facts.Dir
		}
		hint = where + " has no Python file to start: is the directory at the end of the command the project's, and does .dockerignore leave its code in?\n" + hint
	}
	return start{}, &diag.Error{Code: "PB301", At: plan.Location{File: name}, Source: source, Message: "nothing says what the container runs", Hint: hint}
}

// startOfDeclaration is an app that a tool's own configuration names.
func (b *builder) startOfDeclaration(apps *project.Apps) (start, bool, error) {
	for _, d := range apps.Declared {
		st := start{app: d.Value, root: ".", reason: d.Source + " in " + d.At.File + " says so", at: d.At}
		if d.Source == "tool.fastapi.entrypoint" {
			st.iface, st.framework = project.InterfaceASGI, "fastapi"
		} else {
			st.iface, st.framework = project.InterfaceWSGI, "flask"
		}
		for _, app := range apps.Web {
			module, _, named := strings.Cut(d.Value, ":")
			if app.Name() == d.Value || !named && app.Module == strings.TrimSuffix(module, ".py") {
				st = b.startOfApp(app)
				st.reason, st.at = d.Source+" in "+d.At.File+" says so", d.At
			}
		}
		if strings.Contains(st.app, ":") {
			return st, true, nil
		}
	}
	return start{}, false, nil
}

// startOfWeb is the only web app that the source has.
func (b *builder) startOfWeb(apps *project.Apps) (start, bool, error) {
	switch len(apps.Web) {
	case 0:
		return start{}, false, nil
	case 1:
		return b.startOfApp(apps.Web[0]), true, nil
	}
	lines := make([]string, 0, len(apps.Web)+1)
	var roots []string
	for _, app := range apps.Web {
		line := fmt.Sprintf("app = %q  # %s, %s:%d", app.Name(), app.Framework, app.File, app.At.Start.Line)
		if slices.ContainsFunc(apps.Web, func(a project.App) bool { return a.Name() == app.Name() && a.ImportRoot != app.ImportRoot }) {
			line += ", imported from " + app.ImportRoot
			roots = append(roots, fmt.Sprintf("PYTHONPATH = %q", path.Join(b.workdir(), b.importRoot(app.ImportRoot))))
		}
		lines = append(lines, line)
	}
	if len(roots) > 0 {
		dir := apps.Web[0].ImportRoot
		if dir == "." {
			dir = apps.Web[1].ImportRoot
		}
		if path.Base(dir) != "src" {
			lines = append(lines, fmt.Sprintf("where each is a project of its own, have the command end with its directory: docker build -f %s/pybuild.toml %s", dir, dir))
		}
		lines = append(lines, "where two have one name, the directory of one below [runtime.env] chooses: "+strings.Join(slices.Compact(roots), " or "))
	}
	return start{}, false, &diag.Error{Code: "PB302", At: apps.Web[0].At,
		Message: fmt.Sprintf("the source has %d web apps, and nothing says which of them the container serves", len(apps.Web)),
		Hint:    "write one of these below [serve]:\n" + strings.Join(lines, "\n")}
}

func (b *builder) startOfApp(app project.App) start {
	st := start{app: app.Name(), iface: app.Interface, framework: app.Framework, root: b.importRoot(app.ImportRoot), value: app.Name(),
		reason: fmt.Sprintf("%s:%d makes a %s app", app.File, app.At.Start.Line, app.Framework), at: app.At}
	if app.Package {
		st.root = "."
	}
	if app.Interface == project.InterfaceNone && !(app.Framework == "aiohttp" && b.Resolved.Has("gunicorn")) {
		// It runs its own server.
		st.app, st.command, st.port = "", b.program(app), 8080
	}
	return st
}

// startOfScript is a program that brings its own server.
func (b *builder) startOfScript(apps *project.Apps) (start, bool, error) {
	if len(apps.Scripts) > 1 {
		return start{}, false, b.severalPrograms("programs with a server of their own", apps.Scripts)
	}
	if len(apps.Scripts) == 0 {
		return start{}, false, nil
	}
	app := apps.Scripts[0]
	st := start{root: b.importRoot(app.ImportRoot), value: app.File, reason: fmt.Sprintf("%s:%d uses %s", app.File, app.At.Start.Line, app.Framework), at: app.At}
	switch app.Framework {
	case "streamlit":
		st.port, st.health, st.launched = 8501, "/_stcore/health", true
		st.command = []string{"streamlit", "run", b.inApp(app.File), "--server.address", "0.0.0.0", "--server.port", b.portOr(8501),
			"--server.headless", "true", "--browser.gatherUsageStats", "false"}
	case "gradio":
		st.port, st.health, st.launched = 7860, "/", true
		st.command = b.program(app)
		b.defaults["GRADIO_SERVER_NAME"], b.defaults["GRADIO_SERVER_PORT"] = "0.0.0.0", b.portOr(7860)
	case "aiohttp":
		st.port, st.command = 8080, b.program(app)
	default:
		st.command = b.program(app)
	}
	return st, true, nil
}

// program runs an app's file: as a module where it can be imported, so that
// its own imports start at the import root, as they do for a server.
func (b *builder) program(app project.App) []string {
	if app.Module != "" {
		return []string{b.plan.Python.Executable, "-m", app.Module}
	}
	return []string{b.plan.Python.Executable, b.inApp(app.File)}
}

func (b *builder) severalPrograms(what string, apps []project.App) error {
	lines := make([]string, 0, len(apps))
	for _, app := range apps {
		lines = append(lines, fmt.Sprintf("script = %q  # %s", b.inApp(app.File), app.Framework))
	}
	return &diag.Error{Code: "PB302", At: apps[0].At,
		Message: fmt.Sprintf("the source has %d %s, and nothing says which of them the container runs", len(apps), what),
		Hint:    "write one of these below [serve]:\n" + strings.Join(lines, "\n")}
}

// startOfEntryPoint is the project's only installed script, or the one that
// has its name.
func (b *builder) startOfEntryPoint(*project.Apps) (start, bool, error) {
	p := b.Facts.Project
	if p == nil || !b.installsProject() || len(p.Scripts) == 0 {
		return start{}, false, nil
	}
	names := sortedKeys(p.Scripts)
	i := slices.IndexFunc(names, func(n string) bool { return project.NormalizeName(n) == project.NormalizeName(p.Name) })
	reason := "it is the entry of [project.scripts] that has the project's name"
	if len(names) == 1 {
		i, reason = 0, "it is the project's only entry in [project.scripts]"
	}
	at := p.File.KeyAt("project", "scripts")
	if i < 0 {
		return start{}, false, &diag.Error{Code: "PB302", At: at, Source: p.File.Data,
			Message: "[project.scripts] has several entries, and nothing says which of them the container runs: " + strings.Join(names, ", "),
			Hint:    fmt.Sprintf("write\n[serve]\nscript = %q", names[0])}
	}
	return start{command: []string{names[i]}, value: names[i], reason: reason, at: at}, true, nil
}

// startOfWorker is the project's only task queue.
func (b *builder) startOfWorker(apps *project.Apps) (start, bool, error) {
	workers := b.workers(apps)
	switch len(workers) {
	case 0:
		return start{}, false, nil
	case 1:
		return workers[0], true, nil
	}
	lines := make([]string, 0, len(workers))
	for _, w := range workers {
		lines = append(lines, "command = "+execForm(w.command))
	}
	return start{}, false, &diag.Error{Code: "PB302", At: workers[0].at,
		Message: fmt.Sprintf("the source has %d task queues, and nothing says which of them the container works for", len(workers)),
		Hint:    "write one of these below [serve]:\n" + strings.Join(lines, "\n")}
}

// startOfMain is the project's only program.
func (b *builder) startOfMain(apps *project.Apps) (start, bool, error) {
	switch len(apps.Mains) {
	case 0:
		return start{}, false, nil
	case 1:
	default:
		lines := make([]string, 0, len(apps.Mains))
		for _, m := range apps.Mains {
			if m.Module != "" {
				lines = append(lines, fmt.Sprintf("module = %q", m.Module))
			} else {
				lines = append(lines, fmt.Sprintf("script = %q", b.inApp(m.File)))
			}
		}
		return start{}, false, &diag.Error{Code: "PB302", At: apps.Mains[0].At,
			Message: fmt.Sprintf("the project has %d programs, and nothing says which of them the container runs", len(apps.Mains)),
			Hint:    "write one of these below [serve]:\n" + strings.Join(lines, "\n")}
	}
	m := apps.Mains[0]
	st := start{root: b.importRoot(m.ImportRoot), value: m.File, reason: m.File + " is the project's only program", at: m.At}
	if m.Kind == project.MainPackage {
		st.command = []string{b.plan.Python.Executable, "-m", m.Module}
	} else {
		st.command = []string{b.plan.Python.Executable, b.inApp(m.File)}
	}
	return st, true, nil
}

// inApp is the path of a file of the context below the workdir.
func (b *builder) inApp(file string) string {
	if b.Facts.Dir != "." {
		file = strings.TrimPrefix(file, b.Facts.Dir+"/")
	}
	return file
}

// importRoot is a directory of the context as seen from the workdir.
func (b *builder) importRoot(dir string) string {
	if dir == "" || dir == b.Facts.Dir {
		return "."
	}
	return path.Clean(b.inApp(dir))
}

// execForm writes a command as TOML.
func execForm(command []string) string {
	quoted := make([]string, 0, len(command))
	for _, word := range command {
		quoted = append(quoted, fmt.Sprintf("%q", word))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
