package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/moby/patternmatcher/ignorefile"

	"github.com/pybuild/pybuild/frontend"
	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// mounting is how a project comes into the container.
const mounting = `mount the project: docker run --rm -v "$PWD:/src" org/pybuild COMMAND, or name its directory with -C`

// root is the project's directory as a file system.
func root(dir string) (fs.FS, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &diag.Error{Code: "PB405", Message: "there is no directory " + dir, Hint: mounting}
	case err != nil:
		return nil, &diag.Error{Code: "PB405", Message: err.Error(), Hint: mounting, Err: err}
	case !info.IsDir():
		return nil, &diag.Error{Code: "PB405", Message: dir + " is a file, and the project's directory is needed", Hint: mounting}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, &diag.Error{Code: "PB405", Message: fmt.Sprintf("the directory %s cannot be read: %v", dir, errors.Unwrap(err)), Hint: "let the user of the container read it", Err: err}
	}
	if len(entries) == 0 {
		return nil, &diag.Error{Code: "PB405", Message: "the directory " + dir + " is empty", Hint: mounting}
	}
	// Links that lead out of the directory are followed no more than in a build.
	in, err := os.OpenRoot(dir)
	if err != nil {
		return nil, &diag.Error{Code: "PB405", Message: err.Error(), Hint: mounting, Err: err}
	}
	return project.Bounded(in.FS()), nil
}

// opened is a project that was read, with no engine at hand.
type opened struct {
	input planner.Input
	files fs.FS
	tree  planner.Tree
}

// open reads the configuration and the project.
func open(fsys fs.FS, file, target string) (*opened, error) {
	cfg, err := configuration(fsys, file)
	if err != nil {
		return nil, err
	}
	return openWith(fsys, cfg, target)
}

// openWith reads the project for a configuration.
func openWith(fsys fs.FS, cfg *config.Config, target string) (*opened, error) {
	exists := func(name string) bool { _, err := fs.Stat(fsys, name); return err == nil }
	var manifest *project.Pyproject
	if data, err := fs.ReadFile(fsys, project.PyprojectFile); err == nil {
		// One that cannot be read is reported with everything else.
		manifest, _ = project.ParsePyproject(project.PyprojectFile, data)
	}
	cfg = planner.Develop(cfg.For(target), target, manifest, exists)
	switch target {
	case planner.Locking:
		// A lock that does not fit is what this target is for.
		fsys, cfg = project.Unlocked(fsys), cfg.Whole()
	case planner.Wheelhouse:
		cfg = cfg.Unhoused()
	}
	facts, err := project.Read(fsys, planner.Choice(cfg))
	if err != nil {
		return nil, err
	}
	in := planner.Input{Config: cfg, Facts: facts, Platform: "linux/amd64", BuildPlatform: "linux/amd64", Target: target}
	written, err := ignores(fsys)
	if err != nil {
		return nil, err
	}
	tree, err := frontend.Tree(fsys, cfg, facts, written)
	if err != nil {
		return nil, err
	}
	layout := project.Layout{Root: facts.Dir, Package: planner.InstallsProject(in)}
	if in.Apps, err = project.ReadApps(tree.Project, layout); err != nil {
		return nil, err
	}
	if script := planner.FoundScript(in, tree.Project); script != "" {
		choice := planner.Choice(cfg)
		choice.Script = script
		if in.Facts, err = project.Read(fsys, choice); err != nil {
			return nil, err
		}
	}
	if planner.Runs(target) {
		if in.StartRoot, err = planner.CheckNamed(in, tree); err != nil {
			return nil, err
		}
	}
	in, err = planner.Offline(in)
	return &opened{in, fsys, tree}, err
}

// plan decides what the target is made of, as far as files tell.
func (p *opened) plan() (*plan.Plan, error) {
	switch p.input.Target {
	case planner.Locking:
		return planner.Lock(p.input, planner.LockSource(p.input.Facts))
	case planner.Wheelhouse:
		return planner.WheelsOf(p.input)
	}
	return planner.New(p.input)
}

// frameworks reports what starts without its framework, as far as files tell.
func (p *opened) frameworks() error {
	if !planner.Runs(p.input.Target) {
		return nil
	}
	tree := p.tree.App
	if planner.SourceView(p.input) == plan.Project {
		tree = p.tree.Project
	}
	files, err := planner.StartFiles(p.input, tree)
	if err != nil {
		return err
	}
	return planner.CheckFrameworks(p.input, tree, files)
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
			return nil, &diag.Error{Code: "PB101", Message: fmt.Sprintf("the configuration %s cannot be read: %v", name, errors.Unwrap(err)),
				Hint: "name a file of the project's directory, as in -f pybuild.toml", Err: err}
		case filepath.Base(name) == "pyproject.toml":
			return config.ParseProject(name, data)
		}
		return config.Parse(name, data)
	}
	return config.Default(), nil
}

// ignores are the patterns of the project's .dockerignore.
func ignores(fsys fs.FS) ([]string, error) {
	data, err := fs.ReadFile(fsys, ".dockerignore")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ignorefile.ReadAll(bytes.NewReader(data))
}

// free reports a file that is there already and is not to be replaced.
func (o *options) free(command string, names ...string) error {
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(o.dir, name)); err == nil && !o.force && !o.print {
			return &diag.Error{Code: "PB406", Message: name + " is there already", Hint: fmt.Sprintf("edit it, replace it with %s --force, or see the other one with %s --print", command, command)}
		}
	}
	return nil
}

// write creates a file that belongs to whom the directory belongs: the container that
// this runs in is root's.
func (o *options) write(name, text string) error {
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return &diag.Error{Code: "PB407", Message: fmt.Sprintf("%s cannot be written into %s: %v", name, o.dir, errors.Unwrap(err)),
			Hint: "mount the directory without :ro and as its owner, or print the file with --print", Err: err}
	}
	if info, err := os.Stat(o.dir); err == nil {
		if owner, ok := info.Sys().(*syscall.Stat_t); ok {
			// Where that is not allowed, the file is the caller's already.
			_ = os.Lchown(path, int(owner.Uid), int(owner.Gid))
		}
	}
	return nil
}
