package frontend

import (
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/util/purl"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/package-url/packageurl-go"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/frontend/sbom"
	"github.com/pybuild/pybuild/llb/plan"
)

// described is what the build knows of an image.
func (t *target) described(p *plan.Plan) sbom.Image {
	img := sbom.Image{
		Name: "image", Version: p.Config.Labels[ocispecs.AnnotationVersion], Platform: p.Platform, Architecture: t.platform.Architecture,
		Base: p.Images["base"].Ref, Prefix: p.Python.Prefix, Created: t.in.epoch, Sources: t.origins(),
		Python: t.base.env()["PYTHON_VERSION"],
	}
	if img.Python == "" {
		img.Python = p.Python.Version
	}
	if title := p.Config.Labels[ocispecs.AnnotationTitle]; title != "" {
		img.Name = title
	}
	if named, err := reference.ParseNormalizedNamed(img.Base); err == nil {
		ref := reference.TagNameOnly(named).String()
		if d := t.base.digest; d != "" && !strings.Contains(ref, "@") {
			ref += "@" + d.String()
		}
		if url, err := purl.RefToPURL(packageurl.TypeDocker, ref, &t.platform); err == nil {
			img.BaseURL = url
		}
	}
	if f := t.in.facts; f.Project != nil {
		img.Requires = f.Project.Dependencies
		img.Copied = !planner.InstallsProject(t.input)
	} else if f.Requirements != nil {
		for _, e := range f.Requirements.Entries {
			img.Requires = append(img.Requires, e.Requirement)
		}
	}
	return img
}

// origins are where the packages of an image are from, by their names.
func (t *target) origins() map[string]sbom.Source {
	from := map[string]sbom.Source{}
	if r := t.input.Resolved; r != nil {
		for _, w := range r.Wheels {
			from[project.NormalizeName(w.Name)] = sbom.Source{URL: w.File.URL, File: w.File.Name, Hashes: w.File.Hashes, Index: t.ownIndex(w.Index)}
		}
		for _, p := range r.Rest {
			from[p.Name] = t.origin(p)
		}
	}
	f := t.in.facts
	for _, l := range f.Locals {
		name := l.Name
		if m := f.Members[l.Path]; name == "" && m != nil {
			name = m.Name
		}
		from[project.NormalizeName(name)] = sbom.Source{Local: l.Path}
	}
	if f.Project != nil && planner.InstallsProject(t.input) {
		from[project.NormalizeName(f.Project.Name)] = sbom.Source{Local: f.Dir}
	}
	return from
}

// origin is where a package is from that is no wheel with a hash.
func (t *target) origin(p project.PylockPackage) sbom.Source {
	switch {
	case p.VCS != nil:
		return sbom.Source{URL: strings.TrimPrefix(p.VCS.URL, p.VCS.Type+"+"), VCS: p.VCS.Type, Commit: p.VCS.CommitID, Subdirectory: p.VCS.Subdirectory}
	case p.Archive != nil:
		return sbom.Source{URL: p.Archive.URL, File: p.Archive.Name, Hashes: p.Archive.Hashes}
	case p.Sdist != nil:
		return sbom.Source{URL: p.Sdist.URL, File: p.Sdist.Name, Hashes: p.Sdist.Hashes, Index: t.ownIndex(p.Index)}
	}
	return sbom.Source{}
}

// ownIndex is an index that the project names, "" for the one that all use by default.
func (t *target) ownIndex(url string) string {
	for _, i := range t.in.facts.Indexes() {
		if strings.TrimSuffix(i.URL, "/") == strings.TrimSuffix(url, "/") {
			return url
		}
	}
	return ""
}
