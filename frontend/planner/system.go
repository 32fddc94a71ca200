package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
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

// systemOf returns what is known of the image that a tree began as.
func (b *builder) systemOf(on plan.Ref) System {
	if b.Builder != nil && b.onBuilder(on) {
		return b.Builder.System
	}
	return b.Base.System
}

// distribute plans a step that installs packages of the image's distribution onto a
// tree.
func (b *builder) distribute(id, stage string, on plan.Ref, packages []string) {
	switch b.systemOf(on).Manager {
	case "apk":
		b.apk(id, stage, on, packages)
	case "apt":
		b.apt(id, stage, on, packages)
	default:
		b.fail(b.noManager(stage, packages))
	}
}

// fail keeps the first mistake.
func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// noManager explains what to do where an image cannot install anything.
func (b *builder) noManager(stage string, packages []string) error {
	_, source := b.Config.Source()
	list := strings.Join(packages, ", ")
	if stage == "runtime" {
		at := b.Config.At("runtime", "packages")
		if at.IsZero() {
			at = b.Config.At("base")
		}
		return &diag.Error{At: at, Source: source,
			Message: fmt.Sprintf("the base image %s has neither apt nor apk to install %s", b.plan.Images["base"].Ref, list),
			Hint:    "choose a base that has them already, or one of Debian, such as python:" + b.numbers() + "-slim"}
	}
	why := "which the configuration asks for"
	if b.Resolved != nil && len(b.Resolved.MustBuild) > 0 {
		why = "which building " + names(b.Resolved.MustBuild) + " takes: there is no wheel for it"
	}
	image, at := b.plan.Images["base"].Ref, b.Config.At("base")
	if b.Config.Build.Base != "" {
		image, at = b.Config.Build.Base, b.Config.At("build", "base")
	}
	return &diag.Error{At: at, Source: source,
		Message: fmt.Sprintf("the image %s has neither apt nor apk to install %s, %s", image, list, why),
		Hint: "build on another image, with the same Python and a glibc that is no newer:\n[build]\nbase = \"python:" + b.numbers() + "-slim" +
			or(dash(b.Base.System.Codename), "") + "\""}
}

func dash(name string) string {
	if name == "" {
		return ""
	}
	return "-" + name
}

// numbers is the version of Python without a suffix.
func (b *builder) numbers() string { return strings.TrimSuffix(b.plan.Python.Version, "t") }

// apk plans a step that installs Alpine's packages onto a tree.
func (b *builder) apk(id, stage string, on plan.Ref, packages []string) {
	b.add(plan.Step{
		ID: id, Name: "[" + stage + "] install " + strings.Join(packages, ", "), Stage: stage, On: on,
		Args: append([]string{"apk", "add", "--no-cache", "--no-progress", "--"}, packages...),
		At:   b.Config.At(stageKey(stage), "packages"),
	})
}

// apt plans a step that installs Debian packages onto a tree.
func (b *builder) apt(id, stage string, on plan.Ref, packages []string) {
	b.add(plan.Step{
		ID: id, Name: "[" + stage + "] install " + strings.ReplaceAll(strings.Join(packages, ", "), "|", " or "), Stage: stage, On: on,
		Args: append([]string{"/bin/sh", scriptsDir + "/apt.sh"}, packages...),
		Env:  b.aptEnv(),
		// apt's files are its own while it runs: one step at a time.
		Mounts: append([]plan.Mount{
			{Kind: plan.Cache, Target: "/var/cache/apt", ID: "/var/cache/apt", Locked: true},
			{Kind: plan.Cache, Target: "/var/lib/apt", ID: "/var/lib/apt", Locked: true},
			scriptsMount("apt.sh"),
		}, b.ca()...),
		At: b.Config.At(stageKey(stage), "packages"),
	})
}

// aptEnv names a mirror of Debian's archive.
func (b *builder) aptEnv() []plan.EnvVar {
	if b.Config.Build.AptMirror == "" {
		return nil
	}
	return []plan.EnvVar{{Name: "APT_MIRROR", Value: b.Config.Build.AptMirror}}
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
	compiled := b.compiled()
	if !b.mustBuild() && len(compiled) == 0 {
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
		b.decide("build packages", strings.Join(needs, " "), names(b.Resolved.MustBuild)+" are known to need them", "build", "packages")
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
		b.decide("runtime packages", strings.Join(needs, " "), strings.Join(by, ", ")+" need them at run time", "runtime", "packages")
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
