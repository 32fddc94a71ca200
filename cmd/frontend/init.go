package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const dockerignore = `# What the build need not see. pybuild leaves out the likes of .git, .venv, caches and .env
# by itself, even without this file.
.git
.venv
**/__pycache__
**/*.pyc
.env*
.coverage
htmlcov
dist
build
node_modules
`

// initialize writes what a project lacks to be built.
func initialize(o *options, out, log io.Writer) error {
	fsys, err := root(o.dir)
	if err != nil {
		return err
	}
	if err := o.free("init", "pybuild.toml"); err != nil {
		return err
	}
	p, err := open(without{fsys}, "", "")
	if err != nil {
		return err
	}
	if err := o.tableFree(fsys); err != nil {
		return err
	}
	text, err := p.written()
	if err != nil {
		return err
	}
	_, missing := fs.Stat(fsys, ".dockerignore")
	if o.print {
		if errors.Is(missing, fs.ErrNotExist) {
			_, _ = fmt.Fprintln(log, "without --print a .dockerignore is written as well")
		}
		_, err := io.WriteString(out, text)
		return err
	}
	wrote := []string{"pybuild.toml"}
	if err := o.write("pybuild.toml", text); err != nil {
		return err
	}
	if errors.Is(missing, fs.ErrNotExist) {
		if err := o.write(".dockerignore", dockerignore); err != nil {
			return err
		}
		wrote = append(wrote, ".dockerignore")
	}
	_, err = fmt.Fprintf(out, "wrote %s\n\n%s\nBuild it:\n  docker build -f pybuild.toml -t %s .\n", strings.Join(wrote, " and "), text, imageName(p))
	return err
}

// tableFree reports a configuration in pyproject.toml, which a pybuild.toml would replace.
func (o *options) tableFree(fsys fs.FS) error {
	data, err := fs.ReadFile(fsys, project.PyprojectFile)
	if err != nil || o.force {
		return nil //nolint:nilerr // without the file there is no table
	}
	m, err := project.ParsePyproject(project.PyprojectFile, data)
	if err != nil || !m.File.Has("tool", "pybuild") {
		return err
	}
	return &diag.Error{Code: "PB406", At: m.File.KeyAt("tool", "pybuild"), Message: m.File.Name + " has a table [tool.pybuild], which a pybuild.toml would replace",
		Hint: "keep it there, and build with: docker build -f pyproject.toml ."}
}

// without is a project that has no pybuild.toml yet.
type without struct{ fs.FS }

func (w without) Open(name string) (fs.File, error) {
	if name == "pybuild.toml" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return w.FS.Open(name)
}

// imageName is a tag for the project.
func imageName(p *opened) string {
	if project := p.input.Facts.Project; project != nil && project.Name != "" {
		return strings.ToLower(project.Name)
	}
	return "app"
}

// written is a configuration that says what would happen without it. Its keys are
// comments, but for those that pybuild cannot do without.
func (p *opened) written() (string, error) {
	var b strings.Builder
	b.WriteString("# syntax=org/pybuild\n#\n# What stands in comments is what pybuild finds by itself: uncomment a line to decide it,\n# whatever the project says. All keys are in docs/reference.md.\n")
	decided, err := planner.New(p.input)
	var mistakes []*diag.Error
	if err != nil {
		if mistakes = diag.All(err); len(mistakes) == 0 {
			return "", err
		}
	}
	if decided == nil {
		// What runs is open, and the rest is not.
		other := *p.input.Config
		other.Serve.Command = []string{"python"}
		in := p.input
		in.Config = &other
		decided, _ = planner.New(in)
	}
	if decided != nil {
		say(&b, decided, "python", "Python %s: %s.", fmt.Sprintf("python = %q", decided.Python.Version))
		say(&b, decided, "input", "Installs from %s: %s.", fmt.Sprintf("[build]\ninput = %q", p.input.Facts.InputFile))
		if p.input.Facts.InputFile == "" {
			b.WriteString("\n# Installs nothing: no file lists dependencies.\n")
		}
	}
	for _, m := range mistakes {
		b.WriteString("\n# " + strings.ReplaceAll(m.Message, "\n", "\n# ") + ". Choose, and uncomment:\n")
		b.WriteString("# " + strings.ReplaceAll(m.Hint, "\n", "\n# ") + "\n")
	}
	if len(mistakes) == 0 {
		p.serves(&b, decided)
	}
	return b.String(), nil
}

// say writes a decision with its reason, and the key that would make it.
func say(b *strings.Builder, p *plan.Plan, what, format, key string) {
	d := p.Decision(what)
	if d == nil || strings.HasSuffix(key, `""`) {
		return
	}
	fmt.Fprintf(b, "\n# "+format+"\n# %s\n", d.Value, d.Reason, strings.ReplaceAll(key, "\n", "\n# "))
}

// key is the key of [serve] that runs a command.
func key(command []string) string {
	python := len(command) > 1 && strings.HasPrefix(filepath.Base(command[0]), "python")
	switch {
	case python && len(command) == 3 && command[1] == "-m":
		return fmt.Sprintf("module = %q", command[2])
	case python && len(command) == 2 && strings.HasSuffix(command[1], ".py"):
		return fmt.Sprintf("script = %q", command[1])
	}
	words := make([]string, 0, len(command))
	for _, word := range command {
		words = append(words, fmt.Sprintf("%q", word))
	}
	return "command = [" + strings.Join(words, ", ") + "]"
}

// serves writes what the container runs.
func (p *opened) serves(b *strings.Builder, decided *plan.Plan) {
	start, server := decided.Decision("start"), decided.Decision("server")
	switch {
	case start == nil:
	case server != nil:
		fmt.Fprintf(b, "\n# Serves %s: %s, with %s, since %s.\n# [serve]\n# app = %q\n# server = %q\n", start.Value, start.Reason, server.Value, server.Reason, start.Value, server.Value)
	default:
		fmt.Fprintf(b, "\n# Runs %s: %s.\n# [serve]\n# %s\n", start.Value, start.Reason, key(slices.Concat(decided.Config.Entrypoint, decided.Config.Cmd)))
	}
	targets, err := planner.Targets(p.input)
	if err == nil {
		fmt.Fprintf(b, "\n# docker build --target takes %s.\n", strings.Join(targets, ", "))
	}
}
