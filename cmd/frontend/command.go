package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

const usage = `pybuild builds images of Python projects: BuildKit starts it for "# syntax=".
As a command line it looks at the project in a directory, by default /src:

  docker run --rm -v "$PWD:/src" org/pybuild COMMAND

  init      write a commented pybuild.toml and a .dockerignore
  check     say what is wrong with the configuration and the project
  explain   show what a build would do, as far as files tell
  schema    print the JSON Schema of pybuild.toml
  version   print the version

"docker build --check" and "docker build --call=explain" know the images and the
resolved packages as well. Exit codes: 0, 1 for mistakes, 2 for a wrong command line.
`

// errUsage ends the command with exit code 2.
var errUsage = errors.New("wrong usage")

// run is the command line. What a script reads goes to out, what a person reads
// beside it to log.
func run(args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("pybuild "+args[0], flag.ContinueOnError)
	flags.SetOutput(log)
	dir := flags.String("C", "/src", "the project's directory")
	file := flags.String("f", "", "the file with the configuration, pybuild.toml or pyproject.toml")
	target := flags.String("target", "", "the target to explain or check")
	strict := flags.Bool("strict", false, "check: warnings are mistakes")
	force := flags.Bool("force", false, "init: replace files that are there")
	if err := flags.Parse(args[1:]); err != nil {
		return errUsage
	}
	if flags.NArg() > 0 {
		_, _ = fmt.Fprintf(log, "pybuild %s takes no argument %q\n", args[0], flags.Arg(0))
		return errUsage
	}
	switch args[0] {
	case "version":
		_, err := fmt.Fprintln(out, "pybuild", version)
		return err
	case "schema":
		schema, err := config.JSONSchema()
		if err == nil {
			_, err = fmt.Fprintln(out, string(schema))
		}
		return err
	case "help", "-h", "--help":
		_, err := io.WriteString(out, usage)
		return err
	case "init":
		return initialize(*dir, *force, out)
	case "check", "explain":
		p, err := open(os.DirFS(*dir), *file, *target)
		if err != nil {
			return err
		}
		if args[0] == "check" {
			return p.check(*strict, out, log)
		}
		return p.explain(out)
	}
	_, _ = fmt.Fprintf(log, "pybuild has no command %q\n\n%s", args[0], usage)
	return errUsage
}

// opened is a project that was read, with no engine at hand.
type opened struct{ input planner.Input }

// open reads the configuration and the project.
func open(fsys fs.FS, file, target string) (*opened, error) {
	cfg, err := configuration(fsys, file)
	if err != nil {
		return nil, err
	}
	cfg = cfg.For(target)
	choice := project.Choice{Input: cfg.Build.Input, Package: cfg.Build.Package, Extras: cfg.Build.Extras, Groups: cfg.Build.Groups,
		InputAt: cfg.At("build", "input"), PackageAt: cfg.At("build", "package")}
	_, choice.Source = cfg.Source()
	if filepath.Ext(cfg.Serve.Script) == ".py" {
		choice.Script = cfg.Serve.Script
	}
	facts, err := project.Read(fsys, choice)
	if err != nil {
		return nil, err
	}
	in := planner.Input{Config: cfg, Facts: facts, Platform: "linux/amd64", BuildPlatform: "linux/amd64", Target: target}
	layout := project.Layout{Root: facts.Dir, Package: planner.InstallsProject(in)}
	if in.Apps, err = project.ReadApps(fsys, layout); err != nil {
		return nil, err
	}
	in, err = planner.Offline(in)
	return &opened{in}, err
}

// configuration is the file that is named, else pybuild.toml, else [tool.pybuild].
func configuration(fsys fs.FS, file string) (*config.Config, error) {
	candidates := []string{"pybuild.toml", "pyproject.toml"}
	if file != "" {
		candidates = []string{file}
	}
	for _, name := range candidates {
		data, err := fs.ReadFile(fsys, name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && file == "":
			continue
		case err != nil:
			return nil, err
		case filepath.Base(name) == "pyproject.toml":
			return config.ParseProject(name, data)
		}
		return config.Parse(name, data)
	}
	return config.Default(), nil
}

// check says what is wrong, and what may be.
func (p *opened) check(strict bool, out, log io.Writer) error {
	if _, err := planner.New(p.input); err != nil {
		return err
	}
	warnings := planner.Warnings(p.input)
	for _, w := range warnings {
		if _, err := fmt.Fprintln(log, "warning:", w); err != nil {
			return err
		}
	}
	if strict && len(warnings) > 0 {
		return fmt.Errorf("%d warnings", len(warnings))
	}
	_, err := fmt.Fprintln(out, "no mistakes found")
	return err
}

// explain prints the plan.
func (p *opened) explain(out io.Writer) error {
	decided, err := planner.New(p.input)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, planner.Explain(decided, p.input.Resolved))
	return err
}
