package migrate

import (
	"regexp"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// secretName matches variables that commonly hold one.
var secretName = regexp.MustCompile(`(?i)(^|_)(password|passwd|secret|secret_key|token|api_?key|access_?key|private_?key|credentials?)$`)

var (
	installerEnv = regexp.MustCompile(`^(PIP|UV|POETRY|PIPENV|PDM|PIPX|PYSETUP|VENV)_|^(VIRTUAL_ENV|VIRTUAL_ENV_PATH|DEBIAN_FRONTEND|PYTHONPYCACHEPREFIX|PIPX_HOME|DOCKER_CONTAINER|PYTHON_VERSION)$`)
	indexEnv     = regexp.MustCompile(`^(PIP_INDEX_URL|PIP_EXTRA_INDEX_URL|UV_INDEX_URL|UV_EXTRA_INDEX_URL|UV_DEFAULT_INDEX|UV_INDEX)$`)
	ownPath      = regexp.MustCompile(`(venv|\.local|install|poetry|cargo|uv|pdm|pipx|pyenv|python)[^:]*/bin$`)
)

// env is a variable of the image, or of the builder.
func (s *stage) env(name, value string, at plan.Location) {
	what := "ENV " + name
	before := s.vars["PATH"]
	s.vars[name] = value
	table := "runtime.env"
	if s.role == builds {
		table = "build.env"
	}
	switch {
	case indexEnv.MatchString(name):
		for _, url := range strings.Fields(value) {
			s.deps.indexes = append(s.deps.indexes, use{url, at, onlyEnv(name)})
		}
	case name == "PYTHONUNBUFFERED", name == "PYTHONFAULTHANDLER", name == "PYTHONHASHSEED" && value == "random":
		s.leave(at, what, "the image has it")
	case name == "PYTHONDONTWRITEBYTECODE":
		s.leave(at, what, "bytecode is compiled in the build, and nothing is left to write")
	case name == "PATH":
		s.path(value, before, at)
	case diag.HasCredential(value) || secretName.MatchString(name) && value != "":
		s.withheld = append(s.withheld, use{text: name, at: at})
		s.ask(at, what, "whoever pulls the image reads it, so it is not carried over: pass it when the container starts, as with docker run --env %s, or to the build as a secret; and change it, since it was in a file", name)
	case installerEnv.MatchString(name):
		s.leave(at, what, "how packages are installed is pybuild's own")
	case name == "PYTHONPATH":
		s.pythonPath, s.pythonPathAt = value, at
	case name == "PORT" && s.role == makes && isPort(value):
		s.port = use{text: value, at: at}
	case !envName.MatchString(name):
		s.ask(at, what, "this is no name that a shell could set: rename it")
	default:
		s.set(table, name, value, at)
	}
}

// onlyEnv reports a variable whose index stands in place of the public one.
func onlyEnv(name string) bool { return !strings.Contains(name, "EXTRA") && name != "UV_INDEX" }

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// path is PATH, to which most add the environment that they install into.
func (s *stage) path(value, before string, at plan.Location) {
	var others []string
	for _, dir := range strings.Split(value, ":") {
		if dir != "" && dir != before && !ownPath.MatchString(dir) && !strings.HasPrefix(dir, "/usr/") && dir != "/bin" && dir != "/sbin" && !strings.Contains(":"+before+":", ":"+dir+":") {
			others = append(others, dir)
		}
	}
	if len(others) == 0 || s.role == builds {
		s.leave(at, "ENV PATH", "packages are installed where Python and the shell look")
		return
	}
	s.ask(at, "ENV PATH", "write the whole path of what the container starts from %s, or PATH in [runtime] env", strings.Join(others, ", "))
}
