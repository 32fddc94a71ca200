package planner

import (
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// compilers are what most sdists with native code need beside Python's headers.
func compilers() []string { return []string{"g++", "gcc", "libc6-dev"} }

// apt plans a step that installs Debian packages onto a tree.
func (b *builder) apt(id, stage string, on plan.Ref, packages []string) {
	b.add(plan.Step{
		ID: id, Name: "[" + stage + "] install " + strings.ReplaceAll(strings.Join(packages, ", "), "|", " or "), Stage: stage, On: on,
		Args: append([]string{"/bin/sh", scriptsDir + "/apt.sh"}, packages...),
		// apt's files are its own while it runs: one step at a time.
		Mounts: []plan.Mount{
			{Kind: plan.Cache, Target: "/var/cache/apt", ID: "/var/cache/apt", Locked: true},
			{Kind: plan.Cache, Target: "/var/lib/apt", ID: "/var/lib/apt", Locked: true},
			scriptsMount("apt.sh"),
		},
		At: b.Config.At(stageKey(stage), "packages"),
	})
}

func stageKey(stage string) string {
	if stage == "runtime" {
		return "runtime"
	}
	return "build"
}

// toolchain plans what must be there to build: the packages that were asked
// for, and the compiler only where a package has no wheel.
func (b *builder) toolchain() {
	b.system()
	if b.Resolved == nil || len(b.Resolved.MustBuild) == 0 {
		return
	}
	b.decide("compiler", "gcc", "no wheel fits "+b.Platform+" for "+names(b.Resolved.MustBuild))
	packages := compilers()
	if needs := b.buildNeeds(); len(needs) > 0 {
		b.decide("build packages", strings.Join(needs, " "), names(b.Resolved.MustBuild)+" are known to need them", "build", "packages")
		packages = append(packages, needs...)
	}
	if b.crosses() {
		// What is compiled is compiled where it will run.
		b.apt("toolchain", "builder", plan.Ref{Image: "base"}, append(packages, b.systemPackages()...))
		return
	}
	b.apt("toolchain", "builder", b.on(), packages)
}

// system plans the packages that any building step may need: those of the
// configuration, and git where a dependency comes from a repository.
func (b *builder) system() {
	if b.plan.Step("system") != nil {
		return
	}
	if packages := b.systemPackages(); len(packages) > 0 {
		b.apt("system", "builder", b.native(), packages)
	}
}

func (b *builder) systemPackages() []string {
	packages := append([]string{}, b.Config.Build.Packages...)
	if b.needsGit() {
		packages = append(packages, "git", "openssh-client", "ca-certificates")
	}
	return packages
}

func (b *builder) needsGit() bool {
	if b.history() {
		return true
	}
	if b.Facts.Requirements != nil {
		return slices.ContainsFunc(b.Facts.Requirements.Entries, func(e project.RequirementLine) bool { return e.VCS })
	}
	return len(b.Facts.GitSources) > 0
}

// on is the tree that building steps run on.
func (b *builder) on() plan.Ref {
	if b.plan.Step("toolchain") != nil {
		return plan.Ref{Step: "toolchain"}
	}
	return b.systemOn()
}

// systemOn is the tree of steps that compile nothing.
func (b *builder) systemOn() plan.Ref {
	if b.plan.Step("system") != nil {
		return plan.Ref{Step: "system"}
	}
	return b.native()
}

// runtime plans the Debian packages of the image, those of the configuration and
// those that its Python packages are known to need: the one step that executes on
// the base itself.
func (b *builder) runtime() {
	packages := slices.Clone(b.Config.Runtime.Packages)
	needs, by := b.runtimeNeeds()
	needs = slices.DeleteFunc(needs, func(need string) bool {
		// Said by the user already, perhaps with a version.
		return slices.ContainsFunc(packages, func(p string) bool {
			name, _, _ := strings.Cut(p, "=")
			return slices.Contains(strings.Split(need, "|"), name)
		})
	})
	if len(needs) > 0 {
		b.decide("runtime packages", strings.Join(needs, " "), strings.Join(by, ", ")+" need them at run time", "runtime", "packages")
		packages = append(packages, needs...)
	}
	if len(packages) > 0 {
		b.apt("runtime-packages", "runtime", plan.Ref{Image: "base"}, packages)
		if len(needs) > 0 {
			b.plan.Step("runtime-packages").Name += ", for " + strings.Join(by, ", ")
		}
		b.plan.Root = plan.Ref{Step: "runtime-packages"}
	}
}
