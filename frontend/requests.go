package frontend

import (
	"cmp"
	"context"
	"slices"

	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/frontend/subrequests/targets"
	"github.com/moby/buildkit/solver/pb"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// requests answers `docker build --call`.
func (in *inputs) requests() dockerui.RequestHandler {
	return dockerui.RequestHandler{Outline: in.outline, ListTargets: in.targets, Lint: in.lint}
}

// callable is what describes the build to its callers.
func (in *inputs) callable() planner.Input {
	return planner.Input{Config: in.config, Facts: in.facts, Apps: in.apps, Target: in.ui.Target}
}

// outline lists what a caller can pass to the build.
func (in *inputs) outline(context.Context) (*outline.Outline, error) {
	asked := in.callable()
	all, err := planner.DescribeTargets(asked)
	if err != nil {
		return nil, err
	}
	name := cmp.Or(asked.Target, planner.Runtime)
	i := slices.IndexFunc(all, func(d planner.Described) bool { return d.Name == name })
	if i < 0 {
		names, _ := planner.Targets(asked)
		return nil, planner.UnknownTarget(name, names)
	}
	o := &outline.Outline{Name: name, Description: all[i].Description}
	for _, a := range planner.DescribeArgs(asked) {
		o.Args = append(o.Args, outline.Arg{Name: a.Name, Value: a.Value, Description: a.Description, Location: in.location(&o.Sources, a.At)})
	}
	for _, s := range planner.Secrets(asked) {
		o.Secrets = append(o.Secrets, outline.Secret{Name: s.ID, Required: s.Required, Location: in.location(&o.Sources, planner.SecretAt(in.config, s.ID))})
	}
	for _, a := range planner.Agents(asked) {
		o.SSH = append(o.SSH, outline.SSH{Name: a.ID, Required: a.Required})
	}
	return o, nil
}

func (in *inputs) targets(context.Context) (*targets.List, error) {
	all, err := planner.DescribeTargets(in.callable())
	if err != nil {
		return nil, err
	}
	list := &targets.List{}
	for i, d := range all {
		list.Targets = append(list.Targets, targets.Target{Name: d.Name, Default: i == 0, Description: d.Description, Location: in.location(&list.Sources, d.At)})
	}
	return list, nil
}

// location is a place in one of the sources of an answer, nil where there is none.
func (in *inputs) location(sources *[][]byte, at plan.Location) *pb.Location {
	data := in.files[at.File]
	if data == nil || at.Start.Line == 0 {
		return nil
	}
	i := slices.IndexFunc(*sources, func(s []byte) bool { return &s[0] == &data[0] })
	if i < 0 {
		i = len(*sources)
		*sources = append(*sources, data)
	}
	return &pb.Location{SourceIndex: int32(i), Ranges: ranges(at)}
}
