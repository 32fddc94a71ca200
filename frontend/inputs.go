package frontend

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/subrequests/targets"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// inputs are what a build follows from, whatever the platform.
type inputs struct {
	client    client.Client
	ui        *dockerui.Client
	entry     *dockerui.Source
	config    *config.Config
	facts     *project.Facts
	apps      *project.Apps  // nil where the configuration says what runs
	checks    *linter.Config // which warnings count
	project   fs.FS          // what planning reads of the context
	views     views
	files     map[string][]byte // texts that places point into
	pins      *project.Pins     // nil without a lock of images
	buildLock *project.Pylock   // of what packages are built with
	shipped   shipped
	epoch     *time.Time     // that dates the image; nil for the time of the build
	sized     sync.Once      // for the size of the app
	unused    []diag.Warning // of files that have keys and no effect
	startRoot string         // what has to be on sys.path for what the configuration starts
	script    string         // the start that was found, where its own metadata says what it needs
}

// readInputs reads the file of -f, the configuration and the project.
func readInputs(ctx context.Context, c client.Client, ui *dockerui.Client) (*inputs, error) {
	in := &inputs{client: c, ui: ui, files: map[string][]byte{}}
	var err error
	if in.entry, err = ui.ReadEntrypoint(ctx, "TOML"); err != nil {
		return in, tooLargeEntry(err)
	}
	in.keep(in.entry.Filename, in.entry.Data)
	manifests, err := in.manifests(ctx)
	if err != nil {
		return in, err
	}
	if err := in.readConfig(manifests); err != nil {
		return in, err
	}
	in.unused = in.unread(manifests)
	for _, w := range in.unused {
		in.files[w.At.File] = w.Source
	}
	// From here on the file is only shown.
	in.entry.Data = diag.Mask(in.entry.Data)
	in.config = in.config.For(ui.Target)
	if ui.Target == planner.Wheelhouse {
		// What there is of it is not what it is made of.
		in.config = in.config.Unhoused()
	}
	in.develop(manifests)
	if named := in.named(); len(named) > 0 {
		if manifests, err = in.manifests(ctx, named...); err != nil {
			return in, err
		}
	}
	in.project = manifests
	if err := in.readPins(manifests); err != nil {
		return in, err
	}
	if err := in.readBuildLock(manifests); err != nil {
		return in, err
	}
	if ui.Target == planner.Locking {
		// A lock that does not fit is what this target is for.
		in.project, in.config = project.Unlocked(manifests), in.config.Whole()
	}
	if err := in.readProject(in.project); err != nil {
		return in, err
	}
	if in.views, err = in.contexts(ctx, manifests); err != nil {
		return in, err
	}
	if err := in.readApps(ctx, manifests); err != nil || in.script == "" {
		return in, err
	}
	return in, in.readScript(ctx)
}

// readScript reads the project again, with the script that was found to start.
func (in *inputs) readScript(ctx context.Context) error {
	manifests, err := in.manifests(ctx, in.named()...)
	if err != nil {
		return err
	}
	in.project = manifests
	if in.ui.Target == planner.Locking {
		in.project = project.Unlocked(manifests)
	}
	if err := in.readProject(in.project); err != nil {
		return err
	}
	in.views, err = in.contexts(ctx, manifests)
	return err
}

// choice is what the configuration says about the project's files, with the script that was found.
func (in *inputs) choice() project.Choice {
	c := planner.Choice(in.config)
	if in.script != "" {
		c.Script = in.script
	}
	return c
}

// unreadable is project's, whose name others hide here.
func unreadable(name string, err error) error { return project.Unreadable(name, err) }

// tooLargeEntry gives the mistake of a file of -f that BuildKit does not read its page.
func tooLargeEntry(err error) error {
	if strings.Contains(err.Error(), "exceeds maximum allowed size") {
		return &diag.Error{Code: "PB702", Message: "the file of -f is too large: " + err.Error(), Hint: "name the pybuild.toml or the pyproject.toml of the project", Err: err}
	}
	return err
}

// keep keeps a text that places point into. Clients show it beside errors and
// warnings, and the provenance holds it: a URL's password is no part of it.
func (in *inputs) keep(file string, text []byte) { in.files[file] = diag.Mask(text) }

