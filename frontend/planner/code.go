package planner

import (
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	sourceDir = "/run/pybuild/source"
	// cargoCache is where cargo keeps the crates that it downloads.
	cargoCache = "/root/.cargo/registry"
)

// stdlib plans the bytecode of the standard library: keyed by the base alone,
// so that every project on it shares the layer.
func (b *builder) stdlib() {
	if b.Config.Runtime.StdlibBytecode != nil && !*b.Config.Runtime.StdlibBytecode {
		return
	}
	b.add(plan.Step{
		ID: "stdlib", Name: "[stdlib] compile the standard library of Python " + b.plan.Python.Version, Stage: "stdlib",
		On: b.native(), Args: b.python(b.native(), "stdlib.py"), Output: "/out", Offline: true,
		Mounts: []plan.Mount{scriptsMount("stdlib.py", "tree.py")}, At: b.Config.At("runtime", "stdlib-bytecode"),
	})
	b.layer("stdlib")
}

// InstallsProject reports whether the project itself is built and installed.
func InstallsProject(in Input) bool { return (&builder{Input: in}).installsProject() }

// installsProject reports whether the project itself is built and installed
// like any other package, its code not in the workdir.
func (b *builder) installsProject() bool {
	switch b.Config.Build.Project {
	case "install":
		return true
	case "copy":
		return false
	}
	if b.Facts.Input == project.InputScript {
		return false
	}
	p := b.Facts.Project
	return p != nil && p.IsPackage() || b.Facts.Input == project.InputSetup || b.Facts.InstallsRoot()
}

// project plans the installation of the project and of what it takes from the
// context: each built as a wheel by a step of its own, so that a change of one
// builds no other.
func (b *builder) project() {
	for _, l := range b.Facts.Locals {
		id, at := localID(l.Path), plan.Location{}
		if m := b.Facts.Members[l.Path]; m != nil {
			at = m.File.At("project", "name")
		}
		b.local(id, l.Path, l.Path, at)
	}
	if !b.installsProject() {
		return
	}
	name, reason, at := b.Facts.Dir, "the key project says so", b.Config.At("build", "project")
	if p := b.Facts.Project; p != nil {
		if p.Name != "" {
			name = p.Name
		}
		if at.IsZero() {
			reason, at = "it is a package ("+p.File.Name+" has a [build-system])", p.File.At("build-system")
		}
	}
	if name == "." {
		name = "the project"
	}
	if b.Config.Build.Project == "" {
		switch {
		case b.Facts.InstallsRoot():
			reason = b.Facts.InputFile + " names the project itself"
		case b.Facts.Input == project.InputSetup:
			reason = b.Facts.InputFile + " makes a package of it"
		}
	}
	b.decide("project", name, reason+", so it is installed and not copied")
	b.local("project", b.Facts.Dir, name, at)
}

func localID(dir string) string { return "local-" + strings.ReplaceAll(dir, "/", "-") }

// local plans the step that builds and installs one directory or archive of
// the context.
func (b *builder) local(id, dir, name string, at plan.Location) {
	on := b.on()
	w := b.wheelOf(on, id, dir, name, at)
	secrets, given := b.given(!strings.HasSuffix(dir, ".whl"))
	args := append(append(b.python(on, "local.py"), append(append(secrets, w.options...), b.shebangFlags(on)...)...), "--")
	args = append(append(args, w.build...), "--then")
	args = append(append(args, b.pipInstall(on)...), "--no-deps", "--no-index", "--offline", "--no-cache")
	b.add(plan.Step{
		ID: id, Name: "[builder] build and install " + name, Stage: "builder", On: on, Args: args,
		Env: b.uvEnv(on), Dir: "/", Output: "/install", At: at, Offline: b.offline(),
		Mounts: slices.Concat(w.mounts, b.tools(on, append(b.installScripts(), "local.py")...), given),
	})
	b.layer(id)
}

// wheelOf is how a wheel is made of a directory of the context.
type wheelOf struct {
	// build is uv's command, options what goes before it.
	build, options []string
	// mounts are the directory, and what it is built with.
	mounts []plan.Mount
}

