package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// role is what a stage is for.
type role int

const (
	unused role = iota
	// builds are stages that others copy from, makes those that the image is made of.
	builds
	makes
)

// stage is a stage of a Dockerfile, and what is known of it so far.
type stage struct {
	*found
	instructions.Stage
	lex    *shell.Lex
	parent *stage // whose image it starts from; nil for an image of a registry
	image  string // that image
	role   role
	at     plan.Location

	vars    map[string]string // ENV and ARG
	args    map[string]arg
	files   []placed
	workdir string
	cmd     *command
	entry   *command
	// workdirAt is the last WORKDIR.
	workdirAt plan.Location
	// last is where the search for the next command of a RUN goes on.
	last plan.Position
	// installs reports that Python packages are installed here.
	installs bool
	purged   []string
	accounts map[string]account
}

// arg is an argument of the build.
type arg struct {
	value string
	given bool
	used  bool
	at    plan.Location
}

// dockerfile reads a Dockerfile as BuildKit's own frontend does.
func (f *found) dockerfile(target string) error {
	if syntax, _, _, ok := parser.DetectSyntax(f.data); ok && strings.Contains(syntax, "pybuild") {
		return f.refuse(f.line(1, 1, 1), "build it: docker build -f "+f.file+" .", "%s is pybuild's already", f.file)
	}
	parsed, err := parser.Parse(bytes.NewReader(f.data))
	if err != nil {
		return f.unreadable(err, "a Dockerfile")
	}
	all, meta, err := instructions.Parse(parsed.AST, nil)
	if err == nil && len(all) == 0 {
		err = errors.New("it has no FROM")
	}
	if err != nil {
		return f.unreadable(err, "a Dockerfile")
	}
	lex := shell.NewLex(parsed.EscapeToken)
	global, err := f.meta(lex, meta)
	if err != nil {
		return f.unreadable(err, "a Dockerfile")
	}
	stages := make([]*stage, 0, len(all))
	for _, s := range all {
		st, err := f.stage(s, stages, lex, global)
		if err != nil {
			return err
		}
		stages = append(stages, st)
	}
	image, err := f.choose(stages, target)
	if err != nil {
		return err
	}
	return f.migrate(stages, image, global)
}

// migrate goes through the stages in their order, those that the image has nothing of last.
func (f *found) migrate(stages []*stage, image *stage, global map[string]arg) error {
	if err := f.base(image, stages, global); err != nil {
		return err
	}
	for _, s := range stages {
		if s.role == unused {
			continue
		}
		if err := s.walk(stages); err != nil {
			return err
		}
	}
	image.settle()
	f.serve(image)
	for _, s := range stages {
		if s.role == unused {
			s.target(image)
		}
	}
	f.files(image)
	return nil
}

// unreadable is the error for what is no Dockerfile.
func (f *found) unreadable(err error, what string) error {
	at := plan.Location{File: f.file}
	var located *parser.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		at = f.line(max(located.Locations[0][0].Start.Line, 1), 1, 1)
	}
	var unknown *instructions.UnknownInstructionError
	if errors.As(err, &unknown) {
		at = f.line(unknown.Line, 1, len(unknown.Instruction))
	}
	return &diag.Error{Code: "PB410", At: at, Source: diag.Mask(f.data), Message: diag.MaskText(fmt.Sprintf("%s is not %s: %v", f.file, what, err)),
		Hint: "name a file that docker build takes", Err: errors.Unwrap(err)}
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

