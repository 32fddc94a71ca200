package project

import (
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/source"
	"github.com/pybuild/pybuild/llb/plan"
)

// findPrograms finds the files that bring their own server.
func (w *appWalk) findPrograms() {
	var pages []string // files that another one shows as its pages
	for _, f := range w.sorted() {
		for _, c := range f.code.Calls {
			if c.Callee == "streamlit.Page" && len(c.Args) > 0 && c.Args[0].Literal != nil {
				pages = append(pages, path.Join(path.Dir(f.path), *c.Args[0].Literal))
			}
		}
		for _, a := range f.code.Assignments {
			for _, s := range a.Value.Strings {
				if strings.HasSuffix(s, ".py") {
					pages = append(pages, path.Join(path.Dir(f.path), s))
				}
			}
		}
	}
	for _, f := range w.sorted() {
		if w.serves(f.path) || slices.Contains(pages, f.path) || path.Base(path.Dir(f.path)) == "pages" || w.importedByOthers(f, "streamlit", "gradio") {
			continue
		}
		framework, at := program(f.code)
		if framework != "" {
			w.apps.Scripts = append(w.apps.Scripts, App{Framework: framework, Module: f.module, File: f.path, ImportRoot: f.root, At: f.at(at)})
		}
	}
}

// serves reports whether a file has a web app for a server.
func (w *appWalk) serves(file string) bool {
	return slices.ContainsFunc(w.apps.Web, func(a App) bool { return a.File == file })
}

// importedByOthers reports whether a file that uses one of the frameworks takes
// something from this one: then that one is the program.
func (w *appWalk) importedByOthers(f *codeFile, frameworks ...string) bool {
	if f.module == "" {
		return false
	}
	for _, other := range w.sorted() {
		if other == f || !slices.ContainsFunc(other.code.Imports, func(i source.Import) bool { return slices.Contains(frameworks, i.Module) }) {
			continue
		}
		if slices.ContainsFunc(other.code.Imports, func(i source.Import) bool {
			return i.Module == f.module || i.Name != "" && i.Module+"."+i.Name == f.module
		}) {
			return true
		}
	}
	return false
}

// program names the framework whose server a file starts.
func program(m *source.Module) (framework string, at plan.Position) {
	calls := slices.Clone(m.Calls)
	for _, fn := range m.Functions {
		if fn.Name == "main" {
			calls = append(calls, fn.Calls...)
		}
	}
	for _, c := range calls {
		switch {
		case strings.HasPrefix(c.Callee, "streamlit."):
			return "streamlit", c.At
		case strings.HasSuffix(c.Callee, ".launch") && imports(m, "gradio"):
			return "gradio", c.At
		case c.Callee == "aiohttp.web.run_app":
			return "aiohttp", c.At
		}
	}
	return "", plan.Position{}
}

func imports(m *source.Module, module string) bool {
	return slices.ContainsFunc(m.Imports, func(i source.Import) bool {
		return i.Module == module || strings.HasPrefix(i.Module, module+".")
	})
}

// findWorkers finds the task queues.
func (w *appWalk) findWorkers() {
	for _, f := range w.sorted() {
		if f.module == "" || w.beside(f) {
			continue
		}
		add := func(framework, attribute string, at plan.Position) {
			w.apps.Workers = append(w.apps.Workers, App{Framework: framework, Module: f.module, Attribute: attribute, File: f.path,
				ImportRoot: f.root, Package: w.layout.Package, At: f.at(at)})
		}
		for _, a := range f.code.Assignments {
			if a.Value.Call == nil || len(a.Names) == 0 || a.Guarded {
				continue
			}
			switch callee := a.Value.Call.Callee; {
			case callee == "celery.Celery" || callee == "celery.app.Celery":
				add("celery", a.Names[0], a.At)
			case strings.HasPrefix(callee, "huey.") && strings.HasSuffix(callee, "Huey"):
				add("huey", a.Names[0], a.At)
			case strings.HasPrefix(callee, "taskiq") && strings.HasSuffix(callee, "Broker"):
				add("taskiq", a.Names[0], a.At)
			}
		}
		for _, c := range f.code.Classes {
			if c.Name == "WorkerSettings" && slices.Contains(c.Names, "functions") {
				add("arq", c.Name, c.At)
			}
		}
		for _, fn := range f.code.Functions {
			if slices.Contains(fn.Decorators, "dramatiq.actor") {
				add("dramatiq", "", fn.At)
				break
			}
		}
		for _, c := range f.code.Calls {
			if strings.HasPrefix(c.Callee, "rq.Worker") && strings.HasSuffix(c.Callee, ".work") {
				add("rq", "", c.At)
			}
		}
	}
}

// findMains finds programs without a framework.
func (w *appWalk) findMains() {
	roots := []string{w.layout.Root, path.Join(w.layout.Root, "src")}
	for _, f := range w.sorted() {
		base, dir := path.Base(f.path), path.Dir(f.path)
		m := Main{File: f.path, ImportRoot: f.root, Guard: f.code.Guard.Line > 0, At: f.at(plan.Position{Line: 1, Column: 1})}
		switch {
		case w.serves(f.path) || slices.ContainsFunc(w.apps.Scripts, func(a App) bool { return a.File == f.path }):
			continue
		case base == "__main__.py" && slices.Contains(roots, path.Dir(dir)) && dir != w.layout.Root:
			m.Kind, m.Module = MainPackage, strings.TrimSuffix(f.module, ".__main__")
		case w.layout.Package:
			continue // not in the image
		case slices.Contains(roots, dir) && f.code.Inline.Line > 0:
			m.Kind, m.At = MainInline, f.at(f.code.Inline)
		case slices.Contains(roots, dir) && slices.Contains([]string{"main.py", "app.py", "server.py", "run.py", "bot.py", "__main__.py"}, base):
			m.Kind, m.Module = MainFile, ""
			if m.Guard {
				m.At = f.at(f.code.Guard)
			}
		default:
			continue
		}
		w.apps.Mains = append(w.apps.Mains, m)
	}
	// What another of them imports is a part of it.
	w.apps.Mains = slices.DeleteFunc(w.apps.Mains, func(m Main) bool {
		inner := w.files[m.File]
		return inner.module != "" && slices.ContainsFunc(w.apps.Mains, func(other Main) bool {
			return other.File != m.File && slices.ContainsFunc(w.files[other.File].code.Imports, func(i source.Import) bool { return i.Module == inner.module })
		})
	})
}
