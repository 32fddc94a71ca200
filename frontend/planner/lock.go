package planner

import (
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// upgradeArg is the build argument that has the target lock choose new versions: "all",
// or names of packages.
const upgradeArg = "UPGRADE"

// LockSource is what a lock is made of: "pyproject.toml" for uv.lock, "requirements.in"
// for requirements.txt, or a requirements file without hashes for pylock.toml. It is ""
// where another tool than uv locks, or nothing is left to lock.
func LockSource(f *project.Facts) string {
	switch {
	case f.Pyproject != nil && (f.Pyproject.HasProject || f.Pyproject.Workspace != nil) && !f.Pyproject.HasPoetry:
		return project.PyprojectFile
	case f.Loose != "":
		return f.Loose
	case f.Input == project.InputRequirements && f.OtherLock == nil && len(f.Requirements.Entries) > 0 && !f.Requirements.AllHashed() &&
		!slices.ContainsFunc(f.Requirements.Entries, func(e project.RequirementLine) bool { return e.LocalPath != "" }):
		return f.InputFile
	}
	return ""
}

// Lock plans a lock of a project, as the files of an image.
func Lock(in Input, source string) (*plan.Plan, error) {
	if source == in.Facts.InputFile && in.Facts.Input == project.InputRequirements && source != in.Facts.Loose && !in.Config.At("build", "input").IsZero() {
		source = "" // the configuration names what is installed, and that would not be the lock
	}
	if source == "" && in.Facts.Input == project.InputNone {
		return nil, &diag.Error{Code: "PB403", Message: "there is nothing that uv would lock: neither a pyproject.toml with [project] nor a requirements file",
			Hint: "lock with the project's own tool, as with `poetry lock`"}
	}
	b, err := newBuilder(in)
	if err != nil {
		return nil, err
	}
	if source == "" {
		// Another tool locks the packages, and the images are still to be pinned.
		b.plan.Root, b.plan.Config = plan.Ref{}, plan.Config{Workdir: "/"}
		return b.plan, b.err
	}
	b.system()
	on := b.systemOn()
	file, command := project.UVLockFile, []string{uvPath, "lock"}
	switch source {
	case project.PyprojectFile:
	case in.Facts.Loose:
		file = strings.TrimSuffix(source, ".in") + ".txt"
		command = []string{uvPath, "pip", "compile", "--quiet", "--generate-hashes", "--python", b.interpreter(on), source, "-o", file}
	default:
		// It stays what people edit, and a pylock.toml goes before it.
		file = project.PylockFile
		command = []string{uvPath, "pip", "compile", "--quiet", "--universal", "--format", "pylock.toml", "--python", b.interpreter(on), source, "-o", file}
	}
	switch upgrade := in.BuildArgs[upgradeArg]; upgrade {
	case "":
	case "all":
		command = append(command, "--upgrade")
	default:
		for _, name := range strings.Split(upgrade, ",") {
			if name = strings.TrimSpace(name); !project.UpgradesImage(name, b.references()) {
				command = append(command, "--upgrade-package", name)
			}
		}
	}
	const locked = "/run/pybuild/locked/"
	access, given := b.resolves()
	args := slices.Concat(b.python(on, "lock.py"), access, []string{"--", locked + file, file}, command, b.closed(command))
	mounts := append(wholeProject(), b.tools(on, uvScripts("lock.py")...)...)
	b.add(plan.Step{
		ID: "lock", Name: "[lock] write " + file, Stage: "lock", On: on, Args: args, Env: b.uvEnv(on), Dir: "/", Output: "/out", Offline: b.airGapped(),
		Mounts: append(append(mounts, given...), plan.Mount{
			Kind: plan.Bind, From: plan.Ref{Context: plan.Manifests}, Target: strings.TrimSuffix(locked, "/"),
		}),
	})
	b.plan.Root, b.plan.Layers = plan.Ref{Step: "lock"}, nil
	b.plan.Config = plan.Config{Workdir: "/"}
	return b.plan, b.err
}

// Upgraded are the pins that a build takes: for the target lock without those of images
// that are to be looked up again.
func Upgraded(pins *project.Pins, target string, args map[string]string) *project.Pins {
	if target != Locking {
		return pins
	}
	return pins.Without(args[upgradeArg])
}

// references are the images of the plan by their references.
func (b *builder) references() []string {
	var refs []string
	for _, image := range b.plan.Images {
		refs = append(refs, image.Ref)
	}
	return sortedSet(refs)
}
