package project

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/source"
	"github.com/pybuild/pybuild/llb/plan"
)

// What is searched: more than any service has, and little enough to read in a
// moment.
const (
	maxAppFiles = 2000
	maxAppDepth = 6
	// maxAppFile is more bytes than a person writes into a module that starts an app.
	maxAppFile = 1 << 20
	// maxAppBytes are those of all files together.
	maxAppBytes = 32 << 20
	// maxFactories is how many functions that make an app are looked for elsewhere.
	maxFactories = 200
)

// ReadApps finds what could start a container in the project in fsys, which is
// rooted at the build context. Mistakes are *diag.Error values, joined.
func ReadApps(fsys fs.FS, layout Layout) (*Apps, error) {
	if layout.Root == "" {
		layout.Root = "."
	}
	w := &appWalk{fsys: Bounded(fsys), layout: layout, apps: &Apps{}, files: map[string]*codeFile{}, packages: map[string]bool{}}
	var errs []error
	errs = append(errs, w.readProcfile(), w.readDeclared())
	if err := w.walk(layout.Root, 0); err != nil {
		return nil, err
	}
	w.apps.NoPython = len(w.paths) == 0
	if err := w.readCode(); err != nil {
		return nil, err
	}
	w.findDjango()
	w.findWeb()
	w.findPrograms()
	w.findWorkers()
	w.findMains()
	return w.apps, errors.Join(errs...)
}

// codeFile is a Python file of the project that was read.
type codeFile struct {
	path   string
	module string // dotted, "" if it cannot be imported
	root   string // the import root
	code   *source.Module
}

func (f *codeFile) at(p plan.Position) plan.Location {
	return plan.Location{File: f.path, Start: p, End: p}
}

// appWalk gathers the code of a project.
type appWalk struct {
	fsys   fs.FS
	layout Layout
	apps   *Apps
	// paths are all files in order, packages the directories with __init__.py.
	paths    []string
	bytes    int64 // of all paths
	packages map[string]bool
	files    map[string]*codeFile // those that were read
}

// walk lists the Python files that can be part of the app.
func (w *appWalk) walk(dir string, depth int) error {
	entries, err := fs.ReadDir(w.fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return Unreadable(dir, err)
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case len(w.paths) >= maxAppFiles || w.bytes >= maxAppBytes:
			w.apps.Truncated = true
			return nil
		case e.IsDir() && depth < maxAppDepth && !otherDir(name):
			if err := w.walk(path.Join(dir, name), depth+1); err != nil {
				return err
			}
		case e.Type().IsRegular() && strings.HasSuffix(name, ".py") && !otherFile(name):
			if info, err := e.Info(); err == nil {
				if info.Size() > maxAppFile {
					continue // data, or generated
				}
				w.bytes += info.Size()
			}
			w.paths = append(w.paths, path.Join(dir, name))
			if name == "__init__.py" {
				w.packages[dir] = true
			}
		}
	}
	return nil
}

// otherDir reports directories that hold no app to start.
func otherDir(name string) bool {
	switch name {
	case "tests", "test", "testing", "docs", "doc", "examples", "example", "samples", "benchmarks", "migrations", "alembic", "versions",
		"node_modules", "static", "templates", "build", "dist", "venv", "env", "site-packages", "notebooks", "__pycache__", "fixtures":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".egg-info")
}

func otherFile(name string) bool {
	switch name {
	case "conftest.py", "setup.py", "noxfile.py", "fabfile.py", "dodo.py":
		return true
	}
	return strings.HasPrefix(name, "test_") || strings.HasSuffix(name, "_test.py")
}

// entryFile reports names that commonly start something.
func entryFile(name string) bool {
	switch name {
	case "wsgi.py", "asgi.py", "main.py", "app.py", "application.py", "server.py", "run.py", "bot.py", "manage.py", "__main__.py", "celery.py",
		"celery_app.py", "worker.py":
		return true
	}
	return false
}

