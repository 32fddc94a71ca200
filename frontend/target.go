package frontend

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb"
	"github.com/pybuild/pybuild/llb/plan"
)

// target is the build of one platform.
type target struct {
	in       *inputs
	platform ocispecs.Platform
	input    planner.Input
	images   map[string]plan.Image
	found    map[string]image
	base     image
	// read are the trees that planning had built, to read them.
	read []llb.Read
}

// forPlatform finds the images of a platform and what they hold.
func (in *inputs) forPlatform(ctx context.Context, platform *ocispecs.Platform) (*target, error) {
	if platform == nil {
		build := in.buildPlatform()
		platform = &build
	}
	t := &target{in: in, platform: platforms.Normalize(*platform)}
	t.input = planner.Input{
		Config: in.config, Facts: in.facts, Apps: in.apps, Engine: in.engine(),
		Platform: platforms.Format(t.platform), BuildPlatform: platforms.Format(in.buildPlatform()),
		Target: in.ui.Target, BuildArgs: in.ui.BuildArgs, Labels: in.ui.Labels,
		Pins: planner.Upgraded(in.pins, in.ui.Target, in.ui.BuildArgs),
	}
	t.input.BuildLock, t.input.StartRoot = in.buildLock, in.startRoot
	t.input.Source, t.input.Revision = in.origin()
	if err := t.findImages(ctx); err != nil {
		return nil, err
	}
	t.base = t.found["base"]
	t.input.Replaced = map[string]bool{}
	for name, image := range t.found {
		t.input.Replaced[name] = image.replaced
	}
	t.input.BaseDigest = t.base.digest.String()
	var err error
	if t.input.Base, err = t.describe(ctx, "base"); err != nil {
		return nil, err
	}
	if _, ok := t.found["builder"]; ok {
		builder, err := t.describe(ctx, "builder")
		if err != nil {
			return nil, err
		}
		t.input.Builder = &builder
	}
	return t, nil
}

// findImages finds the images. Without a base of the user's, the best version
// of Python that the default one is published for decides.
func (t *target) findImages(ctx context.Context) error {
	versions := []string{""}
	if t.in.config.Base == "" {
		var err error
		if versions, _, err = planner.PythonVersions(t.input); err != nil {
			return err
		}
		versions = t.pinnedVersions(versions)
	}
	for i, version := range versions {
		t.input.Python = version
		var err error
		if t.images, err = planner.Images(t.input); err != nil {
			return err
		}
		t.found, err = t.in.findImages(ctx, t.images)
		if errdefs.IsNotFound(err) && i < len(versions)-1 {
			continue
		}
		return err
	}
	return nil
}

// resolve runs the resolve step and reads what it found.
func (t *target) resolve(ctx context.Context) error {
	p, err := planner.Resolution(t.input)
	if err != nil || p == nil {
		return err
	}
	t.input.Resolved, err = t.find(ctx, p, t.platform, t.in.facts.Requirements)
	return err
}

// resolveTools finds what the project is built with.
func (t *target) resolveTools(ctx context.Context) error {
	p, err := planner.ToolResolution(t.input)
	if err != nil || p == nil {
		return err
	}
	t.input.Tools, err = t.find(ctx, p, t.in.buildPlatform(), nil)
	return err
}

// find runs the step "resolve" of a plan and reads what it found for a platform. written
// are the requirements that the lock was made of, whose hashes count.
func (t *target) find(ctx context.Context, p *plan.Plan, platform ocispecs.Platform, written *project.Requirements) (*planner.Resolved, error) {
	st, err := llb.Tree(p, t.sources(), "resolve")
	if err != nil {
		return nil, err
	}
	ref, err := t.evaluate(ctx, st, "what was found to install", t.platform)
	if err != nil {
		return nil, err
	}
	lock, err := dockerui.ReadFile(ctx, ref, "pylock.toml")
	if err != nil {
		return nil, err
	}
	chosen, err := dockerui.ReadFile(ctx, ref, "install.json")
	if err != nil {
		return nil, err
	}
	return t.resolved(lock, chosen, platform, written)
}

