package project

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/source"
	"github.com/pybuild/pybuild/llb/plan"
)

var identifier = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)

// maker is a callable that makes a web app.
type maker struct {
	callee    string
	framework string
	iface     Interface
}

// makers are the classes and functions of the frameworks.
func makers() []maker {
	return []maker{
		{"fastapi.FastAPI", "fastapi", InterfaceASGI}, {"fastapi.applications.FastAPI", "fastapi", InterfaceASGI},
		{"starlette.applications.Starlette", "starlette", InterfaceASGI},
		{"flask.Flask", "flask", InterfaceWSGI}, {"flask.app.Flask", "flask", InterfaceWSGI},
		{"flask_openapi3.OpenAPI", "flask", InterfaceWSGI}, {"apiflask.APIFlask", "flask", InterfaceWSGI},
		{"quart.Quart", "quart", InterfaceASGI}, {"quart.app.Quart", "quart", InterfaceASGI},
		{"litestar.Litestar", "litestar", InterfaceASGI}, {"litestar.app.Litestar", "litestar", InterfaceASGI},
		{"fasthtml.FastHTML", "fasthtml", InterfaceASGI}, {"fasthtml.common.FastHTML", "fasthtml", InterfaceASGI},
		{"fasthtml.fast_app", "fasthtml", InterfaceASGI}, {"fasthtml.common.fast_app", "fasthtml", InterfaceASGI},
		{"aiohttp.web.Application", "aiohttp", InterfaceNone},
		{"falcon.App", "falcon", InterfaceWSGI}, {"falcon.API", "falcon", InterfaceWSGI}, {"falcon.asgi.App", "falcon", InterfaceASGI},
		{"sanic.Sanic", "sanic", InterfaceASGI},
		{"dash.Dash", "dash", InterfaceWSGI}, {"dash.dash.Dash", "dash", InterfaceWSGI},
		{"bottle.Bottle", "bottle", InterfaceWSGI}, {"bottle.default_app", "bottle", InterfaceWSGI},
		{"blacksheep.Application", "blacksheep", InterfaceASGI}, {"blacksheep.server.Application", "blacksheep", InterfaceASGI},
		{"connexion.AsyncApp", "connexion", InterfaceASGI}, {"connexion.FlaskApp", "connexion", InterfaceASGI}, {"connexion.App", "connexion", InterfaceASGI},
		{"socketio.ASGIApp", "socketio", InterfaceASGI}, {"socketio.WSGIApp", "socketio", InterfaceWSGI},
		{"django.core.asgi.get_asgi_application", "django", InterfaceASGI}, {"django.core.wsgi.get_wsgi_application", "django", InterfaceWSGI},
		{"channels.routing.ProtocolTypeRouter", "django", InterfaceASGI},
	}
}

// made is the maker of a value, seen from its file: a star import hides where a
// name comes from.
func made(f *codeFile, v source.Value) (maker, bool) {
	if v.Call == nil {
		return maker{}, false
	}
	for _, m := range makers() {
		if v.Call.Callee == m.callee {
			return m, true
		}
		for _, star := range f.code.Stars() {
			if name, local := strings.CutPrefix(v.Call.Callee, "."); local && star+"."+name == m.callee {
				return m, true
			}
		}
	}
	return maker{}, false
}

// factory is a function that makes an app.
type factory struct {
	maker
	name string
	bare bool // needs no arguments
	at   plan.Position
}

// factories are the functions of a file that return an app.
func (w *appWalk) factories(f *codeFile) []factory {
	var all []factory
	for _, fn := range f.code.Functions {
		for _, v := range fn.Returned {
			if m, ok := made(f, v); ok && !fn.Async {
				all = append(all, factory{m, fn.Name, fn.Bare, fn.At})
				break
			}
		}
	}
	return all
}

// called finds the factory that a name means, through what modules re-export.
func (w *appWalk) called(f *codeFile, callee string, depth int) (*codeFile, factory, bool) {
	if depth > 5 {
		return nil, factory{}, false
	}
	name, owner := "", f
	if local, ok := strings.CutPrefix(callee, "."); ok {
		name = local
	} else if i := strings.LastIndexByte(callee, '.'); i > 0 {
		name, owner = callee[i+1:], w.module(callee[:i], f.root)
	}
	if owner == nil || name == "" {
		return nil, factory{}, false
	}
	for _, found := range w.factories(owner) {
		if found.name == name {
			return owner, found, true
		}
	}
	if imported, ok := owner.code.Imported(name); ok && imported.Name != "" {
		return w.called(owner, imported.Module+"."+imported.Name, depth+1)
	}
	return nil, factory{}, false
}

