// Package planner decides: configuration, facts of the project and what the
// engine can do become a plan, every choice with its reason. It is pure.
package planner

import (
	"fmt"

	"deps.dev/util/semver"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// Engine is what differs between engines.
type Engine struct {
	// Merge reports BuildKit's MergeOp: layers are stacked without a copy.
	Merge bool
}

// Base is what the base image's configuration tells.
type Base struct {
	// Python is the interpreter of the base.
	Python plan.Python
	// Env is the base's environment.
	Env map[string]string
}

// Package is one distribution at one version.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Resolved is the outcome of the resolve step for one platform.
type Resolved struct {
	// Install are the packages that this platform installs.
	Install []Package
	// MustBuild are those of them that have no wheel for this platform.
	MustBuild []Package
}

// Has reports whether a package, by its normalised name, is installed.
func (r *Resolved) Has(name string) bool {
	if r == nil {
		return false
	}
	for _, p := range r.Install {
		if p.Name == name {
			return true
		}
	}
	return false
}

// atLeast reports whether a package is installed at a version (PEP 440) or later.
func (r *Resolved) atLeast(name, version string) bool {
	if r == nil {
		return false
	}
	for _, p := range r.Install {
		if p.Name == name {
			return semver.PyPI.Compare(p.Version, version) >= 0
		}
	}
	return false
}

// Input is everything that a plan follows from.
type Input struct {
	Config *config.Config
	Facts  *project.Facts
	Engine Engine
	// Platform and BuildPlatform are OCI platforms such as "linux/amd64".
	Platform, BuildPlatform string
	// Target is the value of --target, empty for the default.
	Target string
	// BuildArgs are the values of --build-arg.
	BuildArgs map[string]string
	// Labels are the values of --label.
	Labels map[string]string
	Base   Base
	// Resolved is nil where the project has no dependencies.
	Resolved *Resolved
}

// Targets are the names that --target takes, the default first.
func Targets() []string { return []string{"runtime", "builder"} }

// New decides the whole plan.
func New(in Input) (*plan.Plan, error) {
	b, err := newBuilder(in)
	if err != nil {
		return nil, err
	}
	b.resolve()
	b.toolchain()
	b.install()
	b.project()
	b.files()
	if err := b.serve(); err != nil {
		return nil, err
	}
	b.rootfs()
	b.runtime()
	b.environment()
	b.labels()
	b.target()
	return b.plan, nil
}

// Resolution plans no more than the step "resolve". It returns nil where the
// project has no dependencies to resolve.
func Resolution(in Input) (*plan.Plan, error) {
	b, err := newBuilder(in)
	if err != nil {
		return nil, err
	}
	b.resolve()
	if b.plan.Step("resolve") == nil {
		return nil, nil
	}
	return b.plan, nil
}

// builder gathers a plan.
type builder struct {
	Input
	plan *plan.Plan
	web  bool // the container is a web server that the launcher starts
	root bool // the container runs as root
}

func newBuilder(in Input) (*builder, error) {
	if err := checkPython(in); err != nil {
		return nil, err
	}
	images, err := Images(in)
	if err != nil {
		return nil, err
	}
	target := in.Target
	if target == "" {
		target = Targets()[0]
	}
	if target != "runtime" && target != "builder" {
		return nil, &diag.Error{
			Message: fmt.Sprintf("no target %q", in.Target),
			Hint:    "targets are runtime (the default) and builder",
		}
	}
	p := &plan.Plan{
		Target:    target,
		Platform:  in.Platform,
		Python:    in.Base.Python,
		Images:    images,
		Root:      plan.Ref{Image: "base"},
		Placement: plan.Copy,
	}
	if in.Engine.Merge {
		p.Placement = plan.Merge
	}
	b := &builder{Input: in, plan: p, root: in.Config.Runtime.User == "root"}
	b.decide("input", string(in.Facts.Input), in.Facts.InputReason)
	return b, nil
}

func (b *builder) decide(what, value, reason string, at ...string) {
	d := plan.Decision{What: what, Value: value, Reason: reason}
	if len(at) > 0 {
		d.At = b.Config.At(at...)
	}
	b.plan.Decisions = append(b.plan.Decisions, d)
}

func (b *builder) add(s plan.Step) { b.plan.Steps = append(b.plan.Steps, s) }

func (b *builder) layer(step string) {
	b.plan.Layers = append(b.plan.Layers, plan.Ref{Step: step})
}

// target narrows the plan to what --target names.
func (b *builder) target() {
	if b.plan.Target == "builder" {
		b.plan.Root, b.plan.Layers = b.on(), nil
		b.plan.Config = plan.Config{Workdir: "/", Cmd: []string{b.plan.Python.Executable}}
	}
}
