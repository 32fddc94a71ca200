package frontend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// report is where a step leaves why it failed: its code, what happened on one line, and
// what to do (llb/scripts/failure.py).
const report = "/pybuild-failure.txt"

// longestReport is how much of it is read: a build script can write there as well.
const longestReport = 16 << 10

// failed says why a step failed, on the line that ends the build: BuildKit's own has the
// whole command, and what matters stands in the log of the step.
func (in *inputs) failed(ctx context.Context, err error) error {
	var solve *errdefs.SolveError
	if err == nil || !errors.As(err, &solve) || solve.Op == nil {
		return err
	}
	failure := &diag.Error{Code: "PB599", At: placeOf(err), Hint: "what it says is above", Err: err}
	step := solve.Description["llb.customname"]
	if source := solve.Op.GetSource(); source != nil {
		by := downloader{
			login:    source.Attrs[pb.AttrHTTPAuthHeaderSecret],
			logins:   in.can(pb.CapSourceHTTPAuth),
			hermetic: planner.Hermetic(planner.Input{Config: in.config, Target: in.ui.Target}),
		}
		if !ofSource(failure, source.Identifier, in.answer(ctx, solve.Op, err).Error(), by) {
			return err
		}
		return failure
	}
	var exit *gwpb.ExitError
	switch exec := solve.Op.GetExec(); {
	case exec == nil:
		return err
	case ofEngine(failure, err.Error()):
		if secret := missingSecret.FindStringSubmatch(err.Error()); secret != nil {
			if at := planner.SecretAt(in.config, secret[1]); !at.IsZero() {
				// The line that asks for it says more than the step.
				failure.At, failure.Err = at, nil
			}
		}
	case !errors.As(err, &exit):
		return err
	case exit.ExitCode == 137:
		failure.Code, failure.Message = "PB513", "the build ran out of memory"
		failure.Hint = "give the builder more, or take a version that has a wheel: compiling takes the most"
	case in.reported(ctx, failure, solve):
	case strings.HasPrefix(step, "[test] "):
		failure.Code, failure.Message = "PB523", "the tests failed"
	case exec.Meta != nil && len(exec.Meta.Args) > 0 && exec.Meta.Args[0] == "apk":
		failure.Code, failure.Message = "PB514", "apk cannot install what "+step+" names"
		failure.Hint = "what it says is above; Alpine's names differ from Debian's: look at pkgs.alpinelinux.org"
	default:
		failure.Message = fmt.Sprintf("the step %q ended with exit code %d", step, exit.ExitCode)
	}
	return failure
}

// answer is what the server of a file says. Where the engine knows a checksum, it takes
// whatever comes, a page that says "not found" too: so it is asked for that without one.
func (in *inputs) answer(ctx context.Context, op *pb.Op, err error) error {
	source := op.GetSource()
	if !strings.HasPrefix(source.Identifier, "http") || !strings.Contains(err.Error(), "digest mismatch") {
		return err
	}
	file, _, _ := strings.Cut(path.Base(source.Identifier), "?")
	attrs := maps.Clone(source.Attrs)
	delete(attrs, pb.AttrHTTPChecksum)
	st := bk.NewState(bk.NewSource(source.Identifier, attrs, bk.Constraints{}).Output())
	def, fail := st.Marshal(ctx, bk.WithCustomName(plan.Line("[internal] see what the server of "+file+" answers")))
	if fail != nil {
		return err
	}
	if _, fail = in.client.Solve(ctx, client.SolveRequest{Evaluate: true, Definition: def.ToPB()}); fail != nil {
		return fail
	}
	return err
}

