package frontend

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
)

// inputs are what a build follows from, whatever the platform.
type inputs struct {
	client client.Client
	ui     *dockerui.Client
	entry  *dockerui.Source
	config *config.Config
	facts  *project.Facts
	views  views
	files  map[string][]byte // texts that places point into
}

// readInputs reads the file of -f, the configuration and the project.
func readInputs(ctx context.Context, c client.Client, ui *dockerui.Client) (*inputs, error) {
	in := &inputs{client: c, ui: ui, files: map[string][]byte{}}
	var err error
	if in.entry, err = ui.ReadEntrypoint(ctx, "TOML"); err != nil {
		return in, err
	}
	in.files[in.entry.Filename] = in.entry.Data
	project, err := in.manifests(ctx)
	if err != nil {
		return in, err
	}
	if err := in.readConfig(project); err != nil {
		return in, err
	}
	if err := in.readProject(project); err != nil {
		return in, err
	}
	in.views, err = in.contexts(ctx, project)
	return in, err
}

// readConfig finds the configuration: the file of -f if it has keys, else the
// context's pybuild.toml, else [tool.pybuild] of its pyproject.toml.
func (in *inputs) readConfig(project fs.FS) error {
	name, data := in.entry.Filename, in.entry.Data
	var err error
	switch {
	case path.Base(name) == "pyproject.toml":
		in.config, err = config.ParseProject(name, data)
		return err
	case hasDockerInstructions(data):
		return &diag.Error{
			At: in.at(name, 1), Source: data,
			Message: name + " holds Dockerfile instructions, and pybuild writes those itself",
			Hint: "keep only the line \"# syntax=...\" in it, with the configuration in pybuild.toml," +
				"\nor build with -f pybuild.toml or -f pyproject.toml",
		}
	case !onlyComments(data):
		in.config, err = config.Parse(name, data)
		return err
	}
	for _, candidate := range []struct {
		name  string
		parse func(string, []byte) (*config.Config, error)
	}{{"pybuild.toml", config.Parse}, {"pyproject.toml", config.ParseProject}} {
		data, err := fs.ReadFile(project, candidate.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		in.files[candidate.name] = data
		in.config, err = candidate.parse(candidate.name, data)
		return err
	}
	in.config = config.Default()
	return nil
}

// readProject gathers the facts, and the texts that their places point into.
func (in *inputs) readProject(fsys fs.FS) error {
	var err error
	in.facts, err = project.Read(fsys)
	for _, d := range diag.All(err) {
		if d.Source != nil {
			in.files[d.At.File] = d.Source
		}
	}
	if err != nil {
		return err
	}
	if p := in.facts.Pyproject; p != nil {
		in.files[p.File.Name] = p.File.Data
	}
	if err := in.checkSources(); err != nil {
		return err
	}
	if r := in.facts.Requirements; r != nil {
		if data, err := fs.ReadFile(fsys, r.Path); err == nil {
			in.files[r.Path] = data
		}
	}
	return nil
}

// checkSources refuses sources outside of the context that the chosen extras
// and groups would read.
func (in *inputs) checkSources() error {
	if in.facts.Input != project.InputUVLock {
		return nil
	}
	return in.facts.CheckSources(in.facts.Pyproject.Name, in.config.Build.Extras, in.config.Build.Groups)
}

// onlyComments reports whether a file says nothing but comments.
func onlyComments(data []byte) bool {
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}

// hasDockerInstructions reports whether the first statement of a file is one
// that every Dockerfile begins with.
func hasDockerInstructions(data []byte) bool {
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		return (strings.EqualFold(word, "FROM") || strings.EqualFold(word, "ARG")) && !strings.HasPrefix(strings.TrimSpace(rest), "=")
	}
	return false
}
