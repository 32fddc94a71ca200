package planner

import "github.com/pybuild/pybuild/llb/plan"

// Inventory plans a look at a planned image, for its bill of materials. It runs on the
// builder's own platform and runs nothing of the image, which may have no shell and be
// for another architecture.
func Inventory(in Input, p *plan.Plan) *plan.Plan {
	look := *p
	b := &builder{Input: in, plan: &look}
	look.Steps = append(append([]plan.Step{}, p.Steps...), plan.Step{
		ID: "inventory", Name: "[sbom] look at what the image for " + p.Platform + " holds", Stage: "runtime", On: b.native(),
		Args:   append(b.python(b.native(), "inventory.py"), p.Python.Prefix, p.Python.Version),
		Output: "/out", Offline: true,
		Mounts: []plan.Mount{
			scriptsMount("inventory.py"),
			{Kind: plan.Bind, From: plan.Ref{Stack: append([]plan.Ref{p.Root}, p.Layers...)}, Target: "/image"},
		},
	})
	return &look
}
