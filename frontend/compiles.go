package frontend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb"
	"github.com/pybuild/pybuild/llb/plan"
)

// starts has the files of the source that what starts is loaded from, and reports a
// framework that they import and no package brings.
func (t *target) starts(ctx context.Context) (fs.FS, []string, error) {
	if !planner.Runs(t.input.Target) {
		return nil, nil, nil
	}
	source := t.in.lazily(ctx, t.in.views[planner.SourceView(t.input)])
	files, err := planner.StartFiles(t.input, source)
	if err != nil {
		return nil, nil, err
	}
	return source, files, planner.CheckFrameworks(t.input, source, files)
}

// largeApp looks at the size of the app, whose files are at hand: source is the view that
// what starts was looked for in.
func (t *target) largeApp(ctx context.Context, source fs.FS) []diag.Warning {
	if source == nil {
		return nil // nothing runs
	}
	if planner.SourceView(t.input) != plan.Files {
		source = t.in.lazily(ctx, t.in.views[plan.Files])
	}
	return planner.LargeApp(t.input, source)
}

// warnOfSize warns of a large app, beside the build and once for all platforms: it asks the
// engine for each directory.
func (t *target) warnOfSize(ctx context.Context, source fs.FS) (err error) {
	t.in.sized.Do(func() { err = t.in.warn(ctx, t.largeApp(ctx, source)) })
	return err
}

// compilation is what compiles these files. It is a part of what the image hangs on, so that
// a cache that is exported has it.
func (t *target) compilation(ctx context.Context, files []string) (*bk.Definition, error) {
	if len(files) == 0 {
		return nil, nil
	}
	p, err := planner.Compilation(t.input, files)
	if err != nil {
		return nil, err
	}
	st, err := llb.Tree(p, t.sources(), "compiles")
	if err != nil {
		return nil, err
	}
	t.read = append(t.read, llb.Read{Tree: st, What: "that the code compiles"})
	return t.in.marshal(ctx, st, t.platform)
}

// compiles reports what the container would end with at once: a file of what starts that
// its Python cannot compile. Whatever else does not compile may never be imported.
func (t *target) compiles(ctx context.Context, source fs.FS, def *bk.Definition) error {
	if def == nil {
		return nil
	}
	ref, err := t.in.requestOf(ctx, def, client.SolveRequest{Evaluate: true})
	if err != nil {
		return err
	}
	found, err := dockerui.ReadFile(ctx, ref, "mistakes.json")
	if err != nil {
		return err
	}
	var mistakes []struct {
		File, Message string
		Line, Column  int
	}
	if err := json.Unmarshal(found, &mistakes); err != nil {
		return fmt.Errorf("what the step that compiles what starts found: %w", err)
	}
	var errs []error
	for _, m := range mistakes {
		at := plan.Position{Line: m.Line, Column: m.Column}
		e := &diag.Error{Code: "PB311", At: plan.Location{File: m.File, Start: at, End: at},
			Message: fmt.Sprintf("Python %s cannot compile this: %s", t.input.Base.Python.Version, m.Message),
			Hint:    "it is a file of what the container starts, which would end there: correct it, or start something else"}
		if data, err := fs.ReadFile(source, m.File); err == nil {
			e.Source = data
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}
