package frontend

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

const imageScheme = "docker-image://"

var (
	// layersLost is what engines say of layers that they could not pull.
	layersLost = regexp.MustCompile(`failed to copy: |could not fetch content descriptor|short read: expected \d+ bytes`)
	noLogin    = regexp.MustCompile(`40[13] (?:Unauthorized|Forbidden)|authorization failed|access denied|insufficient_scope|denied:`)
	tooMany    = regexp.MustCompile(`429 Too Many Requests|toomanyrequests`)
)

// lostLayers explains a step whose image could not be pulled, and is nil for any other
// error. An engine pulls layers when the first step needs them, and its error is that of
// the step and names no image: so each image below the step is pulled by itself.
func (in *inputs) lostLayers(ctx context.Context, def *pb.Definition, err error) error {
	var failed *errdefs.VertexError
	if !errors.As(err, &failed) || !layersLost.MatchString(err.Error()) || strings.Contains(err.Error(), fullDisk) {
		return nil
	}
	all := vertices(def)
	seen := map[string]bool{}
	for next := []string{failed.Digest}; len(next) > 0; next = next[1:] {
		dgst := next[0]
		v, ok := all[dgst]
		if !ok || seen[dgst] {
			continue
		}
		seen[dgst] = true
		for _, input := range v.op.Inputs {
			next = append(next, input.Digest)
		}
		name, isImage := strings.CutPrefix(v.op.GetSource().GetIdentifier(), imageScheme)
		if !isImage {
			continue
		}
		if lost := in.pull(ctx, dgst, v.data, def.Metadata[dgst]); lost != nil {
			at := locatedAt(def.Source, dgst)
			return in.cannotUse(plan.Image{Ref: imageName(name), At: at}, lost)
		}
	}
	return &diag.Error{
		Code: "PB507", At: placeOf(err), Err: err, Message: fmt.Sprintf("a registry does not answer as it should: %v", err),
		Hint: "try again: the images of this step could be pulled afterwards",
	}
}

// vertex is one of a graph, and its encoding.
type vertex struct {
	op   *pb.Op
	data []byte
}

// vertices are those of a graph, by their digests.
func vertices(def *pb.Definition) map[string]vertex {
	all := make(map[string]vertex, len(def.Def))
	for _, data := range def.Def {
		if op := (&pb.Op{}); op.Unmarshal(data) == nil {
			all[digest.FromBytes(data).String()] = vertex{op, data}
		}
	}
	return all
}

// pull has the engine pull an image, which is this vertex of a graph.
func (in *inputs) pull(ctx context.Context, dgst string, op []byte, meta *pb.OpMetadata) error {
	end, err := (&pb.Op{Inputs: []*pb.Input{{Digest: dgst}}}).Marshal()
	if err != nil {
		return err
	}
	def := &pb.Definition{Def: [][]byte{op, end}, Metadata: map[string]*pb.OpMetadata{}}
	if meta != nil {
		def.Metadata[dgst] = meta
	}
	res, err := in.client.Solve(ctx, client.SolveRequest{Evaluate: true, Definition: def})
	if err != nil {
		return err
	}
	ref, err := res.SingleRef()
	if err != nil {
		return err
	}
	_, err = ref.StatFile(ctx, client.StatRequest{Path: "/"})
	return err
}

// imageName is an image as people write it: by its tag, if it has one.
func imageName(name string) string {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return name
	}
	if tagged, ok := named.(reference.Tagged); ok {
		if short, err := reference.WithTag(reference.TrimNamed(named), tagged.Tag()); err == nil {
			named = short
		}
	}
	return reference.FamiliarString(named)
}

// locatedAt is the line that asks for a vertex.
func locatedAt(source *pb.Source, dgst string) plan.Location {
	for _, l := range source.GetLocations()[dgst].GetLocations() {
		if i := int(l.SourceIndex); i >= 0 && i < len(source.Infos) && len(l.Ranges) > 0 {
			return location(source.Infos[i], l.Ranges[0])
		}
	}
	return plan.Location{}
}

// pullRemedy is what to do about an image that is not to be had.
func pullRemedy(ref, text string) string {
	login := "docker login"
	if named, err := reference.ParseNormalizedNamed(ref); err == nil && reference.Domain(named) != "docker.io" {
		login += " " + reference.Domain(named)
	}
	swap := "docker build --build-context " + ref + "=docker-image://MIRROR/IMAGE ..."
	switch {
	case tooMany.MatchString(text):
		return "its registry answers no more for now: log in (" + login + "), which it may allow more, or take a mirror of it:\n" + swap
	case noLogin.MatchString(text):
		return "log in where you build: " + login
	case strings.HasSuffix(text, "not found") && !layersLost.MatchString(text):
		return "look which tags are published, and for which platforms"
	}
	return "try again; if its registry answers on this machine and not to the engine, take a mirror of it:\n" + swap
}