// frameworkWords are what a file has to mention to be worth reading; whether it
// uses them, its structure tells.
func frameworkWords() []string {
	return []string{"fastapi", "starlette", "flask", "quart", "litestar", "fasthtml", "aiohttp", "falcon", "sanic", "dash", "bottle",
		"blacksheep", "connexion", "socketio", "django.core.asgi", "django.core.wsgi", "streamlit", "gradio", "celery", "dramatiq", "arq",
		"huey", "taskiq", "rq", "# /// script", "STATIC_ROOT", "DJANGO_SETTINGS_MODULE"}
}

// readCode reads the files that may matter: those with one of the usual names,
// those that mention a framework, and those that call what such a file makes.
func (w *appWalk) readCode() error {
	texts := map[string][]byte{}
	for _, p := range w.paths {
		data, err := fs.ReadFile(w.fsys, p)
		if err != nil {
			return Unreadable(p, err)
		}
		texts[p] = data
		mentions := slices.ContainsFunc(frameworkWords(), func(word string) bool { return bytes.Contains(data, []byte(word)) })
		if mentions || entryFile(path.Base(p)) {
			w.read(p, data)
		}
	}
	// A module that re-exports or calls a factory mentions its name.
	looked := map[string]bool{}
	for _, f := range w.sorted() {
		for _, fn := range w.factories(f) {
			if looked[fn.name] || len(looked) >= maxFactories {
				continue
			}
			looked[fn.name] = true
			for _, p := range w.paths {
				if w.files[p] == nil && bytes.Contains(texts[p], []byte(fn.name)) {
					w.read(p, texts[p])
				}
			}
		}
	}
	return nil
}

func (w *appWalk) read(p string, data []byte) {
	f := &codeFile{path: p}
	first := source.Read(data, source.Options{})
	f.root, f.module = w.place(p, first)
	f.code = source.Read(data, source.Options{Name: f.module, Package: path.Base(p) == "__init__.py"})
	w.files[p] = f
}

// sorted are the files that were read, by their paths.
func (w *appWalk) sorted() []*codeFile {
	all := make([]*codeFile, 0, len(w.files))
	for _, p := range w.paths {
		if f := w.files[p]; f != nil {
			all = append(all, f)
		}
	}
	return all
}

// module finds a file by its dotted name, as seen from the root of another.
func (w *appWalk) module(dotted, root string) *codeFile {
	for _, f := range w.sorted() {
		if f.module == dotted && f.root == root {
			return f
		}
	}
	return nil
}

// place finds the import root of a file and its dotted name there. An installed
// package has the names that it is installed under. Else it is the rule of
// FastAPI's command line: the first directory above without __init__.py; but
// where the file itself imports from a directory that it lies in, that one's
// parent is it.
func (w *appWalk) place(p string, code *source.Module) (root, module string) {
	dir := path.Dir(p)
	if w.layout.Package {
		root = w.layout.Root
		if src := path.Join(root, "src"); dir == src || strings.HasPrefix(dir, src+"/") {
			root = src
		}
		return root, dotted(root, p)
	}
	root = dir
	for w.packages[root] && root != w.layout.Root {
		root = path.Dir(root)
	}
	var above []string // the directories that the file is in, outermost first
	for d := dir; d != w.layout.Root && d != "."; d = path.Dir(d) {
		above = append([]string{d}, above...)
	}
	for _, d := range above {
		if slices.ContainsFunc(code.Imports, func(i source.Import) bool {
			head, _, _ := strings.Cut(i.Module, ".")
			return !i.Relative && head == path.Base(d)
		}) {
			root = path.Dir(d)
			break
		}
	}
	return root, dotted(root, p)
}

// dotted is the name of a module below an import root.
func dotted(root, p string) string {
	rel := strings.TrimSuffix(strings.TrimPrefix(p, root+"/"), ".py")
	rel = strings.TrimSuffix(rel, "/__init__")
	for part := range strings.SplitSeq(rel, "/") {
		if !identifier.MatchString(part) {
			return ""
		}
	}
	return strings.ReplaceAll(rel, "/", ".")
}
