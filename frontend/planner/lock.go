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

// LockSource is what a lock is made of: "pyproject.toml" for uv.lock, or a requirements
// file such as "requirements.in". It is "" where another tool than uv locks.
func LockSource(f *project.Facts, exists func(name string) bool) string {
	switch {
	case f.Pyproject != nil && (f.Pyproject.HasProject || f.Pyproject.Workspace != nil) && !f.Pyproject.HasPoetry:
		return project.PyprojectFile
	case exists("requirements.in"):
		return "requirements.in"
	}
	return ""
}

// Lock plans a lock of a project, as the files of an image.
func Lock(in Input, source string) (*plan.Plan, error) {
	if source == "" && in.Facts.Input == project.InputNone {
		return nil, &diag.Error{Code: "PB403", Message: "there is nothing that uv would lock: neither a pyproject.toml with [project] nor a requirements.in",
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
	if source != project.PyprojectFile {
		file = strings.TrimSuffix(source, ".in") + ".txt"
		command = []string{uvPath, "pip", "compile", "--quiet", "--generate-hashes", "--python", b.interpreter(on), source, "-o", file}
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
	args := slices.Concat(b.python(on, "lock.py"), b.accessFlags(), []string{"--", locked + file, file}, command)
	mounts := append(wholeProject(), b.tools(on, uvScripts("lock.py")...)...)
	b.add(plan.Step{
		ID: "lock", Name: "[lock] write " + file, Stage: "lock", On: on, Args: args, Env: b.uvEnv(on), Dir: "/", Output: "/out", Offline: b.airGapped(),
		Mounts: append(append(mounts, b.access()...), plan.Mount{
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
