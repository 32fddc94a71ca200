package migrate

import (
	"fmt"
	"maps"
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
	// wasImage reports that it is the last stage, and a process beside the image's own.
	wasImage bool

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
	// installed are where the stage has what another one installed.
	installed []string
	accounts  map[string]account
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
		name := slices.Sorted(maps.Keys(unmatched))[0]
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
	} else if image.process() {
		image.wasImage = true
		image = image.parent
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
