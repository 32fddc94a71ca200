package migrate

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// walk goes through the instructions of a stage.
func (s *stage) walk(stages []*stage) error {
	if s.parent != nil {
		maps.Copy(s.vars, s.parent.vars)
		maps.Copy(s.args, s.parent.args)
		maps.Copy(s.accounts, s.parent.accounts)
		s.files, s.workdir, s.workdirAt = slices.Clone(s.parent.files), s.parent.workdir, s.parent.workdirAt
		s.cmd, s.entry, s.installs = s.parent.cmd, s.parent.entry, s.parent.installs
	}
	switch root := s.root(); {
	case s.role == builds && uvImage.MatchString(imageName(root.image)) && len(s.Commands) == 0:
		s.leave(s.at, "FROM "+root.image, "uv is mounted where it installs, and no layer has it")
		return nil
	case s.role == builds && !s.isPython():
		s.leave(s.at, s.SourceCode, "no step of pybuild's builds what is not Python: what is copied of it is to do")
		return nil
	case condas.MatchString(root.image):
		return s.refuse(s.at, condaHint, "%s is an image of conda, whose packages pybuild does not install", root.image)
	}
	for _, c := range s.Commands {
		if err := s.instruction(c, stages); err != nil {
			return err
		}
	}
	s.unused()
	if s.role == builds {
		s.leave(s.at, s.SourceCode, "nothing of the builder reaches the image but what it installs")
	}
	return nil
}

var proxyArg = regexp.MustCompile(`(?i)^(https?|ftp|no|all)_proxy$`)

// unused are the arguments that no instruction names: what is built may read them.
func (s *stage) unused() {
	for _, c := range s.Commands {
		declared, ok := c.(*instructions.ArgCommand)
		if !ok {
			continue
		}
		for _, pair := range declared.Args {
			a, what := s.args[pair.Key], "ARG "+pair.Key
			switch {
			case proxyArg.MatchString(pair.Key):
				s.leave(a.at, what, "the build has it without a line")
			case secretName.MatchString(pair.Key):
				s.ask(a.at, what, "a build argument is recorded with the build: name it in secrets of [build], and pass it with docker build --secret id=%s", pair.Key)
			case a.used || installerEnv.MatchString(pair.Key):
				s.leave(a.at, what, "its default is written where it is used")
			default:
				s.set("build.args", pair.Key, a.value, a.at)
			}
		}
	}
}

func imageName(ref string) string {
	name, _, _ := strings.Cut(ref, "@")
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		name = name[:i]
	}
	return name
}

// expand replaces variables as a build does, and reports whether each has a value.
func (s *stage) expand(word string) (text string, all bool) {
	result, err := s.lex.ProcessWordWithMatches(word, variables{s})
	if err != nil {
		return word, false
	}
	return result.Result, len(result.Unmatched) == 0
}

// variables are those of a stage: ENV wins over ARG.
type variables struct{ s *stage }

func (v variables) Get(name string) (string, bool) {
	if value, ok := v.s.vars[name]; ok {
		return value, true
	}
	if a, ok := v.s.args[name]; ok {
		a.used = true
		v.s.args[name] = a
		return a.value, a.given
	}
	return "", false
}

func (v variables) Keys() []string { return nil }

// instruction carries one instruction over.
func (s *stage) instruction(c instructions.Command, stages []*stage) error {
	at := s.of(c.Location())
	expander := func(word string) (string, error) { text, _ := s.expand(word); return text, nil }
	if copied, ok := c.(*instructions.RunCommand); ok {
		return s.run(copied, at, stages)
	}
	text := code(c)
	if e, ok := c.(instructions.SupportsSingleWordExpansion); ok {
		if arg, isArg := c.(*instructions.ArgCommand); !isArg {
			s.open(c, at)
			if err := e.Expand(expander); err != nil {
				return s.unreadable(parser.WithLocation(err, c.Location()), "a Dockerfile")
			}
		} else {
			s.arguments(arg, at)
			return nil
		}
	}
	switch c := c.(type) {
	case *instructions.EnvCommand:
		for _, pair := range c.Env {
			s.env(pair.Key, pair.Value, at)
		}
	case *instructions.WorkdirCommand:
		s.workdir, s.workdirAt = s.abs(c.Path), at
	case *instructions.CopyCommand:
		s.copies(c, at, text, stages)
	case *instructions.AddCommand:
		s.adds(c, at, text)
	case *instructions.ShellCommand:
		s.leave(at, text, "steps of pybuild run without a shell")
	case *instructions.UserCommand:
		if s.role == makes {
			s.userAt(c.User, at)
		}
	default:
		if s.role == makes {
			s.describe(c, at, text)
		} else {
			s.leave(at, text, "the builder is not the image")
		}
	}
	return nil
}

