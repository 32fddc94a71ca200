package planner

import (
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// uvPlatform is the platform as uv names it where uv installs for it from any
// other, else "": the glibc is that of Debian 11, the oldest supported base.
func uvPlatform(platform string) string {
	switch architecture(platform) {
	case "amd64":
		return "x86_64-manylinux_2_31"
	case "arm64":
		return "aarch64-manylinux_2_31"
	case "riscv64":
		return "riscv64-unknown-linux"
	}
	return ""
}

// uvPlatform is the image's platform as uv names it.
func (b *builder) uvPlatform() string {
	if b.Base.System.Libc == "musl" {
		switch architecture(b.Platform) {
		case "amd64":
			return "x86_64-unknown-linux-musl"
		case "arm64":
			return "aarch64-unknown-linux-musl"
		}
	}
	return uvPlatform(b.Platform)
}

// architecture is the second part of an OCI platform such as linux/arm64/v8.
func architecture(platform string) string {
	parts := strings.Split(platform, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

// foreign reports that the image is for another architecture than the
// builder's.
func (in Input) foreign() bool { return architecture(in.Platform) != architecture(in.BuildPlatform) }

// crosses reports that steps run on the builder's own platform and install for
// another: at full speed, with no emulator.
func (in Input) crosses() bool { return in.foreign() && uvPlatform(in.Platform) != "" }

// native is the tree that steps run on which make nothing of the platform's
// own: the base, for the platform of the builder.
func (b *builder) native() plan.Ref {
	if b.crosses() {
		return plan.Ref{Image: "native"}
	}
	return plan.Ref{Image: "base"}
}

// builds is the image that building starts from, for the platform of the
// builder.
func (b *builder) builds() plan.Ref {
	switch {
	case b.Config.Build.Base == "":
		return b.native()
	case b.crosses():
		return plan.Ref{Image: "native-builder"}
	}
	return plan.Ref{Image: "builder"}
}

// compiles is the image that compiling starts from: what is compiled is
// compiled for the platform that it runs on.
func (b *builder) compiles() plan.Ref {
	if b.Config.Build.Base != "" {
		return plan.Ref{Image: "builder"}
	}
	return plan.Ref{Image: "base"}
}

// crossFlags have uv install for the image's platform on a tree of the
// builder's.
func (b *builder) crossFlags(on plan.Ref) []string {
	if !b.crosses() || b.runsOnTarget(on) {
		return nil
	}
	return []string{"--python-platform", b.uvPlatform(), "--python-version", strings.TrimSuffix(b.plan.Python.Version, "t")}
}

// uvOn is uv as it runs on a tree.
func (b *builder) uvOn(on plan.Ref) plan.Mount {
	image := "uv"
	if b.crosses() && b.runsOnTarget(on) {
		image = "uv-target"
	}
	return plan.Mount{Kind: plan.Bind, From: plan.Ref{Image: image}, Source: "/uv", Target: uvPath}
}

// emulated are the steps that have to run on the image's own platform, for
// people: an engine without an emulator for it cannot run them.
func (b *builder) emulated() []string {
	if !b.foreign() {
		return nil
	}
	var names []string
	for _, s := range b.plan.Steps {
		if b.runsOnTarget(s.On) {
			names = append(names, s.Name)
		}
	}
	return names
}

func (b *builder) runsOnTarget(r plan.Ref) bool {
	return b.startsOn(r, func(image string) bool { return image == "base" || image == "builder" })
}

// startsOn looks at the image that a tree began as.
func (b *builder) startsOn(r plan.Ref, is func(image string) bool) bool {
	switch {
	case r.Image != "":
		return is(r.Image)
	case r.Step != "":
		s := b.plan.Step(r.Step)
		return s != nil && b.startsOn(s.On, is)
	case len(r.Stack) > 0:
		return b.startsOn(r.Stack[0], is)
	}
	return false
}
