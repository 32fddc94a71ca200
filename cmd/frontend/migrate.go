package main

import (
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/migrate"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// migrated proposes the configuration that does what a Dockerfile or a file of mopy does.
func migrated(o *options, out, log io.Writer) error {
	fsys, err := root(o.dir)
	if err != nil {
		return err
	}
	if err := o.free("migrate", "pybuild.toml"); err != nil {
		return err
	}
	if err := o.tableFree(fsys); err != nil {
		return err
	}
	var last *opened
	named := ""
	if len(o.args) > 0 {
		named = o.args[0]
	}
	p, err := migrate.Propose(without{fsys}, migrate.Options{File: named, Stage: o.target,
		Open: func(fsys fs.FS, cfg *config.Config, target string) (planner.Input, error) {
			p, err := openWith(fsys, cfg, target)
			if err != nil {
				return planner.Input{}, err
			}
			last = p
			return p.input, nil
		}})
	if err != nil {
		return err
	}
	if o.print && p.Requirements != "" {
		_, _ = fmt.Fprintf(log, "A requirements.txt would be written as well:\n%s\n", p.Requirements)
	}
	if len(p.Left) > 0 {
		_, _ = fmt.Fprintln(log, "Not carried over, since pybuild does it by itself:")
	}
	for _, n := range p.Left {
		_, _ = fmt.Fprintln(log, " ", n)
	}
	_, _ = fmt.Fprintln(log)
	if err := o.propose(fsys, p, imageName(last), out); err != nil {
		return err
	}
	if n := len(p.Todo); n > 0 && o.strict {
		return &diag.Error{Code: "PB411", Message: plan.Count(n, "thing") + " of the file could not be carried over", Hint: "do what the comments at the end of pybuild.toml say"}
	}
	return nil
}

// propose writes what is proposed, or prints the configuration.
func (o *options) propose(fsys fs.FS, p *migrate.Proposal, image string, out io.Writer) error {
	if o.print {
		_, err := io.WriteString(out, p.Text)
		return err
	}
	files := []struct{ name, text string }{{"pybuild.toml", p.Text}}
	if p.Requirements != "" {
		files = append(files, struct{ name, text string }{"requirements.txt", p.Requirements})
	}
	if _, err := fs.Stat(fsys, ".dockerignore"); err != nil {
		files = append(files, struct{ name, text string }{".dockerignore", dockerignore})
	}
	names := make([]string, 0, len(files))
	for _, f := range files {
		if err := o.write(f.name, f.text); err != nil {
			return err
		}
		names = append(names, f.name)
	}
	todo := ""
	if n := len(p.Todo); n > 0 {
		todo = fmt.Sprintf("%s to do by hand: see the comments at the end.\n", plan.Count(n, "thing"))
	}
	last := len(names) - 1
	_, err := fmt.Fprintf(out, "wrote %s\n\n%s\n%sBuild it:\n  docker build -f pybuild.toml -t %s .\n",
		strings.TrimPrefix(strings.Join(names[:last], ", ")+" and "+names[last], " and "), p.Text, todo, image)
	return err
}