// describe carries over what only says something about the image.
func (s *stage) describe(c instructions.Command, at plan.Location, text string) {
	switch c := c.(type) {
	case *instructions.LabelCommand:
		for _, pair := range c.Labels {
			s.label(strings.Trim(pair.Key, `"'`), pair.Value, at)
		}
	case *instructions.MaintainerCommand:
		s.label("maintainer", c.Maintainer, at)
	case *instructions.ExposeCommand:
		s.expose(c, at, text)
	case *instructions.CmdCommand:
		if s.cmd = nil; len(c.CmdLine) > 0 {
			s.cmd = s.command(c.ShellDependantCmdLine, at, text)
		}
	case *instructions.EntrypointCommand:
		// It takes the base's CMD away as well.
		if s.entry, s.cmd = nil, nil; len(c.CmdLine) > 0 {
			s.entry = s.command(c.ShellDependantCmdLine, at, text)
			return
		}
		s.leave(at, text, "the base's entry point is not taken over")
	case *instructions.HealthCheckCommand:
		s.health(c, at, text)
	case *instructions.StopSignalCommand:
		s.maybe("serve", "stop-signal", c.Signal, at)
	case *instructions.VolumeCommand:
		s.volumes = append(s.volumes, c.Volumes...)
		s.ask(at, text, "pybuild declares no volumes: mount one when the container starts, as with docker run --volume data:%s", strings.Join(c.Volumes, " --volume data:"))
	case *instructions.OnbuildCommand:
		s.ask(at, text, "pybuild writes no triggers: what ONBUILD does belongs into the configuration of the projects that start from this image")
	default:
		s.ask(at, text, "there is no key for it")
	}
}

// open says which instructions have another value with --build-arg.
func (s *stage) open(c instructions.Command, at plan.Location) {
	var pairs instructions.KeyValuePairs
	what, do := "ENV", "pass it when the container starts, as with docker run --env"
	switch c := c.(type) {
	case *instructions.EnvCommand:
		pairs = c.Env
	case *instructions.LabelCommand:
		pairs, what, do = c.Labels, "LABEL", "pass it with docker build --label"
	default:
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.args)) {
		names := regexp.MustCompile(`\$\{?` + regexp.QuoteMeta(name) + `\b`)
		if _, isEnv := s.vars[name]; isEnv {
			continue
		}
		for _, pair := range pairs {
			if names.MatchString(pair.Value) {
				s.ask(at, what+" "+pair.Key, "no build argument changes it, and the default of %s is written down: where another one is built with, %s", name, do)
			}
		}
	}
}

func (s *stage) abs(p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join(s.workdir, p)
}

// secretName matches variables that commonly hold one.
var secretName = regexp.MustCompile(`(?i)(^|_)(password|passwd|secret|secret_key|token|api_?key|access_?key|private_?key|credentials?)$`)

// arguments are those of ARG. What uses them is written with their defaults.
func (s *stage) arguments(c *instructions.ArgCommand, at plan.Location) {
	for _, a := range c.Args {
		one := arg{at: at}
		if a.Value != nil {
			one.value, _ = s.expand(*a.Value)
			one.given = true
		} else if global, ok := s.global[a.Key]; ok {
			one.value, one.given, one.used = global.value, global.given, true
		} else if value, ok := platformArgs[a.Key]; ok {
			one.value, one.given, one.used = value, true, true
		}
		if earlier, ok := s.args[a.Key]; ok {
			one.used = earlier.used
			if !one.given {
				one.value, one.given = earlier.value, earlier.given
			}
		}
		s.args[a.Key] = one
	}
}

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
		s.ask(at, what, "whoever pulls the image reads it, so it is not carried over: pass it when the container starts, as with docker run --env %s, or to the build as a secret; and change it, since it was in a file", name)
	case installerEnv.MatchString(name):
		s.leave(at, what, "how packages are installed is pybuild's own")
	case name == "PYTHONPATH":
		s.pythonPath, s.pythonPathAt = value, at
	case name == "PORT" && s.role == makes && isPort(value):
		s.maybe("serve", "port", raw(value), at)
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

var labelName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`)

func (s *stage) label(name, value string, at plan.Location) {
	what := "LABEL " + name
	switch {
	case diag.HasCredential(value):
		s.ask(at, what, "it has a credential, which whoever pulls the image reads: leave it out, and change it")
	case !labelName.MatchString(name):
		s.ask(at, what, "a label is letters, digits, and - _ . / within: rename it")
	default:
		s.maybe("runtime.labels", name, value, at)
	}
}

func (s *stage) expose(c *instructions.ExposeCommand, at plan.Location, text string) {
	for _, spec := range c.Ports {
		spec, _ = s.expand(spec)
		port, proto, _ := strings.Cut(spec, "/")
		switch {
		case proto != "" && proto != "tcp" || !isPort(port):
			s.ask(at, text, "pybuild exposes one TCP port: publish others when the container starts, as with docker run --publish %s", spec)
		case s.exposed != "" && s.exposed != port:
			s.ask(at, text, "pybuild exposes one port, which is %s: publish others when the container starts, as with docker run --publish %s", s.exposed, port)
		default:
			s.exposed, s.exposedAt = port, at
		}
	}
}

func isPort(s string) bool {
	return regexp.MustCompile(`^[1-9][0-9]{0,4}$`).MatchString(s) && (len(s) < 5 || s <= "65535")
}
