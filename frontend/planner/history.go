package planner

import (
	"fmt"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// history reports whether building the project reads the history of its
// repository, for its version. The history stays in the builder.
func (b *builder) history() bool {
	return b.installsProject() && b.Facts.HasHistory && b.Facts.Project.VersionTool() != "" && !b.pretends()
}

// pretends reports whether the version is given to the build.
func (b *builder) pretends() bool {
	name := project.PretendVersion(b.Facts.Project.VersionTool())
	for _, v := range b.userEnv() {
		if (v.Name == name || strings.HasPrefix(v.Name, name+"_FOR_")) && v.Value != "" {
			return true
		}
	}
	return false
}

// checkHistory refuses a version that nobody could find out.
func (b *builder) checkHistory() error {
	p := b.Facts.Project
	tool := p.VersionTool()
	if tool == "" || !b.installsProject() || b.Facts.HasHistory || b.pretends() || tool == "versioneer" {
		return nil
	}
	name := project.PretendVersion(tool)
	return &diag.Error{Code: "PB119", At: p.File.KeyAt("build-system", "requires"), Source: p.File.Data,
		Message: fmt.Sprintf("the version of %s comes from git (%s), and the build context has no repository", p.Name, tool),
		Hint: "build with a context that has .git (for a git URL: --build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=1),\n" +
			"or give the version: docker build --build-arg " + name + "=1.2.3, with\n[build]\nargs = { " + name + " = \"\" }"}
}

// historyMount is the whole context with its repository.
func historyMount() plan.Mount {
	return plan.Mount{Kind: plan.Bind, From: plan.Ref{Context: plan.Repository}, Target: sourceDir, Scratch: true}
}