// wheelOf plans the steps that download what a directory is built with, where that is
// done apart.
func (b *builder) wheelOf(on plan.Ref, id, dir, name string, at plan.Location) wheelOf {
	flags, required := b.requirements(on)
	build := []string{uvPath, "build", "--wheel", "--python", b.interpreter(on), "--out-dir", "/tmp/wheels"}
	mount := plan.Mount{
		// Build backends write beside the sources: let them, and keep nothing.
		Kind: plan.Bind, From: plan.Ref{Context: plan.Project}, Target: sourceDir, Scratch: true,
	}
	target := sourceDir
	if dir != "." {
		mount.From.Paths = []string{path.Join("/", dir)}
		mount.Source = path.Join("/", dir)
		target = path.Join(sourceDir, path.Base(dir))
		mount.Target = target
		// The rest of the workspace, which sources may name, is not there.
		build = append(build, "--no-sources")
	}
	if dir != "." || b.offline() || b.guarded() {
		build = append(build, flags...)
	}
	var options []string
	if dir == b.Facts.Dir && b.history() {
		mount, target = historyMount(), path.Join(sourceDir, dir)
		options = append(options, "--history", sourceDir)
	}
	if b.guarded() && !strings.HasSuffix(dir, ".whl") {
		required = b.requires(on, b.unbuiltLocal(id, dir, name, at, mount, target))
		build = append(build, "--offline")
	}
	extra := required
	if slices.ContainsFunc(b.compiled(), func(c project.Compiled) bool { return c.Path == dir && c.Rust }) {
		extra = append(extra, b.crates()...)
	}
	return wheelOf{build: append(build, target), options: options, mounts: append([]plan.Mount{mount}, extra...)}
}

// crates mounts those that cargo has downloaded before. It builds what lies there as it
// lies there: where a build has secrets, or promises hashes, others must not have a say.
func (b *builder) crates() []plan.Mount {
	if b.hermetic() || b.guarded() {
		return nil
	}
	return []plan.Mount{{Kind: plan.Cache, Target: cargoCache, ID: cargoCache}}
}

// unbuiltLocal is a directory or an archive of the context to build.
func (b *builder) unbuiltLocal(id, dir, name string, at plan.Location, mount plan.Mount, target string) unbuilt {
	u := unbuilt{id: id, name: name, flags: b.sourceFlags(), sources: []string{target}, at: at}
	p := b.Facts.Members[dir]
	if dir == b.Facts.Dir {
		p = b.Facts.Project
	}
	switch {
	case path.Ext(dir) == ".gz" || path.Ext(dir) == ".zip":
		u.archives, u.files = []string{target}, []plan.Mount{mount}
		return u
	case p == nil || !p.HasBuildSystem || p.BuildRequires == nil:
		u.asked = []string{"setuptools >= 40.8.0"}
	default:
		for _, text := range p.BuildRequires {
			r, err := project.ParseRequirement(text)
			if err == nil && slices.ContainsFunc(p.Sources[project.NormalizeName(r.Name)], func(s project.Source) bool { return s.Kind != project.SourceIndex }) {
				// It is in the context.
				continue
			}
			u.asked = append(u.asked, text)
		}
	}
	u.trees = []plan.Mount{mount}
	return u
}

// files plans the app's own files, with their bytecode.
func (b *builder) files() {
	if b.withoutFiles() {
		return
	}
	owner := "0:0"
	if b.Config.Runtime.Owner == "user" {
		owner = b.user()
	}
	args := append(b.python(b.native(), "app.py"), b.workdir(), owner)
	if b.Target == "dev" {
		// Files that change cannot have bytecode that nobody checks.
		args = append(args, "--source")
	}
	b.add(plan.Step{
		ID: "app", Name: "[builder] lay out the app in " + b.workdir() + " and compile it", Stage: "builder",
		On: b.native(), Args: args,
		Output: "/out", Offline: true, At: b.Config.At("runtime", "include"),
		Mounts: []plan.Mount{
			b.appFiles(),
			scriptsMount("app.py", "syntax.py", "tree.py"),
		},
	})
	b.layer("app")
}

// appFiles mounts what becomes the app: the project's directory.
func (b *builder) appFiles() plan.Mount {
	m := plan.Mount{Kind: plan.Bind, From: plan.Ref{Context: plan.Files}, Target: "/src"}
	if b.Facts.Dir != "." {
		m.Source = path.Join("/", b.Facts.Dir)
	}
	return m
}

func (b *builder) workdir() string {
	if w := b.Config.Runtime.Workdir; w != "" {
		return w
	}
	return "/app"
}
