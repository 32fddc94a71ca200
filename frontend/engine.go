package frontend

import (
	"context"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
)

// engine is what this engine can do.
func (in *inputs) engine() planner.Engine {
	return planner.Engine{Merge: in.can(pb.CapMergeOp), HTTPAuth: in.can(pb.CapSourceHTTPAuth)}
}

// can reports whether the engine has a feature of the graph.
func (in *inputs) can(feature apicaps.CapID) bool {
	caps := in.client.BuildOpts().LLBCaps
	return caps.Supports(feature) == nil
}

// checkEngine refuses engines that lack what every build takes. All of it has been
// there since BuildKit 0.8; what came later is done without, by the rules of
// docs/compatibility.md.
func checkEngine(opts client.BuildOpts) error {
	var missing []string
	for _, c := range []struct {
		caps    apicaps.CapSet
		feature apicaps.CapID
	}{
		{opts.LLBCaps, pb.CapFileBase}, {opts.LLBCaps, pb.CapExecMountBindReadWriteNoOutput}, {opts.LLBCaps, pb.CapExecMountCacheSharing},
		{opts.LLBCaps, pb.CapExecMountSecret}, {opts.LLBCaps, pb.CapExecMetaNetwork}, {opts.LLBCaps, pb.CapSourceHTTPChecksum},
		{opts.Caps, gwpb.CapStatFile}, {opts.Caps, gwpb.CapGatewayEvaluateSolve},
	} {
		if c.caps.Supports(c.feature) != nil {
			missing = append(missing, string(c.feature))
		}
	}
	if missing == nil {
		return nil
	}
	return &diag.Error{
		Code:    "PB801",
		Message: "this engine is too old: it lacks " + strings.Join(missing, ", ") + ", and pybuild needs BuildKit 0.8 (Docker 20.10) or later",
		Hint: "update Docker, or have a current BuildKit beside it:\n" +
			"docker buildx create --use --driver docker-container",
	}
}

// unfiltered is the error of an engine that copies what it was told to leave out.
// It does so without a word, and .env would be in the image.
func unfiltered() error {
	return &diag.Error{
		Code:    "PB802",
		Message: "this engine cannot leave files out of a build context that it fetches itself: it lacks " + string(pb.CapFileCopyIncludeExcludePatterns),
		Hint:    "clone the repository, or unpack the archive, and build that directory; or use BuildKit 0.9 (Docker 23) or later",
	}
}

// say shows a warning. Engines before BuildKit 0.10 have no such thing; there it is the
// name of a step that does nothing.
func (in *inputs) say(ctx context.Context, text string, opts client.WarnOpts) {
	if caps := in.client.BuildOpts().Caps; caps.Supports(gwpb.CapGatewayWarnings) == nil {
		in.entry.Warn(ctx, text, opts)
		return
	}
	if len(opts.Range) > 0 && opts.SourceInfo != nil {
		at := in.at(opts.SourceInfo.Filename, int(opts.Range[0].Start.Line))
		at.Start.Column = int(opts.Range[0].Start.Character) + 1
		text = at.String() + ": " + text
	}
	for _, line := range opts.Detail {
		text += " (" + strings.Join(strings.Fields(string(line)), " ") + ")"
	}
	// A file of that text, for steps that do the same are shown once.
	st := bk.Scratch().File(bk.Mkfile("/warning", 0o644, []byte(text)), bk.WithCustomName("[warning] "+text))
	// Not to be told is no reason to fail.
	_, _ = in.request(ctx, st, in.buildPlatform(), client.SolveRequest{Evaluate: true})
}
