package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	// ownDir is where a step sees what trees of the context say of themselves.
	ownDir = "/run/pybuild/own"
	// ownFile is what such a tree says.
	ownFile = "metadata.json"
	// ownRequirement is where resolve.py asks for the project itself.
	ownRequirement = "/tmp/own/requirements.in"
)

// unsaid are the directories of the context that have to be built to know what they need,
// where a step with secrets asks for that. Those that say where uv finds what they need
// are not among them: that would be lost.
func (b *builder) unsaid() []string {
	if !b.guarded() || b.directRequirements() {
		return nil
	}
	var dirs []string
	add := func(dir string, p *project.Pyproject) {
		if p == nil || len(p.Sources) == 0 {
			dirs = append(dirs, dir)
		}
	}
	open := func(p *project.Pyproject) bool {
		return p == nil || !p.HasProject || p.IsDynamic("version") || p.IsDynamic("dependencies") || p.IsDynamic("optional-dependencies")
	}
	f := b.Facts
	switch p := f.Pyproject; {
	case f.Input == project.InputSetup || f.InstallsRoot() && open(p):
		add(".", p)
	case f.Input == project.InputPyproject && (!p.HasProject || p.IsDynamic("dependencies") || p.IsDynamic("optional-dependencies")):
		add(".", p)
	}
	if f.Input == project.InputRequirements || f.Input == project.InputPyproject {
		for _, l := range f.Locals {
			if !l.Archive && open(f.Members[l.Path]) {
				add(l.Path, f.Members[l.Path])
			}
		}
	}
	return dirs
}

// own plans the steps that build such directories, with no login, for what they then say
// they need, and tells resolve.py where it is.
func (b *builder) own(on plan.Ref) (flags []string, mounts []plan.Mount) {
	for i, dir := range b.unsaid() {
		id, name := "metadata-"+localID(dir), dir
		if dir == "." {
			id, name = "metadata-project", "the project"
		}
		w := b.wheelOf(on, id, dir, name, plan.Location{})
		secrets, given := b.given(true)
		args := slices.Concat(b.python(on, "metadata.py"), secrets, w.options, []string{"--"}, w.build)
		b.add(plan.Step{
			ID: id, Name: "[builder] ask " + name + " what it needs", Stage: "builder", On: on, Args: args, Env: b.uvEnv(on), Dir: "/", Output: "/out", At: b.inputAt(),
			Mounts: slices.Concat(w.mounts, b.tools(on, append(b.installScripts(), "local.py", "metadata.py")...), given),
		})
		flags = append(flags, "--own", fmt.Sprintf("%d[%s]=%s", i, strings.Join(b.ownExtras(dir), ","), dir))
		// The file alone: a link beside it could lead to a secret.
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Step: id}, Source: "/" + ownFile, Target: fmt.Sprintf("%s/%d.json", ownDir, i)})
	}
	return flags, mounts
}

// ownExtras are those of the configuration, which are the project's own.
func (b *builder) ownExtras(dir string) []string {
	if dir != "." || b.Facts.Input == project.InputRequirements {
		return nil
	}
	return b.Config.Build.Extras
}

// asksItself reports whether the project's manifest says what it needs only when it is
// built, so that it is asked for like a package.
func (b *builder) asksItself() bool {
	return b.Facts.Input != project.InputRequirements && slices.Contains(b.unsaid(), ".")
}
