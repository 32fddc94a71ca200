package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pybuild/pybuild/frontend"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/explain"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// openIn opens the project of the flags.
func (o *options) openIn() (*opened, error) {
	fsys, err := root(o.dir)
	if err != nil {
		return nil, err
	}
	return open(fsys, o.file, o.target)
}

// check says what is wrong, and what may be.
func check(o *options, out, log io.Writer) error {
	p, err := o.openIn()
	if err != nil {
		return err
	}
	if _, err := p.plan(); err != nil {
		return err
	}
	if err := p.frameworks(); err != nil {
		return err
	}
	if o.target == "" {
		if err := planner.CheckTargets(p.input, p.tree); err != nil {
			return err
		}
	}
	name, data := p.input.Config.Source()
	options, err := frontend.CheckOptions(name, data, "")
	if err != nil {
		return err
	}
	warnings := frontend.Counted(options, append(planner.Warnings(p.input), frontend.Unread(name, p.files)...))
	var errs []error
	for _, w := range warnings {
		if options.ReturnAsError {
			errs = append(errs, frontend.AsError(w))
			continue
		}
		if _, err := fmt.Fprintln(log, "warning:", w); err != nil {
			return err
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if o.strict && len(warnings) > 0 {
		return &diag.Error{Code: "PB404", Message: plan.Count(len(warnings), "warning"), Hint: "mend what they say, or skip them by name: see docs/checks.md"}
	}
	_, err = fmt.Fprintln(out, "no mistakes found")
	return err
}

// explained prints the plan.
func explained(o *options, out, _ io.Writer) error {
	p, err := o.openIn()
	if err != nil {
		return err
	}
	decided, err := p.plan()
	if err != nil {
		return err
	}
	e := explain.Of(decided)
	text := e.Text() + "\nWithout an engine: the packages of a lock are one layer here, and what has no wheel is unknown.\n" +
		"docker build --call=explain knows both.\n"
	switch {
	case o.json:
		data, err := e.JSON()
		if err != nil {
			return err
		}
		text = string(data) + "\n"
	case o.dot:
		text = e.DOT()
	case o.svgs:
		text = e.SVG()
	}
	_, err = io.WriteString(out, text)
	return err
}

const ejected = `# Written without an engine, which would know the layers of packages and what has to be compiled:
# docker build --target dockerfile --output . -f pybuild.toml .
`

// eject writes the runtime as a Dockerfile.
func eject(o *options, out, _ io.Writer) error {
	if o.target != "" && o.target != planner.Runtime {
		return &diag.Error{Code: "PB401", Message: "a Dockerfile is written of the target runtime alone", Hint: "leave --target out"}
	}
	fsys, err := root(o.dir)
	if err != nil {
		return err
	}
	const file, ignoreFile = "Dockerfile", "Dockerfile.dockerignore"
	if err := o.free("eject", file, ignoreFile); err != nil {
		return err
	}
	p, err := open(fsys, o.file, "")
	if err != nil {
		return err
	}
	decided, err := planner.New(p.input)
	if err != nil {
		return err
	}
	written, err := ignores(fsys)
	if err != nil {
		return err
	}
	text, patterns, err := frontend.Eject(decided, p.input, written)
	if err != nil {
		return err
	}
	text = afterSyntax(text, ejected)
	if o.print {
		_, err := io.WriteString(out, text)
		return err
	}
	for _, f := range []struct{ name, text string }{{file, text}, {ignoreFile, patterns}} {
		if err := o.write(f.name, f.text); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, "wrote", f.name); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "\nBuild it:\n  docker build -t %s .\n", imageName(p))
	return err
}

// afterSyntax puts a comment behind the first line, which has to be that.
func afterSyntax(text, comment string) string {
	first, rest, _ := strings.Cut(text, "\n")
	return first + "\n" + comment + rest
}
