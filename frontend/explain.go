package frontend

import (
	"context"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/gateway/client"

	"github.com/pybuild/pybuild/frontend/explain"
	"github.com/pybuild/pybuild/llb/plan"
)

// explainRequest is what `docker build --call=explain` asks for. Clients print the text
// or the JSON of an answer alone, so that the drawings have names of their own.
const explainRequest = "frontend.explain"

// explained answers with the plan, and builds nothing.
func (in *inputs) explained(ctx context.Context) (*client.Result, bool, error) {
	form, ok := strings.CutPrefix(in.client.BuildOpts().Opts["requestid"], explainRequest)
	if !ok || !slices.Contains([]string{"", "-dot", "-svg"}, form) {
		return nil, false, nil
	}
	_, p, err := in.plan(ctx)
	if err != nil {
		return nil, true, err
	}
	e := explain.Of(p)
	data, err := e.JSON()
	if err != nil {
		return nil, true, err
	}
	text := e.Text()
	switch form {
	case "-dot":
		text = e.DOT()
	case "-svg":
		text = e.SVG()
	}
	res := client.NewResult()
	res.AddMeta("result.json", data)
	res.AddMeta("result.txt", []byte(text))
	res.AddMeta("version", []byte("1.0.0"))
	return res, true, nil
}

// plan decides everything for the first platform that is asked for, and builds
// no more than that takes.
func (in *inputs) plan(ctx context.Context) (*target, *plan.Plan, error) {
	if err := in.checkNamed(ctx); err != nil {
		return nil, nil, err
	}
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
