package migrate

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// target carries over a stage that the image has nothing of: one that differs in its
// command alone is a target.
func (s *stage) target(image *stage) {
	what := s.SourceCode
	if regexp.MustCompile(`^(dev|development|debug|test|tests|testing|lint|ci)$`).MatchString(s.Name) {
		s.leave(s.at, what, "pybuild has targets of its own to develop, debug and test: docker build --target dev, debug and test")
		return
	}
	var cmd *command
	plain := s.Name != "" && s.parent != nil && s.parent.role == makes
	vars := map[string]use{}
	for _, c := range s.Commands {
		switch c := c.(type) {
		case *instructions.CmdCommand:
			if len(c.CmdLine) > 0 {
				cmd = image.command(c.ShellDependantCmdLine, s.of(c.Location()), code(c))
			}
		case *instructions.EntrypointCommand:
			if len(c.CmdLine) > 0 {
				cmd = image.command(c.ShellDependantCmdLine, s.of(c.Location()), code(c))
			}
		case *instructions.EnvCommand:
			for _, pair := range c.Env {
				value, _ := image.expand(pair.Value)
				vars[pair.Key] = use{text: value, at: s.of(c.Location())}
			}
		case *instructions.HealthCheckCommand, *instructions.ExposeCommand, *instructions.LabelCommand:
		default:
			plain = false
		}
	}
	if !plain || cmd == nil || !targetName.MatchString(s.Name) {
		s.ask(s.at, what, "the image has nothing of this stage: migrate --target %s proposes it as the image, and [target.NAME] is for the same layers with another command", or(s.Name, "STAGE"))
		return
	}
	table := "target." + s.Name
	if strings.Contains(s.Name, ".") {
		table = "target." + quote(s.Name)
	}
	words := cmd.exec(image.layout)
	if words[0] != "sh" {
		words = program(words)
	}
	image.settings(table, words, cmd.at)
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		s.set(table+".env", name, vars[name].text, vars[name].at)
	}
	if s.wasImage {
		s.leave(s.at, what, "it is a target, docker build --target %s, and the image is %s, which has a command of its own: migrate --target %[1]s proposes it the other way", s.Name, s.parent.Name)
		return
	}
	s.leave(s.at, what, "it is a target: docker build --target %s", s.Name)
}

// final are names of a stage that is the image, whatever the one it starts from runs, and those
// of targets that have no command.
var final = regexp.MustCompile(`(?i)^(prod|production|final|runtime|runner|release|deploy|image|main|app|web|server|serve|api|builder|dockerfile|lock|wheelhouse)([._-]|$)`)

// process reports whether a stage is no more than another process of the stage it starts
// from: both have a command, and it has nothing else that the image would have.
func (s *stage) process() bool {
	if s.parent == nil || !s.parent.runs() || !s.runs() || !targetName.MatchString(s.Name) || final.MatchString(s.Name) {
		return false
	}
	return !slices.ContainsFunc(s.Commands, func(c instructions.Command) bool {
		switch c.(type) {
		case *instructions.CmdCommand, *instructions.EntrypointCommand, *instructions.EnvCommand, *instructions.HealthCheckCommand, *instructions.ExposeCommand, *instructions.LabelCommand:
			return false
		}
		return true
	})
}

// runs reports whether a stage has a command of its own.
func (s *stage) runs() bool {
	return slices.ContainsFunc(s.Commands, func(c instructions.Command) bool {
		switch c := c.(type) {
		case *instructions.CmdCommand:
			return len(c.CmdLine) > 0
		case *instructions.EntrypointCommand:
			return len(c.CmdLine) > 0
		}
		return false
	})
}

var targetName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// targets plans each target, and takes back those that cannot be.
func (f *found) targets(p *proposed) {
	for _, table := range f.tables() {
		name, ok := strings.CutPrefix(table, "target.")
		if !ok || strings.HasSuffix(table, ".env") {
			continue
		}
		if _, err := p.plan(f.keys, strings.Trim(name, `"`)); err != nil {
			at := f.firstOf(table)
			f.dropTable(table)
			f.dropTable(table + ".env")
			for _, d := range diag.All(err) {
				f.ask(at, "["+table+"]", "%s: %s", d.Message, d.Hint)
			}
		}
	}
}

// firstOf is the place of the first key of a table.
func (k *keys) firstOf(table string) plan.Location {
	if of := k.of(table); len(of) > 0 {
		return of[0].at
	}
	return plan.Location{}
}
