package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	// scriptsDir is where steps see pybuild's own scripts.
	scriptsDir = "/run/pybuild/scripts"
	// projectDir is where steps see the manifests.
	projectDir = "/run/pybuild/project"
	// uvPath is where steps see uv.
	uvPath = "/run/pybuild/uv"
	// uvCache is the path and the id that a hand-written
	// `RUN --mount=type=cache,target=/root/.cache/uv` gives uv's cache.
	uvCache = "/root/.cache/uv"
	// lockedFile is what a lock that uv does not read is written to.
	lockedFile = "requirements.txt"
)

// resolve plans the step that finds which packages this platform installs.
// Steps after it read its output, not the manifests: a new version of the
// project or an edited README that resolves to the same set rebuilds nothing.
func (b *builder) resolve() {
	if b.Facts.Input == project.InputNone {
		return
	}
	offline := b.Facts.Input == project.InputUVLock || b.Facts.Input == project.InputPylock
	on := b.native()
	if !offline {
		// Asking an sdist for its metadata can need what building it needs.
		b.system()
		on = b.systemOn()
	}
	lock := b.lock(on)
	if lock == nil {
		return
	}
	access, given := b.resolves()
	own, said := b.own(on)
	run := b.python(on, "resolve.py")
	run = append(append(run, access...), own...)
	run = append(run, "--")
	run = append(run, lock...)
	run = append(run, "--then", uvPath, "pip", "install", "--dry-run", "--offline", "--output-format", "json", "-q",
		"--python", b.interpreter(on), "--prefix", "/tmp/none", "-r", "/out/pylock.toml")
	run = append(append(run, b.crossFlags(on)...), b.lockSelection()...)
	run = append(run, b.closed(lock)...)
	step := plan.Step{
		ID: "resolve", Name: "[builder] find the packages for " + b.Platform + " in " + b.inputName(), Stage: "builder",
		On: on, Args: run, Env: b.uvEnv(on), Dir: projectDir, Output: "/out", Offline: offline || b.offline(), At: b.inputAt(),
		Mounts: append(append(b.manifests(), b.localSources()...), b.tools(on, uvScripts("resolve.py", "tree.py")...)...),
	}
	step.Mounts = append(append(step.Mounts, said...), given...)
	if slices.ContainsFunc(step.Mounts, func(m plan.Mount) bool { return m.From.Context == plan.Project }) {
		// uv caches by path what a directory says of itself, and all projects
		// have the same paths here: this cache is the step's own.
		step.Env = append(step.Env, plan.EnvVar{Name: "UV_CACHE_DIR", Value: ownCache})
	}
	b.add(step)
}

// lock is the command that turns the input into /out/pylock.toml (PEP 751);
// nil without an input. What is built from the context is not in it, or is
// dropped from it: it is installed by steps of its own.
func (b *builder) lock(on plan.Ref) []string {
	compile := []string{uvPath, "pip", "compile", "--format", "pylock.toml", "--no-header", "-q",
		"--python", b.interpreter(on), "-o", "/out/pylock.toml"}
	compile = append(compile, b.crossFlags(on)...)
	if b.airGapped() || b.Facts.OtherLock != nil {
		compile = append(compile, b.sourceFlags()...)
	}
	export := []string{uvPath, "export", "--frozen", "--no-header", "--format", "pylock.toml", "-o", "/out/pylock.toml", "-q"}
	switch b.Facts.Input {
	case project.InputUVLock:
		export = append(export, "--no-emit-local")
		if b.Facts.Dir != "." {
			export = append(export, "--package", b.Facts.Project.Name)
		}
		return append(export, b.selection()...)
	case project.InputPylock:
		return []string{b.interpreter(on), "-c", "import shutil, sys; shutil.copyfile(*sys.argv[1:])", b.Facts.InputFile, "/out/pylock.toml"}
	case project.InputScript:
		if b.Facts.ScriptLock != nil {
			return append(export, "--script", b.Facts.InputFile)
		}
		if !b.airGapped() {
			// uv reads the indexes of a script when it locks one, not here. One that is for
			// some packages alone cannot be named so.
			general := slices.DeleteFunc(b.Facts.Indexes(), func(i project.Index) bool { return i.Explicit })
			compile = append(compile, indexFlags(general)...)
		}
		return append(compile, b.Facts.InputFile)
	case project.InputPoetry, project.InputPDM, project.InputPipfile, project.InputRequirements:
		compile = append(compile, b.requirementsFile())
		if b.directRequirements() {
			// Every package is listed, so nothing needs to be looked up.
			compile = append(compile, "--no-deps")
		}
		return compile
	case project.InputPyproject, project.InputSetup:
		if b.asksItself() {
			compile = append(compile, ownRequirement)
			for _, group := range b.Config.Build.Groups {
				compile = append(compile, "--group", group)
			}
			return compile
		}
		return append(append(compile, b.Facts.InputFile), b.selection()...)
	}
	return nil
}

