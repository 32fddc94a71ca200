package frontend

import (
	"bytes"
	"context"
	"errors"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb"
	"github.com/pybuild/pybuild/llb/plan"
)

// maxReports is how much of reports, compressed, fits the message that they go back to the
// engine in: 16 MB with all that stands around them.
const maxReports = 12e6

// pack prints a directory as an archive.
const pack = "import sys, tarfile\nwith tarfile.open(fileobj=sys.stdout.buffer, mode='w|gz') as archive:\n    archive.add(sys.argv[1], arcname='.')\n"

// reports are what the tests left, and how they ended. The step that runs them is the same
// as without reports: one that passes is cached and one that fails is not, so that tests
// that fail now and then are not remembered as failed. What that step left goes the way
// through the frontend, since no result can be made of it in the engine.
func (t *target) reports(ctx context.Context, p *plan.Plan, passed bk.State, failed error) (client.Reference, error) {
	tree, code := passed, 0
	if failed != nil {
		var failure *diag.Error
		var solve *errdefs.SolveError
		var exit *gwpb.ExitError
		if !errors.As(failed, &failure) || failure.Code != "PB523" || !errors.As(failed, &solve) || !errors.As(failed, &exit) {
			return nil, failed
		}
		archive := limited{room: maxReports}
		err := t.in.afterwards(ctx, solve, &archive, []string{"/", planner.ReportsDir}, p.Python.Executable, "-Ic", pack, planner.ReportsDir)
		if archive.room < 0 {
			err = errors.New("they have more than " + plan.Megabytes(maxReports))
		}
		if err != nil {
			failure.Hint += "; the reports cannot be kept: " + err.Error()
			return nil, failed
		}
		tree, code = llb.Unpacked(archive.Bytes(), "[test] keep the reports of the tests that failed"), int(exit.ExitCode)
	}
	return t.in.request(ctx, llb.Ended(tree, code), t.platform, client.SolveRequest{Evaluate: true})
}

// limited is a buffer that has room for so many bytes, and drops the others.
type limited struct {
	bytes.Buffer
	room int
}

func (l *limited) Write(data []byte) (int, error) {
	if l.room -= len(data); l.room < 0 {
		return len(data), nil
	}
	return l.Buffer.Write(data)
}
