package planner

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
)

// serverKind is a program that serves apps.
type serverKind struct {
	name string
	// asgi and wsgi are the interfaces that it speaks.
	asgi, wsgi bool
	// arguments serve an app on a port with so many workers.
	arguments func(b *builder, st start, port, workers string) []string
}

// serverKinds are all servers, in the order of preference where the project
// asks for several in the same way, which is an error, and for messages.
func serverKinds() []serverKind {
	return []serverKind{
		{"uvicorn", true, false, (*builder).uvicorn},
		{"gunicorn", true, true, (*builder).gunicorn},
		{"granian", true, true, (*builder).granian},
		{"hypercorn", true, true, (*builder).hypercorn},
		{"waitress", false, true, (*builder).waitress},
	}
}

func (k serverKind) speaks(i project.Interface) bool {
	switch i {
	case project.InterfaceASGI:
		return k.asgi
	case project.InterfaceWSGI:
		return k.wsgi
	}
	return true
}

// server decides the command of a web app.
func (b *builder) server(st start) error {
	kind, reason, err := b.chooseServer(st)
	if err != nil {
		return err
	}
	b.decide("server", kind.name, reason, "serve", "server")
	s := b.Config.Serve
	workers := strconv.Itoa(max(s.Workers, 1))
	if s.WorkersAuto {
		workers = "auto"
	}
	b.launch(append([]string{kind.name}, kind.arguments(b, st, b.portOr(defaultPort), workers)...))
	return nil
}

