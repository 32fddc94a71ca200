package migrate

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// use is something that a file asks for, with its place.
type use struct {
	text string
	at   plan.Location
	// only reports an index in place of the public one.
	only bool
}

// dependencies are what a file installs of Python.
type dependencies struct {
	// uses are all installations; tools those by the tool of a lock.
	uses, tools []use
	// files are requirements files of the context, missing those that are made by a step,
	// requirements what is named on the command line.
	files, made, requirements []use
	constraints               []use
	indexes                   []use
	groups, extras            []use
	pkg                       use
	// project installs the project itself by pip; synced says that a tool did.
	project use
	synced  bool
}

// installers are what installs, and is no part of the project.
var installers = regexp.MustCompile(`^(pip|setuptools|wheel|uv|poetry|poetry-core|poetry-plugin-export|pdm|pipenv|pip-tools|virtualenv|build|hatch|hatchling|pipx|wheels|poetry-dynamic-versioning|installer)$`)

var reqName = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)`)

// pipValued are flags of pip and uv that take a value.
var pipValued = []string{"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host", "-t", "--target", "--prefix", "--root", "-w", "--wheel-dir",
	"-d", "--dest", "-b", "--build", "--timeout", "--retries", "--proxy", "--cert", "--client-cert", "--cache-dir", "--platform", "--python-version", "--implementation",
	"--abi", "--progress-bar", "--no-binary", "--only-binary", "--python", "-p", "--index", "--default-index", "--index-strategy", "--link-mode", "--config-settings", "-C",
	"--upgrade-strategy", "--log", "--root-user-action", "--allow-insecure-host", "--torch-backend", "--keyring-provider", "--python-platform", "--resolution", "--prerelease"}

// pip reads pip install, pip wheel and their like, of uv as well.
func (r *running) pip(c call, args []string) {
	verb := ""
	var rest []string
	for i, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			verb, rest = arg, slices.Concat(args[:i], args[i+1:])
			break
		}
	}
	switch verb {
	case "install", "wheel", "download", "sync":
	case "config":
		if slices.ContainsFunc(rest, func(a string) bool { return strings.Contains(a, "index-url") }) {
			r.deps.indexes = append(r.deps.indexes, use{rest[len(rest)-1], c.at, !strings.Contains(c.text, "extra-index")})
			return
		}
		r.leave(c.at, c.text, "how packages are installed is pybuild's own")
		return
	case "compile", "freeze", "list", "check", "cache", "show", "debug", "uninstall", "--version", "":
		r.leave(c.at, c.text, "it changes nothing of what is installed")
		return
	default:
		r.ask(c.at, c.text, elsewhere)
		return
	}
	r.installs = true
	r.deps.uses = append(r.deps.uses, use{text: c.text, at: c.at})
	for name, value := range c.vars {
		if indexEnv.MatchString(name) {
			r.deps.indexes = append(r.deps.indexes, use{value, c.at, onlyEnv(name)})
		}
	}
	before := len(r.todo) + len(r.left) + len(r.deps.files) + len(r.deps.requirements)
	for i := 0; i < len(rest); i++ {
		arg, value, inline := strings.Cut(rest[i], "=")
		if !strings.HasPrefix(arg, "-") {
			r.requirement(c, rest[i], false)
			continue
		}
		for _, short := range []string{"-r", "-c", "-e", "-i", "-f"} {
			if strings.HasPrefix(arg, short) && len(arg) > 2 && arg[1] != '-' {
				arg, value, inline = short, rest[i][2:], true
			}
		}
		takes := slices.Contains([]string{"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "--group", "--extra"}, arg) || slices.Contains(pipValued, arg)
		if takes && !inline && i+1 < len(rest) {
			i++
			value = rest[i]
		}
		switch arg {
		case "-r", "--requirement", "--requirements":
			r.requirementsFile(c, value, false)
		case "-c", "--constraint":
			r.requirementsFile(c, value, true)
		case "-e", "--editable":
			r.requirement(c, value, true)
		case "--group":
			r.deps.groups = append(r.deps.groups, use{text: value, at: c.at})
		case "--extra":
			r.deps.extras = append(r.deps.extras, use{text: value, at: c.at})
		case "-i", "--index-url", "--extra-index-url", "--index", "--default-index":
			r.deps.indexes = append(r.deps.indexes, use{value, c.at, arg != "--extra-index-url" && arg != "--index"})
		case "--trusted-host", "--allow-insecure-host", "--cert":
			r.ask(c.at, arg+" "+value, "certificates are always checked: pass the one of your CA as the secret ca, with ca = true in [build]")
		case "--no-binary", "--only-binary", "--torch-backend", "--prerelease", "--pre", "--index-strategy", "--no-deps":
			if arg != "--no-deps" {
				r.ask(c.at, strings.TrimSpace(arg+" "+value), "write it into the requirements file, or to [tool.uv] of pyproject.toml")
			}
		}
	}
	if len(r.todo)+len(r.left)+len(r.deps.files)+len(r.deps.requirements) == before {
		r.leave(c.at, c.text, "what the project lists is installed, by a uv that is not part of the image")
	}
}

// requirementsFile is what -r or -c name.
func (r *running) requirementsFile(c call, name string, constraint bool) {
	at := r.word(c, name)
	inContext := r.context(r.under(c.dir, name))
	switch {
	case strings.Contains(name, "://"):
		r.ask(at, "-r "+name, "a file of a server is not read: put it into the context")
	case !r.exists(inContext) && constraint:
		r.ask(at, "-c "+name, "the file is not in the context: put it there, and write the line -c %s into the requirements file", path.Base(name))
	case constraint:
		r.deps.constraints = append(r.deps.constraints, use{text: inContext, at: at})
	case !r.exists(inContext):
		r.deps.made = append(r.deps.made, use{text: name, at: at})
	default:
		r.deps.files = append(r.deps.files, use{text: inContext, at: at})
	}
}

func (r *running) under(dir, name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join(dir, name)
}

// requirement is what pip is told to install beside files.
func (r *running) requirement(c call, text string, editable bool) {
	at := r.word(c, text)
	name := reqName.FindString(text)
	target, extras, _ := strings.Cut(text, "[")
	target = strings.TrimPrefix(target, "file://")
	local := strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/") || editable && !strings.Contains(text, "://") || strings.HasPrefix(text, "file:")
	switch {
	case text == "" || strings.ContainsAny(text, "*?") || strings.HasSuffix(text, ".whl") && !strings.Contains(text, "://") && !r.exists(r.context(r.under(c.dir, text))):
		return // wheels that an earlier step made
	case local && r.isProject(r.under(c.dir, target)):
		r.deps.project = use{text: text, at: at}
		for _, e := range strings.Split(strings.TrimSuffix(extras, "]"), ",") {
			if e = strings.TrimSpace(e); e != "" {
				r.deps.extras = append(r.deps.extras, use{text: e, at: at})
			}
		}
	case local:
		if in := r.context(r.under(c.dir, target)); r.exists(in) {
			r.deps.requirements = append(r.deps.requirements, use{text: "./" + in, at: at})
			return
		}
		r.leave(at, c.text, "what an earlier step made is pybuild's own to make")
	case c.open && strings.Contains(text, "$"):
		r.ask(at, text, "what it installs is known to the build alone: write it into the project's requirements")
	case installers.MatchString(strings.ToLower(name)) && !strings.Contains(text, "@"):
		r.leave(at, text, "pybuild brings what installs packages")
	default:
		r.deps.requirements = append(r.deps.requirements, use{text: text, at: at})
	}
}

// isProject reports whether a directory has the project itself.
func (r *running) isProject(dir string) bool {
	in := r.context(dir)
	if in == "" && within(dir, r.workdir) {
		in = "." // its files come one by one
	}
	return in == "."
}
