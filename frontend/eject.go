package frontend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/dockerfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// eject writes the runtime's plan as a Dockerfile, with the ignore file that it needs
// beside it: `docker build --target dockerfile --output . .`
func (in *inputs) eject(ctx context.Context, platform *ocispecs.Platform) (*dockerui.BuildResult, error) {
	t, err := in.forPlatform(ctx, platform)
	if err != nil {
		return nil, err
	}
	t.input.Target = planner.Runtime
	if err := t.resolve(ctx); err != nil {
		return nil, err
	}
	p, err := t.plan()
	if err != nil {
		return nil, err
	}
	written, err := in.ignores(ctx, in.project)
	if err != nil {
		return nil, err
	}
	text, ignores, err := Eject(p, t.input, written)
	if err != nil {
		return nil, err
	}
	files := bk.Scratch().File(bk.Mkfile("/Dockerfile", 0o644, []byte(text)).
		Mkfile("/Dockerfile.dockerignore", 0o644, []byte(ignores)),
		bk.WithCustomName(fmt.Sprintf("[dockerfile] write the build of %s down", p.Platform)))
	ref, err := in.solve(ctx, files, t.platform)
	if err != nil {
		return nil, err
	}
	return &dockerui.BuildResult{Reference: ref, Image: &dockerspec.DockerOCIImage{Image: ocispecs.Image{Platform: t.platform}}}, nil
}

// Eject writes a plan as a Dockerfile, with the ignore file that it needs beside it, given
// the patterns of the project's own. What the views of the context leave out it leaves out, but
// for the wheelhouse.
func Eject(p *plan.Plan, in planner.Input, written []string) (text, ignores string, err error) {
	c := in.Config
	_, files := included(c, in.Facts)
	text, err = dockerfile.Write(p, dockerfile.Options{Include: files, Exclude: lockIgnores(), Wheelhouse: c.Build.Wheelhouse})
	var unwritable *dockerfile.UnwritableError
	if errors.As(err, &unwritable) {
		err = &diag.Error{Code: "PB413", Message: unwritable.Error(), Hint: "a value of one line can be written: change it for the Dockerfile, or go on building with pybuild", Err: err}
	}
	patterns := slices.Concat(otherIgnores(), written, c.Runtime.Exclude, in.Facts.ForeignMembers())
	if dir := c.Build.Wheelhouse; dir != "" {
		patterns = append(patterns, "!"+dir)
	}
	return text, strings.Join(patterns, "\n") + "\n", err
}