// resolved joins the lock with the names that a platform installs.
func (t *target) resolved(lock, chosen []byte, platform ocispecs.Platform, written *project.Requirements) (*planner.Resolved, error) {
	var r planner.Resolved
	if err := json.Unmarshal(chosen, &r.Install); err != nil {
		return nil, fmt.Errorf("what the resolve step chose: %w", err)
	}
	pylock, err := project.ParsePylock("pylock.toml", lock)
	if err != nil {
		return nil, err
	}
	wheels := planner.WheelTarget(t.input, platforms.Format(platform))
	if written != nil {
		written.Restrict(pylock)
	}
	installed := make([]project.Installed, 0, len(r.Install))
	for _, p := range r.Install {
		installed = append(installed, project.Installed(p))
	}
	for _, b := range project.NeedsBuild(installed, pylock, wheels) {
		r.MustBuild = append(r.MustBuild, planner.Package{Name: b.Name, Version: b.Version})
	}
	r.Wheels, r.Rest = pylock.Choose(installed, wheels)
	return &r, nil
}

// decide plans what is to be built, with as much resolved as that takes.
func (t *target) decide(ctx context.Context) (*plan.Plan, error) {
	if t.input.Target == planner.Locking {
		p, err := planner.Lock(t.input, planner.LockSource(t.in.facts))
		if err == nil {
			t.lockImages(p)
		}
		return p, err
	}
	if err := t.resolve(ctx); err != nil {
		return nil, err
	}
	if t.input.Target == planner.Wheelhouse {
		if err := t.resolveTools(ctx); err != nil {
			return nil, err
		}
		return planner.WheelsOf(t.input)
	}
	return t.plan()
}

// plan decides everything.
func (t *target) plan() (*plan.Plan, error) { return planner.New(t.input) }

// sources are the trees and conditions of the plan's steps.
func (t *target) sources() llb.Sources {
	images := map[string]bk.State{}
	for name, i := range t.found {
		images[name] = i.state
	}
	return llb.Sources{
		Images:         images,
		Contexts:       t.in.views,
		Read:           t.read,
		Run:            t.in.runOptions(),
		Locate:         t.in.locate,
		NoCache:        t.in.ui.IsNoCache,
		CacheNamespace: t.in.ui.CacheIDNamespace,
	}
}

// solve gives a state to the engine, which builds it when it must.
func (in *inputs) solve(ctx context.Context, st bk.State, platform ocispecs.Platform) (client.Reference, error) {
	return in.request(ctx, st, platform, client.SolveRequest{})
}

// evaluate builds a state now: a step that fails is then reported as itself,
// and not as a file that cannot be read.
func (t *target) evaluate(ctx context.Context, st bk.State, what string, platform ocispecs.Platform) (client.Reference, error) {
	t.read = append(t.read, llb.Read{Tree: st, What: what})
	return t.in.request(ctx, st, platform, client.SolveRequest{Evaluate: true})
}

func (in *inputs) request(ctx context.Context, st bk.State, platform ocispecs.Platform, req client.SolveRequest) (client.Reference, error) {
	def, err := in.marshal(ctx, st, platform)
	if err != nil {
		return nil, err
	}
	return in.requestOf(ctx, def, req)
}

// marshal is a state as the engine gets it. States that share a step are not to be
// marshalled at the same time: BuildKit puts the mounts of a step in order meanwhile.
func (in *inputs) marshal(ctx context.Context, st bk.State, platform ocispecs.Platform) (*bk.Definition, error) {
	return st.Marshal(ctx, bk.Platform(platform), bk.WithCaps(in.client.BuildOpts().LLBCaps))
}

func (in *inputs) requestOf(ctx context.Context, def *bk.Definition, req client.SolveRequest) (client.Reference, error) {
	req.Definition, req.CacheImports = def.ToPB(), in.ui.CacheImports
	res, err := in.client.Solve(ctx, req)
	if err != nil {
		if lost := in.lostLayers(ctx, req.Definition, err); lost != nil {
			return nil, lost
		}
		return nil, lostDownload(req.Definition, in.failed(ctx, err))
	}
	return res.SingleRef()
}

// buildPlatform is the platform of the builder itself.
func (in *inputs) buildPlatform() ocispecs.Platform {
	if len(in.ui.BuildPlatforms) > 0 {
		return in.ui.BuildPlatforms[0]
	}
	return platforms.DefaultSpec()
}