// install plans the step that installs the dependencies into a tree of their
// own, as they will lie in the image.
func (b *builder) install() {
	if b.plan.Step("resolve") == nil || b.Resolved != nil && len(b.Resolved.Install) == 0 {
		return
	}
	if kinds := b.Config.Build.Strip; len(kinds) > 0 {
		b.decide("strip", strings.Join(kinds, ", "), "the configuration leaves them out of installed packages", "build", "strip")
	}
	if b.fromSources() || b.guarded() && b.Resolved != nil {
		b.packages()
		return
	}
	on := b.on()
	cmd := b.pipInstall(on)
	var mounts []plan.Mount
	if b.directRequirements() {
		cmd = append(cmd, "-r", b.requirementsFile(), "--no-deps")
		if b.Facts.Requirements.AllHashed() {
			cmd = append(cmd, "--require-hashes")
		}
		mounts = b.manifests()
	} else {
		cmd = append(append(cmd, "-r", "/out/pylock.toml"), b.lockSelection()...)
		// The lock's relative paths hold in the directory that it was written to.
		mounts = []plan.Mount{{
			Kind: plan.Bind, From: plan.Ref{Step: "resolve"}, Source: "/pylock.toml", Target: "/out/pylock.toml",
		}}
	}
	cmd = append(cmd, b.sourceFlags()...)
	access, given := b.accessFlags(), b.access()
	if b.airGapped() {
		// Nothing is downloaded, and build scripts may run.
		access, given = b.given(false)
	}
	args := slices.Concat(b.python(on, "install.py"), access, b.stripFlags(), b.shebangFlags(on), []string{"--"}, cmd)
	name := "[builder] install the packages of " + b.inputName()
	if b.Resolved != nil {
		name = fmt.Sprintf("[builder] install %s from %s", plan.Count(len(b.Resolved.Install), "package"), b.inputName())
	}
	mounts = append(mounts, b.tools(on, b.installScripts()...)...)
	mounts = append(mounts, given...)
	b.add(plan.Step{
		ID: "install", Name: name, Stage: "builder", On: on, Args: args, Env: b.uvEnv(on), Dir: projectDir,
		Output: "/install", Offline: b.airGapped(), At: b.inputAt(), Mounts: mounts,
	})
	b.layer("install")
}

// pipInstall is the start of every command that installs into a tree.
func (b *builder) pipInstall(on plan.Ref) []string {
	return append([]string{uvPath, "pip", "install", "--python", b.interpreter(on),
		"--prefix", "/install" + b.plan.Python.Prefix, "--link-mode", "copy"}, b.crossFlags(on)...)
}

// directRequirements reports whether the requirements themselves are
// installed, since they list every package with its hashes: those of a lock, or
// hashed ones. A repository in a lock has no hash, but its commit.
func (b *builder) directRequirements() bool {
	return b.Facts.OtherLock != nil || b.Facts.Requirements != nil && b.Facts.Requirements.AllHashed()
}

// selection are the flags that choose extras and groups. The group "dev" is a
// default of uv's.
func (b *builder) selection() []string {
	var flags []string
	dev := false
	for _, extra := range b.Config.Build.Extras {
		flags = append(flags, "--extra", extra)
	}
	for _, group := range b.Config.Build.Groups {
		flags = append(flags, "--group", group)
		dev = dev || group == "dev"
	}
	if b.Facts.Input == project.InputUVLock && !dev {
		flags = append(flags, "--no-dev")
	}
	return flags
}

// lockSelection chooses within a pylock.toml that was written by others. One
// that the resolve step wrote holds no more than what is installed.
func (b *builder) lockSelection() []string {
	if b.Facts.Input == project.InputPylock {
		return b.selection()
	}
	return nil
}

// requirementsFile is the requirements file of the step's working directory.
func (b *builder) requirementsFile() string {
	if b.Facts.Generated != "" {
		return lockedFile
	}
	return b.Facts.InputFile
}

// inputName is the file that decides, for people.
func (b *builder) inputName() string {
	if b.Facts.InputFile == "" {
		return "the project"
	}
	return b.Facts.InputFile
}

// inputAt is the line that asks for the dependencies.
func (b *builder) inputAt() plan.Location {
	if b.Facts.Input == project.InputRequirements || b.Facts.Input == project.InputScript {
		start := plan.Position{Line: 1, Column: 1}
		return plan.Location{File: b.Facts.InputFile, Start: start, End: start}
	}
	if p := b.Facts.Project; p != nil && p.File.Has("project", "dependencies") {
		return p.File.KeyAt("project", "dependencies")
	}
	if file := b.Facts.InputFile; file != "" {
		return plan.Location{File: file, Start: plan.Position{Line: 1, Column: 1}, End: plan.Position{Line: 1, Column: 1}}
	}
	return plan.Location{}
}

func names(packages []Package) string {
	all := make([]string, 0, len(packages))
	for _, p := range packages {
		all = append(all, p.Name)
	}
	return strings.Join(all, ", ")
}