// stage starts from an image, or from an earlier stage.
func (f *found) stage(s instructions.Stage, before []*stage, lex *shell.Lex, global map[string]arg) (*stage, error) {
	st := &stage{found: f, Stage: s, lex: lex, at: f.of(s.Location), vars: map[string]string{}, args: map[string]arg{},
		workdir: "/", accounts: map[string]account{}}
	base, unmatched, err := lex.ProcessWord(s.BaseName, known(global))
	if err != nil {
		return nil, f.unreadable(parser.WithLocation(err, s.Location), "a Dockerfile")
	}
	if len(unmatched) > 0 {
		name := slices.Sorted(mapKeys(unmatched))[0]
		return nil, f.refuse(st.at, "give it the value that you build with: ARG "+name+"=...", "the image of FROM is open, as ARG %s has no default", name)
	}
	st.image = base
	for _, earlier := range before {
		if earlier.Name != "" && strings.EqualFold(earlier.Name, base) {
			st.parent = earlier
		}
	}
	return st, nil
}

// choose finds the stage that is the image, and what the others are for.
func (f *found) choose(stages []*stage, target string) (*stage, error) {
	image := stages[len(stages)-1]
	if target != "" {
		i := slices.IndexFunc(stages, func(s *stage) bool { return strings.EqualFold(s.Name, target) })
		if i < 0 {
			var names []string
			for _, s := range stages {
				if s.Name != "" {
					names = append(names, s.Name)
				}
			}
			return nil, &diag.Error{Code: "PB401", Message: fmt.Sprintf("%s has no stage %q", f.file, target), Hint: "its stages are " + strings.Join(names, ", ")}
		}
		image = stages[i]
	}
	for s := image; s != nil; s = s.parent {
		s.role = makes
	}
	// What a stage reads comes before it.
	for _, s := range slices.Backward(stages) {
		if s.role == unused {
			continue
		}
		if s.parent != nil && s.parent.role == unused {
			s.parent.role = builds
		}
		for _, name := range s.reads() {
			if other := named(stages, name); other != nil && other.role == unused {
				other.role = builds
			}
		}
	}
	return image, nil
}

// reads are the stages and images that a stage copies or mounts from.
func (s *stage) reads() []string {
	var names []string
	for _, c := range s.Commands {
		switch c := c.(type) {
		case *instructions.CopyCommand:
			if c.From != "" {
				names = append(names, c.From)
			}
		case *instructions.RunCommand:
			for _, m := range mounts(c) {
				if m.From != "" {
					names = append(names, m.From)
				}
			}
		}
	}
	return names
}

// named is a stage by its name or its number; nil for an image of a registry.
func named(stages []*stage, name string) *stage {
	for _, s := range stages {
		if s.Name != "" && strings.EqualFold(s.Name, name) {
			return s
		}
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(stages) {
		return stages[i]
	}
	return nil
}

// of is the place of an instruction.
func (f *found) of(ranges []parser.Range) plan.Location {
	if len(ranges) == 0 {
		return plan.Location{File: f.file}
	}
	first, last := ranges[0].Start.Line, ranges[len(ranges)-1].End.Line
	at := f.line(max(first, 1), 1, 0)
	at.End = plan.Position{Line: max(last, first), Column: 1}
	return at
}

// code is an instruction as it is written.
func code(c any) string {
	if s, ok := c.(fmt.Stringer); ok {
		return s.String()
	}
	return ""
}

// root is the image that a stage starts from in the end.
func (s *stage) root() *stage {
	for s.parent != nil {
		s = s.parent
	}
	return s
}

var pythonWord = regexp.MustCompile(`(^|[\s/"'=;&|])(python[0-9.]*|pip[0-9.]*|uv|poetry|pdm|pipenv|gunicorn|uvicorn|flask|celery)($|[\s"',;&|])`)

// isPython reports whether a stage has to do with Python: by its image, or by what it runs.
func (s *stage) isPython() bool {
	if root := s.root(); strings.Contains(root.image, "python") || strings.Contains(root.image, "conda") || strings.Contains(root.image, "mamba") {
		return true
	}
	for st := s; st != nil; st = st.parent {
		for _, c := range st.Commands {
			switch c.(type) {
			case *instructions.RunCommand, *instructions.CmdCommand, *instructions.EntrypointCommand:
				if pythonWord.MatchString(code(c)) {
					return true
				}
			}
		}
	}
	return false
}
