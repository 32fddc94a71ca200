package integration

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil"
)

// projectDir writes a project and locks it with a command of uv's. uv runs in
// the engine: a machine for tests need have neither uv nor the right Python.
func projectDir(t *testing.T, files map[string]string, lock []string) string {
	t.Helper()
	dir := project(t, files)
	if len(lock) == 0 {
		return dir
	}
	c := engine(t)
	local, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]string{}
	_, err = c.Build(context.Background(), client.SolveOpt{LocalMounts: map[string]fsutil.FS{"context": local}}, "",
		func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
			base := bk.Image("python:3.13-slim", bk.WithMetaResolver(g))
			if slices.Contains(lock, "git") {
				lock = slices.DeleteFunc(slices.Clone(lock), func(word string) bool { return word == "git" })
				base = base.Run(bk.Shlex("sh -c 'apt-get update -q && apt-get install -q -y git'")).Root()
			}
			run := base.Run(bk.Args(append([]string{"/uv"}, lock[1:]...)), bk.Dir("/src"), bk.AddEnv("UV_PYTHON_DOWNLOADS", "never"),
				bk.AddMount("/uv", bk.Image("astral/uv:0.13.9"), bk.SourcePath("/uv"), bk.Readonly))
			src := run.AddMount("/src", bk.Local("context", bk.SharedKeyHint(dir)))
			ref, err := solved(ctx, g, src)
			if err != nil {
				return nil, err
			}
			entries, err := ref.ReadDir(ctx, gateway.ReadDirRequest{Path: "/", IncludePattern: "*lock*"})
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				data, err := ref.ReadFile(ctx, gateway.ReadRequest{Filename: e.Path})
				if err != nil {
					return nil, err
				}
				written[e.Path] = string(data)
			}
			return gateway.NewResult(), nil
		}, nil)
	if err != nil {
		t.Fatalf("%v: %v", lock, err)
	}
	for name, text := range written {
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

// solved builds a state on the engine and returns its tree.
func solved(ctx context.Context, g gateway.Client, st bk.State) (gateway.Reference, error) {
	def, err := st.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	res, err := g.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	if err != nil {
		return nil, err
	}
	return res.SingleRef()
}
