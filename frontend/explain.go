package frontend

import (
	"context"
	"encoding/json"

	"github.com/moby/buildkit/frontend/gateway/client"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// explainRequest is what `docker build --call=explain` asks for.
const explainRequest = "frontend.explain"

// explained answers with the plan, as text and as JSON, and builds nothing.
func (in *inputs) explained(ctx context.Context) (*client.Result, bool, error) {
	if in.client.BuildOpts().Opts["requestid"] != explainRequest {
		return nil, false, nil
	}
	t, p, err := in.plan(ctx)
	if err != nil {
		return nil, true, err
	}
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, true, err
	}
	res := client.NewResult()
	res.AddMeta("result.json", data)
	res.AddMeta("result.txt", []byte(planner.Explain(p, t.input.Resolved)))
	res.AddMeta("version", []byte("1.0.0"))
	return res, true, nil
}

// plan decides everything for the first platform that is asked for, and builds
// no more than that takes.
func (in *inputs) plan(ctx context.Context) (*target, *plan.Plan, error) {
	build := in.buildPlatform()
	platform := &build
	if len(in.ui.TargetPlatforms) > 0 {
		platform = &in.ui.TargetPlatforms[0]
	}
	t, err := in.forPlatform(ctx, platform)
	if err != nil {
		return nil, nil, err
	}
	p, err := t.decide(ctx)
	return t, p, err
}
