package planner

import "github.com/pybuild/pybuild/llb/plan"

// Engine is what differs between engines.
type Engine struct {
	// Merge reports BuildKit's MergeOp: layers are stacked without a copy.
	Merge bool
	// HTTPAuth reports that the engine logs in to servers that it fetches from.
	HTTPAuth bool
	// FetchFailed reports that this engine failed to download a wheel. It tries none
	// twice, and steps do.
	FetchFailed bool
}

// place decides how layers come onto the base.
func (b *builder) place() {
	b.plan.Placement = plan.Merge
	if !b.Engine.Merge {
		b.plan.Placement = plan.Copy
		b.decide("layers", "copied onto the base", "the engine has no MergeOp: BuildKit has it since 0.10, Docker with the containerd image store")
	}
}
