package frontend

import (
	"cmp"
	"context"
	"sort"

	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/frontend/subrequests/targets"

	"github.com/pybuild/pybuild/frontend/planner"
)

// requests answers `docker build --call`.
func (in *inputs) requests() dockerui.RequestHandler {
	return dockerui.RequestHandler{Outline: in.outline, ListTargets: in.targets, Lint: in.lint}
}

// outline lists what a caller can pass to the build.
func (in *inputs) outline(context.Context) (*outline.Outline, error) {
	o := &outline.Outline{Name: cmp.Or(in.ui.Target, "runtime"), Description: "the image of the app", Sources: [][]byte{in.entry.Data}}
	for name, value := range in.config.Build.Args {
		o.Args = append(o.Args, outline.Arg{Name: name, Value: value})
	}
	sort.Slice(o.Args, func(i, j int) bool { return o.Args[i].Name < o.Args[j].Name })
	for _, s := range planner.Secrets(planner.Input{Config: in.config, Facts: in.facts}) {
		o.Secrets = append(o.Secrets, outline.Secret{Name: s.ID, Required: s.Required})
	}
	for _, id := range in.config.Build.SSH {
		o.SSH = append(o.SSH, outline.SSH{Name: id, Required: true})
	}
	return o, nil
}

func (in *inputs) targets(context.Context) (*targets.List, error) {
	list := &targets.List{Sources: [][]byte{in.entry.Data}}
	names, err := planner.Targets(planner.Input{Config: in.config, Facts: in.facts, Apps: in.apps})
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		list.Targets = append(list.Targets, targets.Target{Name: name, Default: i == 0})
	}
	return list, nil
}
