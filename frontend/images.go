package frontend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerui"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// image is an image that was found.
type image struct {
	state  bk.State
	config *dockerspec.DockerOCIImage
	digest digest.Digest // of what the registry has, if that was asked
	// replaced reports a named context.
	replaced bool
}

// findImages finds all images at once, as each is a question to a registry. The
// base's error comes first: it tells whether another version is to be tried.
func (in *inputs) findImages(ctx context.Context, images map[string]plan.Image) (map[string]image, error) {
	names := append([]string{"base"}, slices.DeleteFunc(slices.Sorted(maps.Keys(images)), func(name string) bool { return name == "base" })...)
	found, failed := make([]image, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { found[i], failed[i] = in.findImage(ctx, images[name]) })
	}
	wg.Wait()
	set := make(map[string]image, len(names))
	for i, name := range names {
		if failed[i] != nil {
			return nil, failed[i]
		}
		set[name] = found[i]
	}
	return set, nil
}

// findImage finds an image: a named context of that name first, so that every
// image can be pinned or swapped, else the registry.
func (in *inputs) findImage(ctx context.Context, img plan.Image) (image, error) {
	platform, err := platforms.Parse(img.Platform)
	if err != nil {
		return image{}, err
	}
	named, err := reference.ParseNormalizedNamed(img.Ref)
	if err != nil {
		return image{}, in.mistake("PB011", img.At, fmt.Sprintf("%q is not an image reference: %v", img.Ref, err), "")
	}
	var dgst digest.Digest
	nc, err := in.ui.NamedContext(img.Ref, dockerui.ContextOpt{Platform: &platform, ResolveMode: in.ui.ImageResolveMode.String(), CaptureDigest: &dgst})
	if err != nil {
		return image{}, in.cannotUse(img, err)
	}
	if nc != nil {
		st, config, err := nc.Load(ctx)
		if err != nil {
			return image{}, in.cannotUse(img, err)
		}
		if config == nil {
			config = &dockerspec.DockerOCIImage{}
		}
		return image{state: st.Platform(platform), config: config, digest: dgst, replaced: true}, nil
	}
	ref := reference.TagNameOnly(named).String()
	if img.Digest != "" {
		ref += "@" + img.Digest
	} else if err := in.notPinned(img); err != nil {
		return image{}, err
	}
	ref, dgst, data, err := in.client.ResolveImageConfig(ctx, ref, sourceresolver.Opt{
		LogName: "[internal] load metadata of " + img.Ref,
		ImageOpt: &sourceresolver.ResolveImageOpt{
			Platform: &platform, ResolveMode: in.ui.ImageResolveMode.String(),
		},
	})
	if err != nil {
		return image{}, in.cannotUse(img, err)
	}
	if dgst != "" && !strings.Contains(ref, "@") {
		ref += "@" + dgst.String()
	}
	config := &dockerspec.DockerOCIImage{}
	if err := json.Unmarshal(data, config); err != nil {
		return image{}, in.cannotUse(img, fmt.Errorf("its configuration: %w", err))
	}
	opts := []bk.ImageOption{bk.Platform(platform), in.ui.ImageResolveMode, bk.WithCustomName(plan.Line(imageStep(img)))}
	if at := in.locate(img.At); at != nil {
		opts = append(opts, at)
	}
	st, err := bk.Image(ref, opts...).WithImageConfig(data)
	return image{state: st.Platform(platform), config: config, digest: dgst}, err
}

// imageStep is how the progress shows an image: with the reason, where pybuild
// chose it.
func imageStep(img plan.Image) string {
	if img.Reason == "" {
		return "[base] " + img.Ref
	}
	return "[base] " + img.Ref + ", " + img.Reason
}

// cannotUse explains why an image is not there, and keeps the cause: one that
// is not published is another matter than a registry that does not answer.
func (in *inputs) cannotUse(img plan.Image, err error) error {
	explained := &diag.Error{Code: "PB204", At: img.At, Source: in.files[img.At.File], Err: err, Message: fmt.Sprintf("cannot use the image %s: %v", img.Ref, err)}
	explained.Hint = pullRemedy(img.Ref, err.Error())
	if v := in.config.Python; v != "" && in.config.Base == "" && strings.HasSuffix(err.Error(), ": not found") && planner.Unknown(v) {
		known := planner.SupportedPythons()
		explained.Hint = "the newest Python that this pybuild knows of is " + known[len(known)-1] + "; write one that is published"
	}
	if strings.HasSuffix(err.Error(), ": not found") {
		explained.Err = errors.Join(errdefs.ErrNotFound, err)
	}
	return explained
}

// env is the image's environment.
func (i image) env() map[string]string {
	vars := map[string]string{}
	if i.config != nil {
		for _, line := range i.config.Config.Env {
			name, value, _ := strings.Cut(line, "=")
			vars[name] = value
		}
	}
	return vars
}
