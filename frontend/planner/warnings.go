package planner

import (
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
)

// Warnings is the advice on a project, which never stops a build.
func Warnings(in Input) []diag.Warning {
	all := append([]diag.Warning{}, in.Facts.Warnings...)
	b := builder{Input: in}
	switch in.Facts.Input {
	case project.InputPyproject:
		if len(in.Facts.Pyproject.Dependencies) > 0 {
			all = append(all, diag.Warning{
				At:      b.inputAt(),
				Message: "the dependencies are not locked: another builder may install other versions",
				Hint:    "run `uv lock` and commit uv.lock",
			})
		}
	case project.InputRequirements:
		if !in.Facts.Requirements.Pinned() {
			all = append(all, diag.Warning{
				At:      b.inputAt(),
				Message: in.Facts.Requirements.Path + " does not pin every version: another builder may install other versions",
				Hint:    "pin them: uv pip compile --generate-hashes requirements.in -o requirements.txt",
			})
		}
	}
	return all
}
