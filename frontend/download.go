package frontend

import (
	"context"
	"errors"

	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb"
	"github.com/pybuild/pybuild/llb/plan"
)

// build builds what is planned. BuildKit tries no download twice: where one fails, the
// wheels are fetched by steps, which try again, wait as long as a server says, and name
// the file and the server if that does not help either. In a hermetic build no step
// may, and the failure of the download is what there is to say.
func (t *target) build(ctx context.Context, p *plan.Plan) (*plan.Plan, client.Reference, error) {
	ref, err := t.compile(ctx, p)
	var lost *downloadError
	if !errors.As(err, &lost) || t.input.Engine.FetchFailed || planner.Hermetic(t.input) {
		return p, ref, err
	}
	t.in.say(ctx, "the engine could not download "+lost.url+", so a step tries again", client.WarnOpts{
		Level: 1, Detail: [][]byte{[]byte(lost.Error())},
	})
	t.input.Engine.FetchFailed = true
	read := t.read
	if p, err = t.decide(ctx); err != nil {
		return nil, nil, err
	}
	t.read = read
	ref, err = t.compile(ctx, p)
	return p, ref, err
}

// compile builds a plan's image now, for only then can anything be done about what fails.
func (t *target) compile(ctx context.Context, p *plan.Plan) (client.Reference, error) {
	st, err := llb.Image(p, t.sources())
	if err != nil {
		return nil, err
	}
	ref, err := t.in.request(ctx, st, t.platform, client.SolveRequest{Evaluate: true})
	if planner.Reports(t.input) {
		return t.reports(ctx, p, st, err)
	}
	return ref, err
}

// downloadError is that of a wheel that the engine was to download.
type downloadError struct {
	url string
	error
}

func (e *downloadError) Unwrap() error { return e.error }

// lostDownload tells the download of a wheel that another try may get from all other
// errors. Wheels are the sources over HTTP whose checksum is known before; those that the
// engine logs in for, a step has no login to. Where the engine knows a checksum, it takes
// the page of an error for the file, and calls it another one than was locked: whether
// that is so, the step finds out, which verifies it as well.
func lostDownload(def *pb.Definition, err error) error {
	var failed *errdefs.VertexError
	explained := diag.All(err)
	if !errors.As(err, &failed) || len(explained) == 0 || explained[0].Code != "PB507" && explained[0].Code != "PB503" {
		return err
	}
	source := vertices(def)[failed.Digest].op.GetSource()
	if attrs := source.GetAttrs(); attrs[pb.AttrHTTPChecksum] != "" && attrs[pb.AttrHTTPAuthHeaderSecret] == "" {
		return &downloadError{source.GetIdentifier(), err}
	}
	return err
}
