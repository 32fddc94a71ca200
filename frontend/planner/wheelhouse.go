package planner

import (
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	// builtDir is where a step sees the wheels that another one built.
	builtDir = "/run/pybuild/built"
	// toolsFile lists what is built with.
	toolsFile = "build-requires.in"
)

// buildTools are the packages that build the project and what it takes from the context.
func (b *builder) buildTools() []string {
	var all []string
	of := func(p *project.Pyproject) {
		if p == nil || !p.HasBuildSystem {
			// pip's and uv's rule for what has no [build-system].
			all = append(all, "setuptools>=40.8.0")
			return
		}
		all = append(all, p.BuildRequires...)
	}
	for _, l := range b.Facts.Locals {
		if !strings.HasSuffix(l.Path, ".whl") {
			of(b.Facts.Members[l.Path])
		}
	}
	if b.installsProject() {
		of(b.Facts.Project)
	}
	return sortedSet(all)
}

// ToolResolution plans the step that finds what the project is built with, as
// Resolution finds its dependencies: for the builder's own platform. It returns nil where
// nothing is built from the context.
func ToolResolution(in Input) (*plan.Plan, error) {
	b, err := newBuilder(in)
	if err != nil {
		return nil, err
	}
	tools := b.buildTools()
	if len(tools) == 0 {
		return nil, nil
	}
	b.system()
	on := b.builds()
	compile := []string{uvPath, "pip", "compile", "--format", "pylock.toml", "--no-header", "-q", "--python", b.interpreter(on), "-o", "/out/pylock.toml"}
	compile = append(append(compile, b.sourceFlags()...), toolsFile)
	access, given := b.resolves()
	run := slices.Concat(b.python(on, "resolve.py"), access, []string{"--"}, compile,
		[]string{"--then", uvPath, "pip", "install", "--dry-run", "--offline", "--output-format", "json", "-q",
			"--python", b.interpreter(on), "--prefix", "/tmp/none", "-r", "/out/pylock.toml"}, b.closed(compile))
	b.add(plan.Step{
		ID: "resolve", Name: "[wheelhouse] find what builds the project", Stage: "builder", On: on, Args: run, Env: b.uvEnv(on), Dir: projectDir,
		Output: "/out", Offline: b.airGapped(), At: b.inputAt(),
		Mounts: append(append([]plan.Mount{{
			Kind: plan.Bind, From: plan.Ref{Files: map[string]string{toolsFile: strings.Join(tools, "\n") + "\n"}}, Target: projectDir, Scratch: true,
		}}, b.tools(on, uvScripts("resolve.py", "tree.py")...)...), given...),
	})
	return b.plan, b.err
}

// WheelsOf plans a wheelhouse, as the files of an image: the wheels of what is installed,
// built where there are none, those of the tools that build what is taken from the context,
// and a requirements file with the hashes of the former.
func WheelsOf(in Input) (*plan.Plan, error) {
	b, err := newBuilder(in)
	if err != nil {
		return nil, err
	}
	b.resolve()
	b.toolchain()
	var wheels []project.Wheel
	var rest []project.PylockPackage
	if in.Resolved != nil {
		wheels, rest = slices.Clone(in.Resolved.Wheels), slices.Clone(in.Resolved.Rest)
	}
	var tools []string
	if in.Tools != nil {
		for _, w := range in.Tools.Wheels {
			if !slices.ContainsFunc(wheels, func(o project.Wheel) bool { return o.File.Name == w.File.Name }) {
				wheels, tools = append(wheels, w), append(tools, w.File.Name)
			}
		}
	}
	var dirs []string
	var mounts []plan.Mount
	others := slices.DeleteFunc(slices.Clone(wheels), b.fetchedByStep)
	if b.fetch(group{id: "wheelhouse", wheels: wheels}) {
		dirs = append(dirs, fetchedDir)
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Step: "fetch-wheelhouse"}, Target: fetchedDir})
	}
	if len(others) > 0 {
		dirs = append(dirs, wheelsDir)
		mounts = append(mounts, b.downloads(others)...)
	}
	if len(rest) > 0 {
		b.buildWheels(rest)
		dirs = append(dirs, builtDir)
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Step: "wheels"}, Target: builtDir})
	}
	on := b.native()
	args := slices.Concat(b.python(on, "wheelhouse.py"), []string{b.Platform}, dirs, []string{"--"}, tools)
	b.add(plan.Step{
		ID: "wheelhouse", Name: "[wheelhouse] lay out " + plan.Count(len(wheels)+len(rest), "wheel") + " for " + b.Platform, Stage: "wheelhouse", On: on, Args: args,
		Output: "/out", Offline: true, Mounts: append(mounts, scriptsMount("tree.py", "wheelhouse.py")), At: b.inputAt(),
	})
	b.plan.Root, b.plan.Layers = plan.Ref{Step: "wheelhouse"}, nil
	b.plan.Config = plan.Config{Workdir: "/"}
	return b.plan, b.err
}

// buildWheels plans the step that builds what has no wheel.
func (b *builder) buildWheels(packages []project.PylockPackage) {
	on := b.on()
	var text strings.Builder
	names := make([]string, 0, len(packages))
	for _, p := range packages {
		line, _ := p.Requirement()
		text.WriteString(line + "\n")
		names = append(names, p.Name)
	}
	install := slices.Concat([]string{uvPath, "pip", "install", "--python", b.interpreter(on), "--target", "/tmp/installed", "--no-deps", "-r", lockedFile},
		b.crossFlags(on))
	written, flags := text.String(), b.sourceFlags()
	var options []string
	_, mounts := b.given(false)
	if b.guarded() {
		l := b.left(on, packages)
		written, flags = l.written, l.flags
		options, mounts = []string{"--cache", ownCache}, append(mounts, l.mounts...)
	}
	args := slices.Concat(b.python(on, "wheels.py"), options, []string{"--"}, names, []string{"--then"}, install, flags)
	b.add(plan.Step{
		ID: "wheels", Name: "[wheelhouse] build " + strings.Join(names, ", "), Stage: "builder", On: on, Args: args, Env: b.uvEnv(on), Dir: projectDir,
		Output: "/out", Offline: b.airGapped(), At: b.inputAt(),
		Mounts: append(append([]plan.Mount{{
			Kind: plan.Bind, From: plan.Ref{Files: map[string]string{lockedFile: written}}, Target: projectDir, Scratch: true,
		}}, b.tools(on, uvScripts("tree.py", "wheels.py")...)...), mounts...),
	})
}