// candidate is a web app before those that others use up are dropped.
type candidate struct {
	App
	file     *codeFile
	variable string // of the module; "" for a factory
}

// findWeb finds the web apps.
func (w *appWalk) findWeb() {
	var all []candidate
	used := map[string]string{} // by the name of a factory or a variable: the app that uses it
	for _, f := range w.sorted() {
		if f.module == "" || w.beside(f) {
			continue
		}
		all = append(all, w.variables(f, used)...)
	}
	for _, f := range w.sorted() {
		if f.module == "" || w.beside(f) {
			continue
		}
		for _, fn := range w.factories(f) {
			if name := f.module + ":" + fn.name + "()"; fn.bare && used[name] == "" && fn.framework != "django" {
				all = append(all, candidate{App: w.app(f, fn.maker, fn.name+"()", fn.at), file: f})
			}
		}
	}
	w.dropMounted(all, used)
	for _, c := range all {
		if used[c.Name()] != "" || c.Framework == "django" && w.apps.Django != nil {
			continue
		}
		for inner, outer := range used {
			if outer == c.Name() {
				c.Inner = append(c.Inner, inner)
			}
		}
		slices.Sort(c.Inner)
		w.apps.Web = append(w.apps.Web, c.App)
	}
	slices.SortStableFunc(w.apps.Web, func(a, b App) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.At.Start.Line, b.At.Start.Line))
	})
}

// beside reports a file that lies beside an installed package and is no part of
// it, as a script at the root of the repository.
func (w *appWalk) beside(f *codeFile) bool {
	return w.layout.Package && path.Dir(f.path) == w.layout.Root && len(w.packages) > 0
}

func (w *appWalk) app(f *codeFile, m maker, attribute string, at plan.Position) App {
	return App{Framework: m.framework, Interface: m.iface, Module: f.module, Attribute: attribute, File: f.path,
		ImportRoot: f.root, Package: w.layout.Package, At: f.at(at)}
}

// variables are the apps that a file assigns at its top level.
func (w *appWalk) variables(f *codeFile, used map[string]string) []candidate {
	var all []candidate
	for _, a := range f.code.Assignments {
		if len(a.Names) == 0 || a.Augmented || !identifier.MatchString(a.Names[0]) || a.Guarded {
			continue
		}
		name := a.Names[0]
		known := slices.IndexFunc(all, func(c candidate) bool { return c.variable == name })
		m, ok := made(f, a.Value)
		if known >= 0 {
			continue // wrapped by a middleware, or made in another branch
		}
		inner := ""
		if !ok && a.Value.Call != nil {
			owner, made, found := w.called(f, a.Value.Call.Callee, 0)
			if m, ok = made.maker, found; ok {
				inner = owner.module + ":" + made.name + "()"
			}
		}
		if !ok {
			continue
		}
		attribute := name
		if m.framework == "dash" {
			attribute = name + ".server"
		}
		c := candidate{App: w.app(f, m, attribute, a.At), file: f, variable: name}
		c.Guarded = a.Conditional
		if inner != "" {
			used[inner] = c.Name()
		}
		all = append(all, c)
	}
	return all
}

// dropMounted marks the apps that another app mounts, wraps or imports.
func (w *appWalk) dropMounted(all []candidate, used map[string]string) {
	for _, inner := range all {
		if inner.variable == "" {
			continue
		}
		for _, outer := range all {
			if outer.Name() == inner.Name() || used[outer.Name()] == inner.Name() || outer.Framework == "aiohttp" && inner.Framework != "aiohttp" {
				continue
			}
			if w.uses(outer, inner) {
				used[inner.Name()] = outer.Name()
				break
			}
		}
	}
}

// uses reports whether the module of one app gives the other to it.
func (w *appWalk) uses(outer, inner candidate) bool {
	name := "." + inner.variable
	if outer.file != inner.file {
		if outer.file.root != inner.file.root {
			return false
		}
		imported := slices.ContainsFunc(outer.file.code.Imports, func(i source.Import) bool {
			return i.Module == inner.Module && i.Name == inner.variable || i.Module+"."+i.Name == inner.Module && i.Name != ""
		})
		return imported && outer.variable != ""
	}
	given := func(c source.Call) bool {
		return slices.ContainsFunc(c.Args, func(a source.Argument) bool { return a.Ref == name || slices.Contains(a.Refs, name) })
	}
	for _, c := range outer.file.code.Calls {
		if strings.HasPrefix(c.Callee, "."+outer.variable+".") && outer.variable != "" && given(c) {
			return true
		}
	}
	for _, a := range outer.file.code.Assignments {
		if slices.Contains(a.Names, outer.variable) && a.Value.Call != nil && given(*a.Value.Call) {
			return true
		}
	}
	return false
}
