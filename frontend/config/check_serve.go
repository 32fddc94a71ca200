package config

import (
	"path"
	"regexp"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
)

const identifier = `[\pL_][\pL\pN_]*`

var (
	appTarget  = regexp.MustCompile(`^` + identifier + `(\.` + identifier + `)*:` + identifier + `(\.` + identifier + `)*(\(\))?$`)
	moduleName = regexp.MustCompile(`^` + identifier + `(\.` + identifier + `)*$`)
	scriptName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$`)
)

func checkApp(s string) *diag.Error {
	if appTarget.MatchString(s) {
		return nil
	}
	file, attribute, given := strings.Cut(s, ":")
	if !given || attribute == "" {
		attribute = "app"
	}
	hint := `write "module:attribute", such as "shop.main:app"`
	if fixed := asModule(file) + ":" + attribute; appTarget.MatchString(fixed) {
		hint = "write " + quote(fixed)
	}
	return mistake("PB012", hint, "%s does not name an application", show(s))
}

// asModule turns the path of a Python file into the name of its module.
func asModule(s string) string {
	s = strings.TrimPrefix(strings.TrimSuffix(s, ".py"), "./")
	return strings.Trim(strings.NewReplacer("/", ".", `\`, ".").Replace(s), ".")
}

// Servers are the programs that pybuild knows how to start an application
// with.
func Servers() []string { return []string{"uvicorn", "gunicorn", "granian", "hypercorn", "waitress"} }

func checkServer(s string) *diag.Error {
	switch s {
	case "daphne", "uwsgi", "tornado", "bjoern", "mod_wsgi-express", "cherrypy":
		return mistake("PB010", "pybuild sets up "+enumerate(Servers(), "and")+"; start any other with command = ["+quote(s)+", ...]",
			"server %s is not built in", show(s))
	}
	return oneOf("server", Servers()...)(s)
}

func checkModule(s string) *diag.Error {
	if moduleName.MatchString(s) {
		if rest, isFile := strings.CutSuffix(s, ".py"); isFile {
			return mistake("PB012", "write module = "+quote(rest)+", or script = "+quote(s), "%s is a file, not a module", show(s))
		}
		return nil
	}
	hint := `write the dotted name, such as "shop.worker"; arguments belong in args`
	name := s
	if _, rest, found := strings.Cut(s, "-m "); found {
		name = strings.TrimSpace(rest)
	}
	if fixed := asModule(name); moduleName.MatchString(fixed) {
		hint = "write " + quote(fixed)
	}
	return mistake("PB012", hint, "%s is not the name of a module", show(s))
}

func checkScript(s string) *diag.Error {
	hint := `write an installed entry point, such as "shop-worker", or a file of the app, such as "bin/worker.py"`
	switch {
	case strings.HasPrefix(s, "/"):
		return mistake("PB012", "write it relative to the app, or use command", "script %s is absolute", show(s))
	case strings.HasSuffix(s, ".py") && len(strings.Fields(s)) == 1 && !strings.ContainsAny(s, `\*?[]$`):
		switch clean := path.Clean(s); {
		case strings.HasPrefix(clean, "../"):
			return mistake("PB012", "write it relative to the app, as bin/worker.py", "script %s leaves the app", show(s))
		case clean != s:
			return mistake("PB012", "write "+quote(clean), "script %s is not in its shortest form", show(s))
		case strings.HasPrefix(s, "-"):
			return mistake("PB012", hint, "script %s would read as an option", show(s))
		}
		return nil
	case scriptName.MatchString(s):
		return nil
	case len(strings.Fields(s)) > 1:
		words := strings.Fields(s)
		hint = "write script = " + quote(words[0]) + " and args = " + quoteAll(words[1:])
	case strings.Contains(s, "/"):
		hint = "a file of the app ends in .py; start any other with command"
	}
	return mistake("PB012", hint, "%s is not a script", show(s))
}

var hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// checkHost judges the host of a request.
func checkHost(s string) *diag.Error {
	if hostName.MatchString(s) {
		return nil
	}
	hint := `write the name alone, such as "shop.example"`
	_, rest, isURL := strings.Cut(s, "://")
	if rest, _, _ = strings.Cut(rest, "/"); isURL && hostName.MatchString(rest) {
		hint = "write " + quote(rest)
	} else if rest := strings.TrimPrefix(strings.TrimPrefix(s, "*"), "."); hostName.MatchString(rest) {
		hint = "write " + quote(rest)
	}
	return mistake("PB009", hint, "%s is no host that a request can name", show(s))
}

func checkHealthPath(s string) *diag.Error {
	switch {
	case strings.Contains(s, "://"):
		return mistake("PB009", `write the path only, such as "/health"`, "%s is a URL; the check asks the app itself", show(s))
	case !strings.HasPrefix(s, "/"):
		return mistake("PB009", "write "+quote("/"+strings.TrimSpace(s)), "the path %s does not start with /", show(s))
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '#' || r == '\\' || r == '"' }):
		return mistake("PB009", "encode other characters as %20 and the like", "the path %s is not one that HTTP can ask for", show(s))
	}
	return nil
}
