package frontend

import (
	"context"
	"io/fs"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/subrequests/lint"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// checkNamed reports what the configuration names and the source does not have, before
// anything is built. A check goes through all targets.
func (in *inputs) checkNamed(ctx context.Context) error {
	asked := in.callable()
	if !planner.Runs(asked.Target) {
		return nil
	}
	all := asked.Target == "" && in.client.BuildOpts().Opts["requestid"] == lint.RequestLint
	if r := asked.Config.Runtime; !planner.Configured(asked) && r.CA == "" && len(r.Include) == 0 && !all {
		return nil
	}
	tree := planner.Tree{App: in.lazily(ctx, in.views[plan.Files]), Project: in.lazily(ctx, in.views[plan.Project]), Whole: func(names ...string) (fs.FS, error) { return in.whole(ctx, names) }}
	var err error
	if in.startRoot, err = planner.CheckNamed(asked, tree); err != nil || !all {
		return err
	}
	return planner.CheckTargets(asked, tree)
}

// whole has files of the build context that the app may go without.
func (in *inputs) whole(ctx context.Context, names []string) (fs.FS, error) {
	st, err := in.ui.MainContext(ctx, bk.IncludePatterns(names), bk.ExcludePatterns(nil),
		bk.SharedKeyHint("pybuild-named"), bk.WithCustomName("[internal] look for what the configuration names"))
	if err != nil {
		return nil, err
	}
	ref, err := in.solve(ctx, *st, in.buildPlatform())
	if err != nil {
		return nil, err
	}
	return newTree(ctx, ref), nil
}