// readApps looks in the source for what the container could run, unless the
// configuration says so. A Django project has more to tell than that, and so has any
// whose processes are asked for.
func (in *inputs) readApps(ctx context.Context, manifests fs.FS) error {
	if planner.Configured(planner.Input{Config: in.config}) && !in.mayBeDjango(manifests) && !in.asksForProcesses() {
		return nil
	}
	ref, err := in.solve(ctx, in.views[plan.Project], in.buildPlatform())
	if err != nil {
		return err
	}
	layout := project.Layout{Root: in.facts.Dir, Package: planner.InstallsProject(planner.Input{Config: in.config, Facts: in.facts})}
	source := newTree(ctx, ref)
	if in.apps, err = project.ReadApps(source, layout); err != nil {
		return err
	}
	for _, at := range in.apps.Places() {
		if in.files[at.File] == nil {
			if data, err := fs.ReadFile(source, at.File); err == nil {
				in.keep(at.File, in.apps.Django.Hide(at.File, data))
			}
		}
	}
	in.script = planner.FoundScript(planner.Input{Config: in.config, Facts: in.facts, Apps: in.apps}, source)
	return nil
}

// asksForProcesses reports whether the build is for a target that only the source can
// tell of, as the worker beside a web app, or for the list of targets.
func (in *inputs) asksForProcesses() bool {
	if in.client.BuildOpts().Opts["requestid"] == targets.RequestTargets {
		return true
	}
	if t, ok := in.config.Targets[in.ui.Target]; ok && !t.Serve.Starts() && !planner.Builtin(in.ui.Target) {
		return true // of a process that the source may have, it says more
	}
	known, err := planner.Targets(planner.Input{Config: in.config})
	return err == nil && in.ui.Target != "" && !slices.Contains(known, in.ui.Target)
}

// mayBeDjango looks for the one file that every Django project has.
func (in *inputs) mayBeDjango(manifests fs.FS) bool {
	for _, pattern := range []string{"manage.py", "*/manage.py", "*/*/manage.py"} {
		if found, err := fs.Glob(manifests, pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// instructionsHint says what to do with a Dockerfile.
func instructionsHint(name string) string {
	const migrate = "docker run --rm -v \"$PWD:/src\" org/pybuild migrate"
	if path.Base(name) == "pybuild.toml" {
		return "move them into a Dockerfile, and have a pybuild.toml written that does the same: " + migrate
	}
	return "keep only the line \"# syntax=...\" in it, with the configuration in pybuild.toml," +
		"\nor build with -f pybuild.toml or -f pyproject.toml;" +
		"\na pybuild.toml that does the same as a Dockerfile is written by " + migrate
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
			Code: "PB018",
			At:   in.at(name, 1), Source: data,
			Message: name + " holds Dockerfile instructions, and pybuild writes those itself",
			Hint:    instructionsHint(name),
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
			return unreadable(candidate.name, err)
		}
		in.keep(candidate.name, data)
		in.config, err = candidate.parse(candidate.name, data)
		return err
	}
	in.config = config.Default()
	return nil
}

// readProject gathers the facts, and the texts that their places point into.
func (in *inputs) readProject(fsys fs.FS) error {
	var err error
	in.facts, err = project.Read(fsys, in.choice())
	for _, d := range diag.All(err) {
		if d.Source != nil {
			in.keep(d.At.File, d.Source)
		}
	}
	if err != nil {
		return err
	}
	if p := in.facts.Pyproject; p != nil {
		in.keep(p.File.Name, p.File.Data)
	}
	for _, p := range in.facts.Members {
		in.keep(p.File.Name, p.File.Data)
	}
	if file := in.facts.InputFile; file != "" && in.files[file] == nil {
		if data, err := fs.ReadFile(fsys, file); err == nil {
			in.keep(file, data)
		}
	}
	return nil
}

// develop has the configuration of a target for developers.
func (in *inputs) develop(fsys fs.FS) {
	var manifest *project.Pyproject
	if data, err := fs.ReadFile(fsys, project.PyprojectFile); err == nil {
		// One that cannot be read is reported with everything else.
		manifest, _ = project.ParsePyproject(project.PyprojectFile, data)
	}
	in.config = planner.Develop(in.config, in.ui.Target, manifest, func(name string) bool {
		_, err := fs.Stat(fsys, name)
		return err == nil
	})
}

// named are the files of the context that the configuration names for planning
// to read.
func (in *inputs) named() []string {
	var named []string
	c := in.choice()
	if file := in.config.Runtime.CA; file != "" {
		named = append(named, file)
	}
	if file := in.config.Build.Requires; file != "" {
		named = append(named, file)
	}
	if c.Script != "" {
		named = append(named, c.Script, c.Script+".lock")
	}
	if c.Input != "" {
		// What it includes lies beside it.
		named = append(named, c.Input, path.Join(path.Dir(c.Input), "**", "*.txt"), c.Input+".lock")
	}
	return named
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
