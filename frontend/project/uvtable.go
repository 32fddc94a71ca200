package project

import (
	"errors"
	"strconv"

	"github.com/pybuild/pybuild/llb/plan"
)

// SourceKind says where a source of tool.uv.sources gets a package from.
type SourceKind string

// The kinds of uv's sources.
const (
	SourcePath      SourceKind = "path"
	SourceGit       SourceKind = "git"
	SourceURL       SourceKind = "url"
	SourceIndex     SourceKind = "index"
	SourceWorkspace SourceKind = "workspace"
)

// Source is one source of a package in tool.uv.sources.
type Source struct {
	Kind SourceKind
	// Value is the path, URL or index name.
	Value string
	// Revision is the git rev, tag or branch; RevisionKind which of them.
	Revision, RevisionKind string
	Editable               bool
	// Conditional reports a marker, extra or group: the source does not always
	// apply.
	Conditional bool
	At          plan.Location
}

// Index is a package index of [[tool.uv.index]], or of the older index-url,
// extra-index-url and find-links, which have no name.
type Index struct {
	Name, URL         string
	Explicit, Default bool
	At, URLAt         plan.Location
}

func (p *Pyproject) readUV() error {
	var uv struct {
		Package   *bool      `toml:"package"`
		Managed   *bool      `toml:"managed"`
		Workspace *Workspace `toml:"workspace"`
	}
	if err := p.File.Decode(&uv, "tool", "uv"); err != nil {
		return err
	}
	p.Package, p.Workspace = uv.Package, uv.Workspace
	if uv.Managed != nil {
		p.Managed = *uv.Managed
	}
	return errors.Join(p.readDefaultGroups(), p.readSources(), p.readIndexes())
}

// readDefaultGroups reads tool.uv.default-groups: a list, or "all".
func (p *Pyproject) readDefaultGroups() error {
	p.DefaultGroups = []string{"dev"}
	value, ok := p.File.Value("tool", "uv", "default-groups")
	if !ok {
		return nil
	}
	if value == "all" {
		p.DefaultGroups = sortedKeys(p.Groups)
		return nil
	}
	var groups []string
	if err := p.File.Decode(&groups, "tool", "uv", "default-groups"); err != nil {
		return err
	}
	p.DefaultGroups = []string{}
	for _, g := range groups {
		p.DefaultGroups = append(p.DefaultGroups, NormalizeName(g))
	}
	return nil
}

func (p *Pyproject) readSources() error {
	p.Sources = map[string][]Source{}
	var errs []error
	for _, name := range p.File.Keys("tool", "uv", "sources") {
		path := []string{"tool", "uv", "sources", name}
		paths := [][]string{path}
		value, _ := p.File.Value(path...)
		n := 0
		switch list := value.(type) {
		case []any:
			n, paths = len(list), nil
		case []map[string]any:
			n, paths = len(list), nil
		}
		for i := range n {
			paths = append(paths, []string{"tool", "uv", "sources", name, strconv.Itoa(i)})
		}
		for _, path := range paths {
			s, err := p.readSource(path)
			errs = append(errs, err)
			name := NormalizeName(name)
			p.Sources[name] = append(p.Sources[name], s)
		}
	}
	return errors.Join(errs...)
}

func (p *Pyproject) readSource(path []string) (Source, error) {
	var t struct {
		Path, Git, URL, Index string
		Rev, Tag, Branch      string
		Workspace, Editable   bool
		Marker, Extra, Group  string
	}
	s := Source{At: p.File.At(path...)}
	if err := p.File.Decode(&t, path...); err != nil {
		return s, err
	}
	s.Editable = t.Editable
	s.Conditional = t.Marker+t.Extra+t.Group != ""
	switch {
	case t.Workspace:
		s.Kind = SourceWorkspace
	case t.Git != "":
		s.Kind, s.Value = SourceGit, t.Git
	case t.URL != "":
		s.Kind, s.Value = SourceURL, t.URL
	case t.Path != "":
		s.Kind, s.Value = SourcePath, t.Path
	case t.Index != "":
		s.Kind, s.Value = SourceIndex, t.Index
	}
	for _, rev := range []struct{ kind, value string }{{"rev", t.Rev}, {"tag", t.Tag}, {"branch", t.Branch}} {
		if rev.value != "" {
			s.RevisionKind, s.Revision = rev.kind, rev.value
		}
	}
	return s, nil
}

func (p *Pyproject) readIndexes() error {
	var indexes []struct {
		Name, URL         string
		Explicit, Default bool
	}
	if err := p.File.Decode(&indexes, "tool", "uv", "index"); err != nil {
		return err
	}
	for i, index := range indexes {
		p.Indexes = append(p.Indexes, Index{Name: index.Name, URL: index.URL,
			Explicit: index.Explicit, Default: index.Default,
			At: p.File.At("tool", "uv", "index", strconv.Itoa(i)), URLAt: p.File.At("tool", "uv", "index", strconv.Itoa(i), "url")})
	}
	if url, ok := p.File.Value("tool", "uv", "index-url"); ok {
		if s, ok := url.(string); ok {
			p.Indexes = append(p.Indexes, Index{URL: s, Default: true, At: p.File.At("tool", "uv", "index-url"), URLAt: p.File.At("tool", "uv", "index-url")})
		}
	}
	for _, key := range []string{"extra-index-url", "find-links"} {
		var urls []string
		if err := p.File.Decode(&urls, "tool", "uv", key); err != nil {
			return err
		}
		for i, url := range urls {
			p.Indexes = append(p.Indexes, Index{URL: url, At: p.File.At("tool", "uv", key, strconv.Itoa(i)), URLAt: p.File.At("tool", "uv", key, strconv.Itoa(i))})
		}
	}
	return nil
}
