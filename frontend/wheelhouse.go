package frontend

import (
	"context"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
)

// wheelhouse is the tree of a directory with wheels and source archives: a named
// context of that name first, else the directory of the context. It is not filtered
// by .dockerignore, where such directories commonly stand.
func (in *inputs) wheelhouse(ctx context.Context, dir string) (bk.State, error) {
	nc, err := in.ui.NamedContext(dir, dockerui.ContextOpt{NoDockerignore: true})
	if err == nil && nc != nil {
		st, _, err := nc.Load(ctx)
		if err != nil {
			return bk.State{}, err
		}
		return *st, nil
	}
	st, err := in.view(ctx, nil, []string{dir}, "pybuild-wheelhouse")
	if err != nil {
		return bk.State{}, err
	}
	ref, err := in.solve(ctx, st, in.buildPlatform())
	if err != nil {
		return bk.State{}, err
	}
	if stat, err := ref.StatFile(ctx, client.StatRequest{Path: dir}); err != nil || !stat.IsDir() {
		return bk.State{}, in.mistake("PB113", in.config.At("build", "wheelhouse"), "the build context has no directory "+dir,
			"fill it with `docker build --target wheelhouse --output "+dir+" .` where there is a network, or pass another one: docker build --build-context "+dir+"=DIRECTORY")
	}
	all := &bk.CopyInfo{CopyDirContentsOnly: true}
	return bk.Scratch().File(bk.Copy(st, "/"+dir, "/", all), bk.WithCustomName("[internal] lay out the wheelhouse")), nil
}