// chooseServer is the configured server, else the one among the dependencies
// that speaks the app's interface. What the project itself asks for goes
// before what came along with something else.
func (b *builder) chooseServer(st start) (kind serverKind, reason string, err error) {
	_, source := b.Config.Source()
	fail := func(code, hint, format string, args ...any) (serverKind, string, error) {
		at := b.Config.At("serve", "app")
		if configured := b.Config.At("serve", "server"); !configured.IsZero() {
			at = configured
		}
		if at.IsZero() {
			at, source = st.at, nil
		}
		return kind, "", &diag.Error{Code: code, At: at, Source: source, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	if b.Resolved == nil {
		server := b.suitable(st.iface)
		switch nested := b.Facts.Nested; {
		case b.Facts.Input != project.InputNone:
			return fail("PB303", "add one: "+b.addCommand(server), "%s lists no dependencies, so there is no server for %s", b.inputName(), st.app)
		case b.Facts.OnlyPipfile:
			return fail("PB303", "run `"+b.addCommand(server)+"` and commit Pipfile.lock", "the Pipfile has no lock, so nothing is installed, and there is no server for %s", st.app)
		case len(nested) > 0:
			return fail("PB303", b.takeNested(nested), "nothing is installed, so there is no server for %s: %s, and no file at the root of the build context does",
				st.app, lists(nested))
		}
		return fail("PB303", "write a requirements.txt with a line "+server+" and one for each package that the app imports",
			"no file says what to install, so there is no server for %s", st.app)
	}
	var found []serverKind
	for _, k := range serverKinds() {
		if k.name == b.Config.Serve.Server {
			switch {
			case !b.Resolved.Has(k.name):
				return fail("PB303", "add it to the dependencies: "+b.addCommand(k.name), "%s is not among the packages of %s", k.name, b.inputName())
			case !k.speaks(st.iface):
				return fail("PB304", "use "+b.suitable(st.iface), "%s cannot serve %s, which speaks %s", k.name, st.app, strings.ToUpper(string(st.iface)))
			}
			return k, "the key serve.server says so", nil
		}
		if b.Resolved.Has(k.name) && k.speaks(st.iface) {
			found = append(found, k)
		}
	}
	if direct := slices.DeleteFunc(slices.Clone(found), func(k serverKind) bool { return !b.Facts.AsksFor(k.name) }); len(direct) > 0 {
		found = direct
	}
	if i := slices.IndexFunc(found, func(k serverKind) bool { return k.name == "gunicorn" }); i >= 0 && b.Resolved.Has("uvicorn-worker") {
		return found[i], "uvicorn-worker is installed, which is a worker of gunicorn's", nil
	}
	switch len(found) {
	case 1:
		return found[0], "it is among the packages of " + b.inputName(), nil
	case 0:
		add := b.addCommand(b.suitable(st.iface))
		if st.iface == project.InterfaceNone {
			add = b.addCommand("uvicorn") + " (ASGI) or " + b.addCommand("gunicorn") + " (WSGI)"
		}
		return fail("PB303", "add one to the dependencies: "+add, "no server for %s among the packages of %s", st.app, b.inputName())
	}
	all := make([]string, 0, len(found))
	for _, k := range found {
		all = append(all, fmt.Sprintf("server = %q", k.name))
	}
	return fail("PB305", "write one of these below [serve]:\n"+strings.Join(all, "\n"),
		"%d servers are installed, and each can serve %s", len(found), st.app)
}

// lists says of files that they list dependencies.
func lists(files []string) string {
	if len(files) == 1 {
		return files[0] + " lists dependencies"
	}
	return strings.Join(files, ", ") + " list dependencies"
}

// takeNested says how to install what files below the root list.
func (b *builder) takeNested(files []string) string {
	dir := path.Dir(files[0])
	context := "build with " + dir + " as the build context: docker build -f " + dir + "/pybuild.toml " + dir
	if path.Base(files[0]) != project.RequirementsFile {
		return context
	}
	return fmt.Sprintf("write input = %q in [build], or ", files[0]) + context
}

// suitable names the usual servers of an interface.
func (b *builder) suitable(i project.Interface) string {
	switch i {
	case project.InterfaceASGI:
		return "uvicorn"
	case project.InterfaceWSGI:
		return "gunicorn"
	}
	return "uvicorn (ASGI) or gunicorn (WSGI)"
}

// addCommand is how the project's own tool adds a dependency.
func (b *builder) addCommand(name string) string {
	f := b.Facts
	if tool := f.Tool(); tool != "" {
		return tool.Add(name)
	}
	switch f.Input {
	case project.InputRequirements:
		return "a line " + name + " in " + b.inputName()
	case project.InputScript:
		return "uv add --script " + b.inputName() + " " + name
	case project.InputSetup:
		return name + " in install_requires of " + b.inputName()
	case project.InputPylock:
		file, again := f.PylockSource()
		if file == "" {
			return "a line " + name + " in the file that " + b.inputName() + " is made of, and lock again"
		}
		return "a line " + name + " in " + file + ", and run `" + again + "`"
	}
	if len(f.Nested) > 0 {
		return "a line " + name + " in " + f.Nested[0] + ", and " + b.takeNested(f.Nested)
	}
	return "a line " + name + " in a new requirements.txt"
}

func (b *builder) uvicorn(st start, port, workers string) []string {
	app, factory := strings.CutSuffix(st.app, "()")
	args := []string{app, "--host", "0.0.0.0", "--port", port, "--workers", workers}
	if b.Resolved.Has("uvloop") {
		args = append(args, "--loop", "uvloop")
	}
	if factory {
		args = append(args, "--factory")
	}
	return args
}

// noControlSocket has gunicorn make none: it would lie in the home directory, which there is
// none of.
const noControlSocket = "--no-control-socket"

func (b *builder) hasControlSocket() bool { return b.Resolved.atLeast("gunicorn", "25.1") }

// mayRunGunicorn reports whether a command starts gunicorn in words of its own, or a script of a
// shell that may. GUNICORN_CMD_ARGS then says what these words do not, and gives way to them.
func (b *builder) mayRunGunicorn(command []string) bool {
	return b.hasControlSocket() && slices.ContainsFunc(command, func(word string) bool {
		return strings.Contains(word, "gunicorn") || strings.HasSuffix(word, ".sh")
	})
}

func (b *builder) gunicorn(st start, port, workers string) []string {
	args := []string{st.app, "--bind", "0.0.0.0:" + port, "--workers", workers, "--timeout", "30",
		// The heartbeat file must not lie on a disk that can stall.
		"--graceful-timeout", "20", "--worker-tmp-dir", "/dev/shm"}
	if b.hasControlSocket() {
		args = append(args, noControlSocket)
	}
	if class, why := b.workerClass(st); class != "" {
		b.decide("worker class", class, why)
		args = append(args, "--worker-class", class)
	}
	return args
}

// workerClass lets gunicorn speak ASGI where the app does: by what the source
// shows, else by the framework that is installed.
func (b *builder) workerClass(st start) (class, reason string) {
	asgi := ""
	switch st.iface {
	case project.InterfaceASGI:
		asgi = st.framework
	case project.InterfaceWSGI:
		return "", ""
	case project.InterfaceNone:
		for _, name := range []string{"starlette", "litestar", "quart", "blacksheep"} {
			if b.Resolved.Has(name) {
				asgi = name
			}
		}
	}
	switch {
	case st.framework == "aiohttp":
		return "aiohttp.GunicornWebWorker", "the app is aiohttp's"
	case asgi == "":
		return "", ""
	case b.Resolved.Has("uvicorn-worker"):
		return "uvicorn_worker.UvicornWorker", asgi + " speaks ASGI and uvicorn-worker is installed"
	case b.Resolved.Has("uvicorn"):
		return "uvicorn.workers.UvicornWorker", asgi + " speaks ASGI and uvicorn is installed"
	}
	return "asgi", asgi + " speaks ASGI, and this is gunicorn's own worker for it"
}

func (b *builder) granian(st start, port, workers string) []string {
	app, factory := strings.CutSuffix(st.app, "()")
	iface := string(st.iface)
	if iface == "" {
		iface = "asgi"
	}
	args := []string{app, "--interface", iface, "--host", "0.0.0.0", "--port", port, "--workers", workers}
	if factory {
		args = append(args, "--factory")
	}
	return args
}

func (b *builder) hypercorn(st start, port, workers string) []string {
	app := st.app
	if st.iface == project.InterfaceWSGI {
		app = "wsgi:" + app
	}
	return []string{app, "--bind", "0.0.0.0:" + port, "--workers", workers, "--worker-class", b.hypercornLoop()}
}

func (b *builder) hypercornLoop() string {
	if b.Resolved.Has("uvloop") {
		return "uvloop"
	}
	return "asyncio"
}

func (b *builder) waitress(st start, port, _ string) []string {
	args := []string{"--host", "0.0.0.0", "--port", port}
	app, factory := strings.CutSuffix(st.app, "()")
	if factory {
		args = append(args, "--call")
	}
	return append(args, app)
}
