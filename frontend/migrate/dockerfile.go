package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

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
	f.global = global
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
	return f.migrate(stages, image)
}

// migrate goes through the stages in their order, those that the image has nothing of last.
func (f *found) migrate(stages []*stage, image *stage) error {
	if err := f.base(image, stages); err != nil {
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
