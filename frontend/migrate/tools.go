package migrate

import (
	"slices"
	"strings"
)

// lockOf are the locks of the tools that have one.
func lockOf(tool string) string {
	return map[string]string{"uv": "uv.lock", "poetry": "poetry.lock", "pdm": "pdm.lock", "pipenv": "Pipfile.lock"}[tool]
}

// tool reads the tools that have a lock, and those that make environments.
func (r *running) tool(name string, c call, args []string) {
	verb := ""
	if len(args) > 0 {
		verb = args[0]
	}
	switch {
	case name == "uv" && verb == "pip" && len(args) > 1:
		r.pip(c, args[1:])
	case name == "pip-sync":
		r.pip(c, append([]string{"install"}, flagged("-r", args)...))
	case name == "uv" && verb == "python" && len(args) > 2 && args[1] == "install":
		if err := r.pythonOf(r.stage, inTag, strings.TrimPrefix(args[2], "cpython-")); err != nil && r.refused == nil {
			r.refused = err
		}
	case (name == "uv" && verb == "tool" || name == "pipx") && len(args) > 1:
		last := args[len(args)-1]
		if installers.MatchString(reqName.FindString(last)) {
			r.leave(c.at, c.text, "pybuild brings what installs packages")
		} else {
			r.ask(c.at, c.text, "tools are not installed apart: add %s to the project's dependencies", last)
		}
	case lockOf(name) == "":
		r.leave(c.at, c.text, "what the project lists is installed, by a uv that is not part of the image")
	case verb == "add" && len(args) > 1:
		for _, a := range args[1:] {
			if !strings.HasPrefix(a, "-") {
				r.requirement(c, a, false)
			}
		}
	case slices.Contains([]string{"sync", "install", "export", "requirements", "build"}, verb):
		r.locked(name, verb, c, args[1:])
	default:
		r.leave(c.at, c.text, "how packages are installed is pybuild's own")
	}
}

// locked reads an installation of what a lock pins, or an export of it.
func (r *running) locked(name, verb string, c call, args []string) {
	r.installs = true
	r.deps.uses = append(r.deps.uses, use{text: c.text, at: c.at})
	r.deps.tools = append(r.deps.tools, use{text: lockOf(name), at: c.at})
	choice := chosen{call: c, root: slices.Contains([]string{"sync", "install", "build"}, verb)}
	choice.dev = choice.root && r.vars["UV_NO_DEV"] == "" && r.stage.vars["UV_NO_DEV"] == ""
	for len(args) > 0 {
		args = r.flag(&choice, args)
	}
	if name == "pipenv" {
		choice.root, choice.dev = false, false
	}
	if choice.root {
		r.deps.synced = true
	}
	why := "what " + lockOf(name) + " pins is installed"
	if !r.exists(lockOf(name)) {
		why = "what the project lists is installed; there is no " + lockOf(name) + " to pin it"
	}
	if choice.dev {
		why += "; what developers need is not"
	}
	r.leave(c.at, c.text, why)
}

// chosen is what an installation installs beside the project's dependencies.
type chosen struct {
	call call
	// root is the project itself, dev what developers need.
	root, dev bool
}

// flag reads the first of a tool's arguments, with its value, and returns the others.
func (r *running) flag(choice *chosen, args []string) []string {
	c := choice.call
	flag, value, inline := strings.Cut(args[0], "=")
	args = args[1:]
	take := func() []string {
		if !inline && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		return strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' })
	}
	switch flag {
	case "--extra", "-E", "--extras":
		for _, e := range take() {
			r.deps.extras = append(r.deps.extras, use{text: e, at: c.at})
		}
	case "--group", "-G", "--with":
		for _, g := range take() {
			if strings.HasPrefix(g, ":") {
				r.ask(c.at, flag+" "+g, "name the groups in groups of [build]")
			} else {
				r.deps.groups = append(r.deps.groups, use{text: g, at: c.at})
			}
		}
	case "--only", "--only-group":
		for _, g := range take() {
			if g != "main" && g != "default" {
				r.ask(c.at, flag+" "+g, "the project's own dependencies are installed as well: groups in [build] names what comes beside them")
			}
		}
		choice.dev = false
	case "--package":
		if all := take(); len(all) > 0 {
			r.deps.pkg = use{text: all[0], at: c.at}
		}
	case "--no-install-project", "--no-root", "--no-self", "--no-install-workspace", "--no-install-local":
		choice.root = false
	case "--no-dev", "--prod", "--production", "--no-default-groups":
		choice.dev = false
	case "--no-group", "--without":
		take()
		choice.dev = false
	case "--dev", "-d":
		r.ask(c.at, c.text, "what developers need stays out of the image: groups in [build] names what is to be in it, and --target test and dev have it")
		choice.dev = false
	case "--all-extras":
		r.ask(c.at, flag, "name the extras that the image needs in extras of [build]")
	case "--all-groups":
		r.ask(c.at, flag, "name the groups that the image needs in groups of [build]")
		choice.dev = false
	case "--project", "--directory", "-p", "--python", "-f", "--format", "-o", "--output", "--output-file", "--no-install-package":
		take()
	}
	return args
}

// flagged puts a flag before each word.
func flagged(flag string, words []string) []string {
	var all []string
	for _, w := range words {
		if !strings.HasPrefix(w, "-") {
			all = append(all, flag, w)
		}
	}
	return all
}
