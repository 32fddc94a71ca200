package frontend

import (
	"cmp"
	"io/fs"
	"net/url"
	"regexp"
	"strings"

	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pybuild/pybuild/frontend/planner"
)

var commit = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// origin is where the code is from: what the caller says, what buildx knows of the
// working tree (vcs:source, vcs:revision), a remote context, or the tree's own HEAD. It
// is part of the image's configuration alone, so that a commit rebuilds nothing.
func (in *inputs) origin() (source, revision string) {
	opts, args := in.client.BuildOpts().Opts, in.ui.BuildArgs
	source = cmp.Or(args[planner.SourceArg], opts["vcs:source"])
	revision = cmp.Or(args[planner.RevisionArg], opts["vcs:revision"])
	remote, fragment, _ := strings.Cut(opts["context"], "#")
	if strings.HasSuffix(remote, ".git") || strings.HasPrefix(remote, "git@") || strings.HasPrefix(remote, "git://") {
		source = cmp.Or(source, remote)
		if ref, _, _ := strings.Cut(fragment, ":"); commit.MatchString(ref) {
			revision = cmp.Or(revision, ref)
		}
	}
	return withoutLogin(source), cmp.Or(revision, in.head())
}

// login is the user of a URL with what follows, also of one that Go does not parse.
var login = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@`)

// withoutLogin is a URL without user and password; that of ssh is no secret without one.
func withoutLogin(text string) string {
	if u, err := url.Parse(text); err == nil && u.Scheme == "ssh" {
		if _, set := u.User.Password(); !set {
			return text
		}
	}
	return login.ReplaceAllString(text, "$1")
}

// head is the commit that the repository of the context is at.
func (in *inputs) head() string {
	read := func(name string) string {
		data, err := fs.ReadFile(in.project, name)
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(data))
	}
	head := read(".git/HEAD")
	ref, symbolic := strings.CutPrefix(head, "ref: ")
	if symbolic {
		head = ""
		if fs.ValidPath(ref) {
			head = read(".git/" + ref)
		}
		for line := range strings.Lines(read(".git/packed-refs")) {
			if sum, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == ref && head == "" {
				head = sum
			}
		}
	}
	if !commit.MatchString(head) {
		return ""
	}
	return head
}

// annotated are the labels that are annotations of the manifest as well, where
// registries show them: what the build alone knows. BuildKit takes the annotations of a
// frontend over those of the caller, which it tells no frontend of: whom nobody shall tell
// how an image is called, and who takes one back with an empty label.
func annotated() []string {
	return []string{
		ocispecs.AnnotationBaseImageName, ocispecs.AnnotationBaseImageDigest, ocispecs.AnnotationRevision, ocispecs.AnnotationSource,
	}
}

// annotate adds annotations to the manifests, where the engine can.
func (in *inputs) annotate(rb *dockerui.ResultBuilder) {
	if caps := in.client.BuildOpts().LLBCaps; caps.Supports(pb.CapAnnotations) != nil {
		return
	}
	for _, image := range in.shipped.plans {
		platform := &image.target.platform
		if !in.ui.MultiPlatformRequested {
			platform = nil
		}
		for _, name := range annotated() {
			if value := image.plan.Config.Labels[name]; value != "" {
				rb.AddMeta(exptypes.AnnotationManifestKey(platform, name), []byte(value))
			}
		}
	}
}
