package migrate

import (
	"io/fs"
	"regexp"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/pybuild/pybuild/llb/plan"
)

// arg is an argument of the build.
type arg struct {
	value string
	given bool
	used  bool
	at    plan.Location
}

// meta are the arguments that FROM knows.
func (f *found) meta(lex *shell.Lex, commands []instructions.ArgCommand) (map[string]arg, error) {
	global := map[string]arg{}
	for _, c := range commands {
		for _, a := range c.Args {
			one := arg{at: f.of(c.Location())}
			if a.Value != nil {
				value, _, err := lex.ProcessWord(*a.Value, known(global))
				if err != nil {
					return nil, err
				}
				one.value, one.given = value, true
			}
			global[a.Key] = one
		}
	}
	return global, nil
}

// known are arguments as the lexer asks for them.
type known map[string]arg

func (k known) Get(name string) (string, bool) {
	a, ok := k[name]
	if ok && !a.used {
		a.used = true
		k[name] = a
	}
	if value, ok := platformArgs[name]; !a.given && ok {
		return value, true
	}
	return a.value, a.given
}

func (k known) Keys() []string { return nil }

// platformArgs are what BuildKit sets by itself: a proposal is for any platform, and is
// looked at on this one.
var platformArgs = map[string]string{
	"BUILDPLATFORM": "linux/amd64", "BUILDOS": "linux", "BUILDARCH": "amd64", "BUILDVARIANT": "",
	"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETARCH": "amd64", "TARGETVARIANT": "", "TARGETSTAGE": "",
}

var proxyArg = regexp.MustCompile(`(?i)^(https?|ftp|no|all)_proxy$`)

// buildVariable is one of compilers and build backends.
var buildVariable = regexp.MustCompile(`^([A-Z]+FLAGS|CC|CXX|CPATH|LIBRARY_PATH|MAX_JOBS|(SETUPTOOLS|PBR|PDM|HATCH|POETRY|CMAKE|SKBUILD|MESON|CARGO|RUST|PYO3|MATURIN|CYTHON|CUDA|TORCH|CIBW)_?\w*)$`)

// buildFiles are what may read a variable while the project or its packages are built.
func buildFiles() []string {
	return []string{
		"setup.py", "setup.cfg", "pyproject.toml", "*build*.py", "CMakeLists.txt", "meson.build", "Makefile", "*.sh", "*.txt", "*.in", "*/*requirements*.txt", "requirements/*.txt",
	}
}

// mentioned reports whether a file that a build may read has a word.
func (f *found) mentioned(word string) bool {
	whole := regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + `\b`)
	for _, pattern := range buildFiles() {
		names, err := fs.Glob(f.fsys, pattern)
		if err != nil {
			continue
		}
		for _, name := range names {
			if data, err := fs.ReadFile(f.fsys, name); err == nil && whole.Match(data) {
				return true
			}
		}
	}
	return false
}

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
			case !buildVariable.MatchString(pair.Key) && !s.mentioned(pair.Key):
				s.leave(a.at, what, "nothing names it: write it to args of [build] where a build script reads it")
			default:
				s.set("build.args", pair.Key, a.value, a.at)
			}
		}
	}
}

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
