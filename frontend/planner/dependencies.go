package planner

import (
	"fmt"
	"path"
	"sort"
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
)

// resolve plans the step that finds which packages this platform installs.
// Steps after it read its output, not the manifests: a new version of the
// project or an edited README that resolves to the same set rebuilds nothing.
func (b *builder) resolve() {
	var lock []string
	offline := false
	switch b.Facts.Input {
	case project.InputUVLock:
		lock = append([]string{uvPath, "export", "--frozen", "--no-dev", "--no-emit-project", "--no-header",
			"--format", "pylock.toml", "-o", "/out/pylock.toml", "-q"}, b.selection()...)
		offline = true
	case project.InputRequirements:
		lock = []string{uvPath, "pip", "compile", "--format", "pylock.toml", "--no-header", "-q",
			"--python", b.plan.Python.Executable, "-o", "/out/pylock.toml", b.Facts.Requirements.Path}
		if b.Facts.Requirements.AllHashed() {
			// Every package is listed, so nothing needs to be looked up.
			lock = append(lock, "--no-deps")
		}
	case project.InputPyproject:
		lock = append([]string{uvPath, "pip", "compile", "--format", "pylock.toml", "--no-header", "-q",
			"--python", b.plan.Python.Executable, "-o", "/out/pylock.toml", "pyproject.toml"}, b.selection()...)
	default:
		return
	}
	on := b.plan.Root
	if !offline {
		// Asking an sdist for its metadata can need what building it needs.
		b.system()
		on = b.on()
	}
	run := b.python("resolve.py")
	run = append(run, b.secretFlags()...)
	run = append(run, "--")
	run = append(run, lock...)
	run = append(run, "--then", uvPath, "pip", "install", "--dry-run", "--offline", "--output-format", "json", "-q",
		"--python", b.plan.Python.Executable, "--prefix", "/tmp/none", "-r", "/out/pylock.toml")
	step := plan.Step{
		ID: "resolve", Name: "[builder] find the packages for " + b.Platform + " in " + b.inputName(), Stage: "builder",
		On: on, Args: run, Env: b.uvEnv(), Dir: projectDir, Output: "/out", Offline: offline, At: b.inputAt(),
		Mounts: append(append(b.manifests(), b.localSources()...), b.tools("resolve.py", "tree.py", "uv.py")...),
	}
	step.Mounts = append(step.Mounts, b.credentials()...)
	b.add(step)
}

// install plans the step that installs the dependencies into a tree of their
// own, as they will lie in the image.
func (b *builder) install() {
	if b.plan.Step("resolve") == nil || b.Resolved != nil && len(b.Resolved.Install) == 0 {
		return
	}
	cmd := []string{uvPath, "pip", "install", "--python", b.plan.Python.Executable,
		"--prefix", "/install" + b.plan.Python.Prefix, "--link-mode", "copy"}
	var mounts []plan.Mount
	if b.directRequirements() {
		cmd = append(cmd, "-r", b.Facts.Requirements.Path)
		if b.Facts.Requirements.AllHashed() {
			cmd = append(cmd, "--require-hashes")
		}
		mounts = b.manifests()
	} else {
		cmd = append(cmd, "-r", "/out/pylock.toml")
		// The lock's relative paths hold in the directory that it was written to.
		mounts = []plan.Mount{{
			Kind: plan.Bind, From: plan.Ref{Step: "resolve"}, Source: "/pylock.toml", Target: "/out/pylock.toml",
		}}
	}
	args := append(b.python("install.py"), b.secretFlags()...)
	args = append(append(args, "--"), cmd...)
	name := "[builder] install the packages of " + b.inputName()
	if b.Resolved != nil {
		name = fmt.Sprintf("[builder] install %s from %s", count(len(b.Resolved.Install), "package"), b.inputName())
	}
	mounts = append(mounts, b.localSources()...)
	mounts = append(mounts, b.tools("install.py", "tree.py", "uv.py")...)
	mounts = append(mounts, b.credentials()...)
	b.add(plan.Step{
		ID: "install", Name: name, Stage: "builder", On: b.on(), Args: args, Env: b.uvEnv(), Dir: projectDir,
		Output: "/install", At: b.inputAt(), Mounts: mounts,
	})
	b.layer("install")
}

// directRequirements reports whether the requirements themselves are
// installed: their hashes must be honoured, and their local paths are theirs.
func (b *builder) directRequirements() bool {
	if b.Facts.Input != project.InputRequirements {
		return false
	}
	if b.Facts.Requirements.AllHashed() {
		return true
	}
	for _, e := range b.Facts.Requirements.Entries {
		if e.LocalPath != "" {
			return true
		}
	}
	return false
}

// selection are the flags that choose extras and groups.
func (b *builder) selection() []string {
	var flags []string
	for _, extra := range b.Config.Build.Extras {
		flags = append(flags, "--extra", extra)
	}
	for _, group := range b.Config.Build.Groups {
		flags = append(flags, "--group", group)
	}
	return flags
}

// manifests mounts the files that the resolver reads, and no other.
func (b *builder) manifests() []plan.Mount {
	var files []string
	switch b.Facts.Input {
	case project.InputUVLock:
		files = []string{"pyproject.toml", "uv.lock"}
	case project.InputRequirements:
		files = b.Facts.Requirements.Files()
	case project.InputPyproject:
		files = []string{"pyproject.toml"}
	}
	paths := make([]string, 0, len(files))
	for _, f := range files {
		paths = append(paths, path.Join("/", f))
	}
	return []plan.Mount{{
		Kind: plan.Bind, From: plan.Ref{Context: plan.Manifests, Paths: paths}, Target: projectDir,
		// Local sources are mounted inside.
		Scratch: true,
	}}
}

// localSources mounts the packages that the lock or the requirements take from
// directories of the context.
func (b *builder) localSources() []plan.Mount {
	paths := append([]string{}, b.Facts.LocalSources...)
	if b.Facts.Input == project.InputRequirements {
		for _, e := range b.Facts.Requirements.Entries {
			if e.LocalPath != "" {
				paths = append(paths, e.LocalPath)
			}
		}
	}
	sort.Strings(paths)
	var mounts []plan.Mount
	for _, p := range paths {
		mounts = append(mounts, plan.Mount{
			Kind: plan.Bind, From: plan.Ref{Context: plan.Project, Paths: []string{path.Join("/", p)}},
			Source: path.Join("/", p), Target: path.Join(projectDir, p), Scratch: true,
		})
	}
	return mounts
}

// inputName is the file that decides, for people.
func (b *builder) inputName() string {
	switch b.Facts.Input {
	case project.InputUVLock:
		return "uv.lock"
	case project.InputRequirements:
		return b.Facts.Requirements.Path
	}
	return "pyproject.toml"
}

// inputAt is the line that asks for the dependencies.
func (b *builder) inputAt() plan.Location {
	if b.Facts.Input == project.InputRequirements {
		start := plan.Position{Line: 1, Column: 1}
		return plan.Location{File: b.Facts.Requirements.Path, Start: start, End: start}
	}
	if b.Facts.Pyproject != nil && b.Facts.Pyproject.File.Has("project", "dependencies") {
		return b.Facts.Pyproject.File.KeyAt("project", "dependencies")
	}
	return plan.Location{}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func names(packages []Package) string {
	all := make([]string, 0, len(packages))
	for _, p := range packages {
		all = append(all, p.Name)
	}
	return strings.Join(all, ", ")
}
