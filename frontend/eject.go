package frontend

import (
	"context"
	"fmt"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/dockerfile"
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
	text, err := dockerfile.Write(p, dockerfile.Options{Include: in.filesIncluded(), Exclude: lockIgnores(), Wheelhouse: in.config.Build.Wheelhouse})
	if err != nil {
		return nil, err
	}
	ignores, err := in.ignored(ctx)
	if err != nil {
		return nil, err
	}
	files := bk.Scratch().File(bk.Mkfile("/Dockerfile", 0o644, []byte(text)).
		Mkfile("/Dockerfile.dockerignore", 0o644, []byte(strings.Join(ignores, "\n")+"\n")),
		bk.WithCustomName(fmt.Sprintf("[dockerfile] write the build of %s down", p.Platform)))
	ref, err := in.solve(ctx, files, t.platform)
	if err != nil {
		return nil, err
	}
	return &dockerui.BuildResult{Reference: ref, Image: &dockerspec.DockerOCIImage{Image: ocispecs.Image{Platform: t.platform}}}, nil
}

// filesIncluded are the patterns of the app's files.
func (in *inputs) filesIncluded() []string {
	_, files := in.included()
	return files
}

// ignored are the patterns of what the views of the context leave out, without the
// history where a step reads it, and the wheelhouse.
func (in *inputs) ignored(ctx context.Context) ([]string, error) {
	written, err := in.ignores(ctx, in.project)
	if err != nil {
		return nil, err
	}
	patterns := append(otherIgnores(), written...)
	patterns = append(patterns, in.config.Runtime.Exclude...)
	patterns = append(patterns, in.facts.ForeignMembers()...)
	if dir := in.config.Build.Wheelhouse; dir != "" {
		patterns = append(patterns, "!"+dir)
	}
	return patterns, nil
}
