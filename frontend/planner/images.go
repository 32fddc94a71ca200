package planner

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// SupportedPythons are the versions that a default base may be published for,
// newest last. A release of pybuild moves it on.
func SupportedPythons() []string {
	return []string{"3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"}
}

// Unknown reports whether a Python is newer than all that this pybuild knows of.
func Unknown(version string) bool {
	known := SupportedPythons()
	minor := func(v string) int {
		_, rest, _ := strings.Cut(strings.TrimSuffix(v, "t"), ".")
		rest, _, _ = strings.Cut(rest, ".")
		n, _ := strconv.Atoi(rest)
		return n
	}
	return minor(version) > minor(known[len(known)-1])
}

// DefaultUV is the version of uv that installs where none is configured.
const DefaultUV = "0.13.9"

// PythonVersions are the versions to run on, as MAJOR.MINOR, the best first,
// and why: the first of them that the default base is published for is taken.
func PythonVersions(in Input) (versions []string, reason string, err error) {
	if v := in.Config.Python; v != "" {
		if strings.HasSuffix(v, "t") && in.Config.Base == "" {
			_, source := in.Config.Source()
			return nil, "", &diag.Error{Code: "PB203", At: in.Config.At("python"), Source: source,
				Message: "the official images have no free-threaded Python " + v,
				Hint:    "name an image that has one: base = \"registry.example/python:" + v + "\""}
		}
		if bound, ok := in.Facts.AllowsPython(v); !ok {
			_, source := in.Config.Source()
			return nil, "", &diag.Error{Code: "PB202", At: in.Config.At("python"), Source: source,
				Message: "the configuration asks for Python " + v + ", but " + bound + " does not allow it", Hint: "change one of the two, or leave the key out"}
		}
		return []string{v}, "the key python says so", nil
	}
	return in.Facts.PythonVersions(SupportedPythons())
}

// Images decides which images a build reads: "base", which the app runs on and
// is built on, and "uv". For another platform than the builder's there is the
// base for the builder's as well ("native"), and uv for the other ("uv-target").
// What the base cannot make is made on "builder", where the configuration names one,
// which has its "native-builder".
func Images(in Input) (map[string]plan.Image, error) {
	base := plan.Image{Ref: in.Config.Base, Platform: in.Platform, At: in.Config.At("base")}
	if base.Ref == "" {
		versions, reason, err := PythonVersions(in)
		if err != nil {
			return nil, err
		}
		version := or(in.Python, versions[0])
		if in.Config.Python == "" {
			base.Reason = reason
		}
		base.Ref = "python:" + version + "-slim"
		base.At = in.Config.At("python")
	}
	uv := in.Config.Build.UV
	if uv == "" {
		uv = DefaultUV
	}
	tool := plan.Image{Ref: "astral/uv:" + uv, Platform: in.Platform, At: in.Config.At("build", "uv")}
	images := map[string]plan.Image{"base": base, "uv": tool}
	if in.crosses() {
		images["uv-target"] = tool
		base.Platform, tool.Platform = in.BuildPlatform, in.BuildPlatform
		images["native"], images["uv"] = base, tool
	}
	if ref := in.Config.Build.Base; ref != "" {
		builder := plan.Image{Ref: ref, Platform: in.Platform, At: in.Config.At("build", "base")}
		images["builder"] = builder
		if in.crosses() {
			builder.Platform = in.BuildPlatform
			images["native-builder"] = builder
		}
	}
	for name, image := range images {
		if !strings.Contains(image.Ref, "@") {
			image.Digest = in.Pins.Digest(image.Ref)
			images[name] = image
		}
	}
	return images, nil
}

// checkBuilder refuses a builder whose extension modules and bytecode the base
// could not load.
func checkBuilder(in Input) error {
	if in.Builder == nil {
		return nil
	}
	built, runs := in.Builder.Python.Version, in.Base.Python.Version
	_, source := in.Config.Source()
	mistake := &diag.Error{Code: "PB207", At: in.Config.At("build", "base"), Source: source}
	switch {
	case built != runs:
		mistake.Message = fmt.Sprintf("the builder %s has Python %s and the image's base %s: what one compiles, the other does not load", in.Config.Build.Base, built, runs)
		mistake.Hint = fmt.Sprintf("name a builder that has Python %s, such as base = \"python:%s-slim\" in [build]", runs, strings.TrimSuffix(runs, "t"))
	case in.Builder.System.Libc != in.Base.System.Libc:
		mistake.Message = fmt.Sprintf("the builder %s has %s and the image's base %s: what one compiles, the other does not load",
			in.Config.Build.Base, in.Builder.System.Libc, in.Base.System.Libc)
		mistake.Hint = "choose images of the same kind: alpine and its like have musl, most others glibc"
	default:
		return nil
	}
	return mistake
}

// checkPython refuses a base whose Python is not the one asked for.
func checkPython(in Input) error {
	want, has := in.Config.Python, in.Base.Python.Version
	if in.Config.Base == "" || want == "" || has == "" {
		return nil
	}
	if want == has || strings.HasPrefix(want, has+".") {
		return nil
	}
	_, source := in.Config.Source()
	return &diag.Error{
		Code: "PB206",
		At:   in.Config.At("python"), Source: source,
		Message: fmt.Sprintf("the base image %s has Python %s, not %s", in.Config.Base, has, want),
		Hint:    fmt.Sprintf("write python = %q, or choose another base", has),
	}
}
