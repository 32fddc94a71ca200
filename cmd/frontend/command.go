package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
)

const intro = `pybuild builds images of Python projects: BuildKit starts it for "# syntax=".
As a command line it looks at the project in a directory, by default /src:

  docker run --rm -v "$PWD:/src" org/pybuild COMMAND

`

const outro = `
"COMMAND --help" lists its flags. "docker build --check" and "docker build --call=explain"
know the images and the resolved packages as well.
Exit codes: 0, 1 for mistakes, 2 for a wrong command line.
`

// errUsage ends the command with exit code 2.
var errUsage = errors.New("wrong usage")

// options are the values of all flags.
type options struct {
	dir, file, target                     string
	strict, force, print, json, dot, svgs bool
	// args are what is no flag.
	args []string
}

// command is one word of the command line.
type command struct {
	name, does string
	// takes names an argument that the command may have.
	takes string
	flags func(*options, *flag.FlagSet)
	run   func(o *options, out, log io.Writer) error
}

func commands() []command {
	return []command{
		{"init", "write a commented pybuild.toml and a .dockerignore", "", writes, initialize},
		{"migrate", "propose a pybuild.toml that does what a Dockerfile or a file of mopy does", "[FILE]", func(o *options, f *flag.FlagSet) {
			writes(o, f)
			f.StringVar(&o.target, "target", "", "the `stage` of the Dockerfile that is the image, its last one without")
			f.BoolVar(&o.strict, "strict", false, "what is left to do by hand is a mistake")
		}, migrated},
		{"check", "say what is wrong with the configuration and the project", "", func(o *options, f *flag.FlagSet) {
			reads(o, f)
			f.BoolVar(&o.strict, "strict", false, "warnings are mistakes")
		}, check},
		{"explain", "show what a build would do and why, as far as files tell", "", func(o *options, f *flag.FlagSet) {
			reads(o, f)
			f.BoolVar(&o.json, "json", false, "print the plan for programs")
			f.BoolVar(&o.dot, "dot", false, "print the graph in the language of Graphviz")
			f.BoolVar(&o.svgs, "svg", false, "draw the graph")
		}, explained},
		{"eject", "write the build as a Dockerfile, as far as files tell", "", func(o *options, f *flag.FlagSet) {
			reads(o, f)
			replaces(o, f)
		}, eject},
		{"schema", "print the JSON Schema of pybuild.toml", "", nil, schema},
		{"version", "print the version", "", nil, func(_ *options, out, _ io.Writer) error {
			_, err := fmt.Fprintln(out, "pybuild", version)
			return err
		}},
	}
}

// directory is the flag of all commands that look at a project.
func directory(o *options, f *flag.FlagSet) {
	f.StringVar(&o.dir, "C", "/src", "the project's `directory`")
}

// reads are the flags of commands that read a configuration.
func reads(o *options, f *flag.FlagSet) {
	directory(o, f)
	f.StringVar(&o.file, "f", "", "the `file` with the configuration, pybuild.toml or pyproject.toml")
	f.StringVar(&o.target, "target", "", "the `target`, as docker build --target takes it")
}

// replaces are the flags of commands that write files.
func replaces(o *options, f *flag.FlagSet) {
	f.BoolVar(&o.force, "force", false, "replace files that are there")
	f.BoolVar(&o.print, "print", false, "print instead of writing")
}

func writes(o *options, f *flag.FlagSet) {
	directory(o, f)
	replaces(o, f)
}

// run is the command line. What a script reads goes to out, what a person reads
// beside it to log.
func run(args []string, out, log io.Writer) error {
	name := strings.TrimLeft(args[0], "-")
	if name == "help" || args[0] == "-h" {
		_, err := io.WriteString(out, usage())
		return err
	}
	for _, c := range commands() {
		if c.name == name && (args[0] == name || name == "version") {
			return c.call(args[1:], out, log)
		}
	}
	_, _ = fmt.Fprintf(log, "pybuild has no command %q\n\n%s", args[0], usage())
	return errUsage
}

// usage lists the commands.
func usage() string {
	var b strings.Builder
	b.WriteString(intro)
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-9s %s\n", c.name, c.does)
	}
	b.WriteString(outro)
	return b.String()
}

// call reads the flags of a command, on either side of its argument, and runs it.
func (c command) call(args []string, out, log io.Writer) error {
	var o options
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	if c.flags != nil {
		c.flags(&o, f)
	}
	help := func(to io.Writer) {
		_, _ = fmt.Fprintf(to, "pybuild %s: %s\n", strings.TrimSpace(c.name+" "+c.takes), c.does)
		f.SetOutput(to)
		f.PrintDefaults()
	}
	for {
		err := f.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			help(out)
			return nil
		case err != nil:
			_, _ = fmt.Fprintf(log, "pybuild %s: %v\n", c.name, err)
			help(log)
			return errUsage
		case f.NArg() == 0:
			return c.run(&o, out, log)
		case c.takes == "" || len(o.args) > 0:
			_, _ = fmt.Fprintf(log, "pybuild %s takes no argument %q\n", c.name, f.Arg(0))
			return errUsage
		}
		o.args, args = append(o.args, f.Arg(0)), f.Args()[1:]
	}
}

// schema prints the JSON Schema.
func schema(_ *options, out, _ io.Writer) error {
	text, err := config.JSONSchema()
	if err == nil {
		_, err = fmt.Fprintln(out, string(text))
	}
	return err
}
