package planner

import (
	"fmt"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

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
		return &diag.Error{Code: "PB208", At: at, Source: source,
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
	return &diag.Error{Code: "PB208", At: at, Source: source,
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
