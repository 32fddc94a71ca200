package migrate

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

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
		s.installed = slices.Clone(s.parent.installed)
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
		if !s.workdirAt.IsZero() && s.role == makes {
			s.leave(s.workdirAt, "WORKDIR "+s.workdir, "commands start in the last one")
		}
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
		s.expose(at, text)
	case *instructions.CmdCommand:
		if s.cmd != nil && s.cmd.at != at {
			s.leave(s.cmd.at, s.cmd.text, "a later one stands in its place%s", s.otherwise())
		}
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
		for _, v := range c.Volumes {
			s.volumes = append(s.volumes, volume{path.Clean(v), at, text})
		}
	case *instructions.OnbuildCommand:
		s.ask(at, text, "pybuild writes no triggers: what ONBUILD does belongs into the configuration of the projects that start from this image")
	default:
		s.ask(at, text, "there is no key for it")
	}
}

// otherwise tells how the stage that a stage starts from becomes the image, where it runs
// something else.
func (s *stage) otherwise() string {
	if s.parent == nil || s.cmd != s.parent.cmd {
		return ""
	}
	return ": migrate --target " + s.parent.Name + " proposes the image that has it"
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
