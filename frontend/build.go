// Package frontend is pybuild's BuildKit frontend: the one importer of the
// gateway, and all the input and output of a build.
package frontend

import (
	"context"

	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb"
)

// Build is the frontend (a client.BuildFunc): it reads what to build, plans it
// for each platform and has BuildKit build the plan.
func Build(ctx context.Context, c client.Client) (*client.Result, error) {
	if err := checkEngine(c.BuildOpts()); err != nil {
		return nil, err
	}
	ui, err := dockerui.NewClient(c)
	if err != nil {
		return nil, err
	}
	in, err := readInputs(ctx, c, ui)
	if err != nil {
		return nil, in.explain(err)
	}
	if err := in.readEpoch(); err != nil {
		return nil, in.explain(err)
	}
	if in.checks, err = in.checkOptions(); err != nil {
		return nil, in.explain(err)
	}
	if res, done, err := in.explained(ctx); err != nil || done {
		return res, in.explain(err)
	}
	if res, done, err := ui.HandleSubrequest(ctx, in.requests()); err != nil || done {
		return res, in.explain(err)
	}
	if err := in.checkNamed(ctx); err != nil {
		return nil, in.explain(err)
	}
	if err := in.warn(ctx, in.warnings()); err != nil {
		return nil, in.explain(err)
	}
	if err := in.checkBill(); err != nil {
		return nil, in.explain(err)
	}
	all := newTogether(max(len(ui.TargetPlatforms), 1))
	rb, err := ui.Build(ctx, func(ctx context.Context, platform *ocispecs.Platform, _ int) (*dockerui.BuildResult, error) {
		res, err := in.image(ctx, platform)
		all.end(ctx, err)
		return res, in.explain(err)
	})
	if err != nil {
		return nil, err
	}
	in.annotate(rb)
	if err := in.attest(ctx, rb); err != nil {
		return nil, in.explain(err)
	}
	return rb.Finalize()
}

// image plans and builds the image of one platform.
func (in *inputs) image(ctx context.Context, platform *ocispecs.Platform) (*dockerui.BuildResult, error) {
	if in.ui.Target == planner.Dockerfile {
		return in.eject(ctx, platform)
	}
	t, err := in.forPlatform(ctx, platform)
	if err != nil {
		return nil, err
	}
	p, err := t.decide(ctx)
	if err != nil {
		return nil, err
	}
	source, files, err := t.starts(ctx)
	if err != nil {
		return nil, err
	}
	compilation, err := t.compilation(ctx, files)
	if err != nil {
		return nil, err
	}
	if err := in.warn(ctx, planner.Advice(t.input)); err != nil {
		return nil, err
	}
	in.warnOfEmulation(ctx, p)
	// Nobody waits for the check of what starts: it ends a build that is under way.
	checked := *t
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return checked.compiles(ctx, source, compilation) })
	group.Go(func() error { return checked.warnOfSize(ctx, source) })
	var ref client.Reference
	group.Go(func() (err error) {
		p, ref, err = t.build(ctx, p)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	in.shipped.add(t, p)
	return &dockerui.BuildResult{
		Reference: ref,
		Image:     llb.Configuration(p, t.base.config, t.platform, in.epoch),
		BaseImage: t.base.config,
		Epoch:     in.epoch,
	}, nil
}