// reported reads what the step left, out of a container of the tree that it failed on.
func (in *inputs) reported(ctx context.Context, failure *diag.Error, solve *errdefs.SolveError) bool {
	exec := solve.Op.GetExec()
	if exec.Meta == nil || len(exec.Meta.Args) == 0 {
		return false
	}
	// The image may have no shell, but it has what the step ran with.
	read := []string{exec.Meta.Args[0], "-c", fmt.Sprintf("print(open('%s').read(%d))", report, longestReport)}
	if strings.HasSuffix(read[0], "/sh") {
		read[2] = fmt.Sprintf("head -c %d %s", longestReport, report)
	}
	var text bytes.Buffer
	if in.afterwards(ctx, solve, &text, []string{"/"}, read...) != nil {
		return false
	}
	code, rest, _ := strings.Cut(strings.TrimSpace(text.String()), "\n")
	what, do, ok := strings.Cut(rest, "\n")
	if !ok {
		return false
	}
	failure.Code, failure.Message, failure.Hint = code, what, do
	if in.facts != nil && in.ui.Target != planner.Locking && !in.facts.Locked() {
		failure.Hint = withoutLock(do)
	}
	in.pointAt(failure)
	in.lostIndex(ctx, failure, solve)
	return true
}

// withoutLock is a hint for a project that has no lock: a step does not know of one.
func withoutLock(hint string) string {
	return strings.TrimSuffix(strings.TrimSuffix(hint, " and lock again"), ",")
}

// asked is a requirement that a message is about, as "there is no flaskk==3.1".
var asked = regexp.MustCompile(`^(?:no index has a package |there is no )?([A-Za-z0-9][\w.-]*)`)

// pointAt has a failure point at the line that asks for the package which it is about,
// rather than at the file: the engine knows the place of the step alone.
func (in *inputs) pointAt(failure *diag.Error) {
	m := asked.FindStringSubmatch(failure.Message)
	if m == nil || in.facts == nil || !slices.Contains([]string{"PB501", "PB502", "PB511", "PB526", "PB607"}, failure.Code) {
		return
	}
	at, source := in.facts.Asked(m[1])
	if at.Start.Line > 0 {
		failure.At, failure.Source, failure.Err = at, source, nil
	}
}

// afterwards runs a command in a container of trees that a failed step left, and of its
// secrets, which it saw at these paths.
func (in *inputs) afterwards(ctx context.Context, solve *errdefs.SolveError, out io.Writer, paths []string, command ...string) error {
	caps := in.client.BuildOpts().Caps
	if err := caps.Supports(gwpb.CapGatewayExec); err != nil {
		return err
	}
	exec := solve.Op.GetExec()
	var mounts []client.Mount
	for i, m := range exec.Mounts {
		if slices.Contains(paths, m.Dest) && m.MountType == pb.MountType_SECRET {
			mounts = append(mounts, client.Mount{Dest: m.Dest, MountType: m.MountType, SecretOpt: m.SecretOpt})
			continue
		}
		if slices.Contains(paths, m.Dest) && i < len(solve.MountIDs) && solve.MountIDs[i] != "" {
			mounts = append(mounts, client.Mount{Dest: m.Dest, ResultID: solve.MountIDs[i], MountType: pb.MountType_BIND})
		}
	}
	if len(mounts) != len(paths) {
		return errors.New("the engine kept nothing of the step")
	}
	container, err := in.client.NewContainer(ctx, client.NewContainerRequest{
		Mounts: mounts, NetMode: pb.NetMode_NONE, Platform: solve.Op.Platform, Constraints: solve.Op.Constraints,
	})
	if err != nil {
		return err
	}
	defer func() { _ = container.Release(context.WithoutCancel(ctx)) }()
	process, err := container.Start(ctx, client.StartRequest{Args: command, Env: exec.Meta.Env, User: "0", Cwd: "/", Stdout: nopCloser{out}})
	if err != nil {
		return err
	}
	return process.Wait()
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// placeOf is the line that asked for the step, as the engine has it.
func placeOf(err error) plan.Location {
	for _, source := range errdefs.Sources(err) {
		for _, r := range source.Ranges {
			return location(source.Info, r)
		}
	}
	return plan.Location{}
}

// location is a range of a file as the engine has it.
func location(info *pb.SourceInfo, r *pb.Range) plan.Location {
	at := func(p *pb.Position) plan.Position {
		return plan.Position{Line: int(p.GetLine()), Column: int(p.GetCharacter()) + 1}
	}
	return plan.Location{File: info.GetFilename(), Start: at(r.Start), End: at(r.End)}
}
