package project

import (
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/source"
	"github.com/pybuild/pybuild/llb/plan"
)

const settingsVariable = "DJANGO_SETTINGS_MODULE"

// findDjango finds a Django project by its manage.py, and reads its settings.
func (w *appWalk) findDjango() {
	var manage *codeFile
	for _, f := range w.sorted() {
		if path.Base(f.path) == "manage.py" && (manage == nil || len(f.path) < len(manage.path)) {
			if settings, _ := defaultSettings(f.code); settings != "" {
				manage = f
			}
		}
	}
	if manage == nil {
		return
	}
	settings, at := defaultSettings(manage.code)
	d := &Django{ManagePy: manage.path, SettingsModule: settings, SettingsAt: manage.at(at), ImportRoot: path.Dir(manage.path), At: manage.at(at)}
	// Modules of the project are seen from the directory of manage.py.
	for _, f := range w.sorted() {
		if strings.HasPrefix(f.path, d.ImportRoot+"/") || d.ImportRoot == "." {
			f.root, f.module = d.ImportRoot, dotted(d.ImportRoot, f.path)
		}
	}
	w.readSettings(d, settings, map[string]bool{})
	for _, f := range w.sorted() {
		for _, a := range f.code.Assignments {
			m, ok := made(f, a.Value)
			if !ok || m.framework != "django" || f.module == "" {
				continue
			}
			app := w.app(f, m, a.Names[0], a.At)
			if near := &d.WSGI; m.iface == InterfaceWSGI && *near == nil {
				*near = &app
			}
			if near := &d.ASGI; m.iface == InterfaceASGI && *near == nil {
				*near = &app
			}
		}
	}
	w.apps.Django = d
}

// defaultSettings is the module that a file names by
// os.environ.setdefault("DJANGO_SETTINGS_MODULE", ...).
func defaultSettings(m *source.Module) (module string, at plan.Position) {
	calls := slices.Clone(m.Calls)
	for _, fn := range m.Functions {
		calls = append(calls, fn.Calls...)
	}
	for _, c := range calls {
		if strings.HasSuffix(c.Callee, "environ.setdefault") && len(c.Args) == 2 &&
			c.Args[0].Literal != nil && *c.Args[0].Literal == settingsVariable && c.Args[1].Literal != nil {
			return *c.Args[1].Literal, c.At
		}
	}
	return "", plan.Position{}
}

// readSettings reads a settings module and those from which it imports
// everything.
func (w *appWalk) readSettings(d *Django, module string, seen map[string]bool) {
	if seen[module] || len(seen) > 20 {
		return
	}
	seen[module] = true
	f := w.settingsFile(d, module)
	if f == nil {
		return
	}
	if d.SettingsFile == "" {
		d.SettingsFile = f.path
	}
	w.readSwitches(d, f, seen)
	for _, a := range f.code.Assignments {
		switch {
		case slices.Contains(a.Value.Strings, "django.contrib.staticfiles"):
			d.StaticFiles, d.StaticFilesAt = true, f.at(a.At)
		case slices.Contains(a.Names, "STATIC_ROOT") && says(a.Value):
			d.StaticRoot, d.StaticRootAt = true, f.at(a.At)
		case slices.Contains(a.Names, "WSGI_APPLICATION") && a.Value.Literal != nil:
			d.WSGI = w.settingsApp(d, f, a, InterfaceWSGI)
		case slices.Contains(a.Names, "ASGI_APPLICATION") && a.Value.Literal != nil:
			d.ASGI = w.settingsApp(d, f, a, InterfaceASGI)
		}
	}
	for _, star := range f.code.Stars() {
		w.readSettings(d, star, seen)
	}
}

// says reports whether a value is more than None.
func says(v source.Value) bool {
	return v.Call != nil || v.Ref != "" || v.Literal != nil && *v.Literal != "" || v.Literal == nil && len(v.Strings)+len(v.Refs) > 0
}

// settingsFile finds a settings module, and reads it again by its name: its
// relative imports depend on it.
func (w *appWalk) settingsFile(d *Django, module string) *codeFile {
	base := path.Join(d.ImportRoot, strings.ReplaceAll(module, ".", "/"))
	for _, name := range []string{base + ".py", base + "/__init__.py"} {
		if !w.exist(name) {
			continue
		}
		data, err := readFile(w.fsys, name)
		if err != nil {
			return nil
		}
		return &codeFile{path: name, module: module, root: d.ImportRoot,
			code: source.Read(data, source.Options{Name: module, Package: path.Base(name) == "__init__.py"})}
	}
	return nil
}

// settingsApp is the application that the settings name, as
// "mysite.wsgi.application".
func (w *appWalk) settingsApp(d *Django, f *codeFile, a source.Assignment, iface Interface) *App {
	dotted := *a.Value.Literal
	i := strings.LastIndexByte(dotted, '.')
	if i <= 0 {
		return nil
	}
	file := path.Join(d.ImportRoot, strings.ReplaceAll(dotted[:i], ".", "/")+".py")
	return &App{Framework: "django", Interface: iface, Module: dotted[:i], Attribute: dotted[i+1:], File: file,
		ImportRoot: d.ImportRoot, Package: w.layout.Package, At: f.at(a.At)}
}
