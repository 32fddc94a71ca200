// Package planner decides: configuration, facts of the project and what the
// engine can do become a plan, every choice with its reason. It is pure.
package planner

import (
	"fmt"
	"strings"

	"deps.dev/util/semver"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// Base is what the base image's configuration tells.
type Base struct {
	// Python is the interpreter of the base.
	Python plan.Python
	// Env is the base's environment.
	Env map[string]string
	// System is what lies around the interpreter.
	System System
}

// System is what an image is, apart from its Python.
type System struct {
	// ID is that of os-release, such as "debian"; empty where nobody looked, which
	// is the case of the official images of Python.
	ID string
	// Codename is that of os-release, such as "bookworm"; empty like ID.
	Codename string
	// Libc is "glibc" or "musl".
	Libc string
	// Manager installs packages: "apt" or "apk", and "" where there is none, or no
	// shell.
	Manager string
	// SiteHook is the directory whose .pth files lead to Python's SitePackages,
	// where the interpreter does not look there by itself, as Debian's.
	SiteHook string
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
	// Wheels are the files that the engine can fetch and verify, Rest the
	// packages that it cannot.
	Wheels []project.Wheel
	Rest   []project.PylockPackage
	// Partial reports that nobody looked for what these packages bring along.
	Partial bool
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
	// Python is the version of the default base that was found to exist; ""
	// takes the best of PythonVersions.
	Python string
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
	// Builder is the image that is compiled on, where that is not the base.
	Builder *Base
	// BuildLock is the lock of what packages are built with; nil without one.
	BuildLock *project.Pylock
	// Replaced are the images, by their names in the plan, that the caller replaces.
	Replaced map[string]bool
	// Pins are the digests of images.
	Pins *project.Pins
	// BaseDigest is that of the base, as it was found; Revision and Source are where the
	// code is from. Each is "" where it is not known.
	BaseDigest, Revision, Source string
	// Apps is what the source shows of what to run; nil where nobody looked.
	Apps *project.Apps
	// StartRoot is the directory of the context that has to be on sys.path for what the
	// configuration starts; "" for the project's own.
	StartRoot string
	// Resolved is nil where the project has no dependencies.
	Resolved *Resolved
	// Tools is what the project is built with, for the target wheelhouse.
	Tools *Resolved
}

// New decides the whole plan.
func New(in Input) (*plan.Plan, error) {
	b, err := newBuilder(in)
	if err != nil {
		return nil, err
	}
	b.resolve()
	if err := b.checkRest(); err != nil {
		return nil, err
	}
	b.toolchain()
	b.stdlib()
	b.install()
	b.project()
	b.files()
	if b.Target != "test" {
		if err := b.serve(); err != nil {
			return nil, err
		}
	}
	b.runtime()
	if err := b.static(); err != nil {
		return nil, err
	}
	b.libraries()
	if b.err != nil {
		return nil, b.err
	}
	if err := b.volumes(); err != nil {
		return nil, err
	}
	b.rootfs()
	b.environment()
	b.labels()
	if err := b.target(); err != nil {
		return nil, err
	}
	if err := b.checkSteps(); err != nil {
		return nil, err
	}
	if steps := b.emulated(); len(steps) > 0 {
		b.decide("emulation", strings.Join(steps, ", "), "these steps run on "+b.Platform+", which the builder is not")
	}
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
	return b.plan, b.err
}

// builder gathers a plan.
type builder struct {
	Input
	plan *plan.Plan
	root bool // the container runs as root
	// launcherFiles reports that the image needs the launcher.
	launcherFiles bool
	// err is the first thing that no image at hand can do.
	err error
	// defaults are variables of the image that a user can override.
	defaults map[string]string
	// ranks are of wheels, by the platform that they are installed on.
	ranks map[string]project.Ranks
}

func newBuilder(in Input) (*builder, error) {
	if err := checkPython(in); err != nil {
		return nil, err
	}
	if err := checkBuilder(in); err != nil {
		return nil, err
	}
	images, err := Images(in)
	if err != nil {
		return nil, err
	}
	target := in.Target
	if target == "" {
		target = builtinTargets()[0]
	}
	p := &plan.Plan{
		Target:   target,
		Platform: in.Platform,
		Python:   in.Base.Python,
		Images:   images,
		Root:     plan.Ref{Image: "base"},
	}
	b := &builder{Input: in, plan: p, root: in.Config.Runtime.User == "root", defaults: map[string]string{}, ranks: map[string]project.Ranks{}}
	if err := b.decidePython(); err != nil {
		return nil, err
	}
	b.decide("input", string(in.Facts.Input), in.Facts.InputReason)
	environment := project.Environment{Python: in.Base.Python.Version, Machine: project.Machine(architecture(in.Platform))}
	if err := in.Facts.CheckPylock(environment, Choice(in.Config).Selection()); err != nil {
		return nil, err
	}
	if err := b.checkHermetic(); err != nil {
		return nil, err
	}
	b.place()
	return b, b.checkHistory()
}

// decidePython says why it is this version.
func (b *builder) decidePython() error {
	if b.Config.Base != "" {
		b.decide("python", b.Base.Python.Version, "it is what the base image has", "base")
		return nil
	}
	versions, reason, err := PythonVersions(b.Input)
	if err != nil {
		return err
	}
	chosen := b.Python
	if chosen != "" && chosen != versions[0] {
		reason += fmt.Sprintf("; there is no python:%s-slim, and with python = %q nobody would look for it", versions[0], chosen)
	} else {
		if chosen == "" && len(versions) > 1 {
			reason += ", if the base is published for it" // nobody asked a registry
		}
		chosen = versions[0]
	}
	b.decide("python", chosen, reason, "python")
	return nil
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
