package planner

import (
	"slices"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

const layersDir = "/run/pybuild/layers/"

// libraries plans the step that looks whether the image has every shared
// library that was linked against. Wheels bring their own (PEP 600), so it is
// planned where something is compiled, and the root's files wait for it: its only
// result is its success.
func (b *builder) libraries() {
	strict := b.compiledSteps()
	if len(strict) == 0 {
		return
	}
	const root = "/run/pybuild/root"
	on := b.on()
	if b.crosses() {
		// Reading needs no emulator.
		on = b.native()
	}
	run := append(b.python(on, "libraries.py"), architecture(b.Platform), root, strings.Join(strict, ","))
	mounts := []plan.Mount{scriptsMount("failure.py", "libraries.py"), {Kind: plan.Bind, From: b.plan.Root, Target: root}}
	for _, ref := range b.plan.Layers {
		if s := b.plan.Step(ref.Step); s != nil && (mayLink(s) || slices.Contains(strict, layersDir+s.ID)) {
			run = append(run, layersDir+s.ID)
			mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Step: s.ID}, Target: layersDir + s.ID})
		}
	}
	b.add(plan.Step{
		ID: "libraries", Name: "[check] find the shared libraries that the packages need", Stage: "packages", On: on,
		Args: run, Output: "/out", Offline: true, Mounts: mounts, At: b.Config.At("runtime", "packages"),
	})
}

// compiledSteps are the directories of the layers with what is compiled here.
func (b *builder) compiledSteps() []string {
	var dirs []string
	if b.mustBuild() && b.plan.Step("install") != nil {
		dirs = append(dirs, layersDir+"install")
	}
	for _, c := range b.compiled() {
		id := localID(c.Path)
		if c.Path == b.Facts.Dir {
			id = "project"
		}
		if b.plan.Step(id) != nil {
			dirs = append(dirs, layersDir+id)
		}
	}
	return dirs
}

// mayLink reports whether a step installs anything but pure Python.
func mayLink(s *plan.Step) bool {
	return s.ID == "install" || slices.ContainsFunc(s.Mounts, func(m plan.Mount) bool {
		return m.Target == fetchedDir || m.From.Download != nil && !strings.HasSuffix(m.From.Download.Name, "-any.whl")
	})
}
