package planner

import (
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// compilers are what most sdists with native code need beside Python's headers,
// which Debian's own Python has in a package.
func (b *builder) compilers(on plan.Ref) []string {
	if b.systemOf(on).Manager == "apk" {
		return []string{"g++", "gcc", "musl-dev"}
	}
	packages := []string{"g++", "gcc", "libc6-dev"}
	if b.systemOf(on).SiteHook != "" {
		packages = append(packages, "libpython3-dev")
	}
	return packages
}

// toolchain plans what must be there to build: the packages that were asked
// for, and the compiler only where a package has no wheel.
func (b *builder) toolchain() {
	b.system()
	compiled := b.compiled()
	if !b.mustBuild() && len(compiled) == 0 {
		return
	}
	if b.hermetic() && !b.ofOneMoment() {
		b.decide("compiler", "none", "a hermetic build installs none but that of one moment: what has to be compiled takes a builder that has a compiler", "build", "hermetic")
		return
	}
	if b.mustBuild() {
		b.decide("compiler", "gcc", "no wheel fits "+b.Platform+" for "+names(b.Resolved.MustBuild))
	}
	for _, c := range compiled {
		b.plan.Decisions = append(b.plan.Decisions, plan.Decision{What: "compiler", Value: or(map[bool]string{true: "gcc and cargo"}[c.Rust], "gcc"), Reason: c.Reason, At: c.At})
	}
	on := b.builds()
	if b.crosses() {
		// What is compiled is compiled where it will run.
		on = b.compiles()
	}
	packages := b.compilers(on)
	if slices.ContainsFunc(compiled, func(c project.Compiled) bool { return c.Rust }) {
		packages = append(packages, rustOf(b.systemOf(on)))
	}
	if needs := b.buildNeeds(); len(needs) > 0 {
		b.decide("build packages", strings.Join(needs, " "), "known to be needed to compile "+names(b.Resolved.MustBuild), "build", "packages")
		packages = append(packages, needs...)
	}
	if b.crosses() {
		b.distribute("toolchain", "builder", on, append(packages, b.systemPackages()...))
		return
	}
	b.distribute("toolchain", "builder", b.on(), packages)
}

// compiled is what is built from the context and compiles native code.
func (b *builder) compiled() []project.Compiled {
	var dirs []string
	for _, l := range b.Facts.Locals {
		if !l.Archive {
			dirs = append(dirs, l.Path)
		}
	}
	if b.installsProject() {
		dirs = append(dirs, b.Facts.Dir)
	}
	return b.Facts.Compiles(dirs)
}

// mustBuild reports whether a dependency has no wheel.
func (b *builder) mustBuild() bool { return b.Resolved != nil && len(b.Resolved.MustBuild) > 0 }

// rustOf is Rust's package in a distribution.
func rustOf(s System) string {
	if s.Manager == "apk" {
		return "cargo"
	}
	return rustPackage
}

// system plans the packages that any building step may need: those of the
// configuration, and git where a dependency comes from a repository.
func (b *builder) system() {
	if b.plan.Step("system") != nil {
		return
	}
	if packages := b.systemPackages(); len(packages) > 0 {
		b.distribute("system", "builder", b.builds(), packages)
	}
}

func (b *builder) systemPackages() []string {
	packages := append(slices.Clone(b.Config.Build.Packages), b.askedNeeds()...)
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
	return b.builds()
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
		b.decide("runtime packages", strings.Join(needs, " "), "needed at run time by "+strings.Join(by, ", "), "runtime", "packages")
		packages = append(packages, needs...)
	}
	if len(packages) > 0 {
		b.distribute("runtime-packages", "runtime", plan.Ref{Image: "base"}, packages)
		if len(needs) > 0 {
			if s := b.plan.Step("runtime-packages"); s != nil {
				s.Name += ", for " + strings.Join(by, ", ")
			}
		}
		b.plan.Root = plan.Ref{Step: "runtime-packages"}
	}
}
