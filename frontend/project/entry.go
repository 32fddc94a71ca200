package project

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// entry is a requirement of either side of the comparison of pyproject.toml
// with uv.lock, in a form that is equal where uv finds no change.
type entry struct {
	name      string
	wants     string // the extras of the package, such as "[standard]"
	specifier string // canonical
	extras    string // the extras of the project that the requirement is for
	direct    bool   // from a URL, path or repository
	git       string // the repository in uv.lock, with the revision as a query

	text string        // for people
	list string        // the list of pyproject.toml that it is, or would be, in
	at   plan.Location // its place in pyproject.toml, or that of the list
	line string        // its place in uv.lock
}

func itoa(i int) string { return strconv.Itoa(i) }

func wantedEntry(r Requirement, list, extra string) entry {
	extras := markerExtras(r.Marker)
	if extra != "" {
		extras = append(extras, extra)
		slices.Sort(extras)
		extras = slices.Compact(extras)
	}
	return entry{name: r.Name, wants: strings.Join(r.Extras, ","), specifier: canonSpecifier(r.Specifier),
		extras: strings.Join(extras, ","), direct: r.URL != "", text: r.String(), list: list, at: r.At}
}

func lockedEntry(l LockedRequirement, line string) entry {
	r := Requirement{Name: NormalizeName(l.Name), Specifier: l.Specifier}
	for _, extra := range l.Extras {
		r.Extras = append(r.Extras, NormalizeName(extra))
	}
	slices.Sort(r.Extras)
	r.Extras = slices.Compact(r.Extras)
	r.Marker = l.Marker
	e := wantedEntry(r, "", "")
	e.direct, e.git, e.line = l.direct(), l.Git, line
	return e
}

func (e entry) same(o entry) bool {
	return e.name == o.name && e.wants == o.wants && e.specifier == o.specifier && e.extras == o.extras
}

func (c comparison) compare(wanted, locked []entry, table ...string) error {
	return c.compareIn(wanted, locked, c.facts.Lock.line(c.pkg.path(table...)...))
}

// compareIn reports how two sets of entries differ; uv records a requirement
// that is written twice once. where is the place in the lock of what is
// missing there.
func (c comparison) compareIn(wanted, locked []entry, where string) error {
	loose := c.looseNames(wanted, locked)
	var errs []error
	var missing []entry // in the lock
	for _, w := range wanted {
		if err := c.compareSource(w, locked, where); err != nil {
			errs = append(errs, err)
			continue
		}
		if slices.ContainsFunc(missing, w.same) {
			continue
		}
		if !slices.ContainsFunc(locked, func(l entry) bool { return l.same(w) || (loose[w.name] && l.name == w.name) }) {
			missing = append(missing, w)
		}
	}
	for _, l := range locked {
		if slices.ContainsFunc(wanted, func(w entry) bool { return l.same(w) || (loose[l.name] && l.name == w.name) }) {
			continue
		}
		// What has changed is one mistake, not two.
		i := slices.IndexFunc(missing, func(m entry) bool { return m.name == l.name && m.extras == l.extras })
		if i >= 0 {
			m := missing[i]
			missing = slices.Delete(missing, i, i+1)
			errs = append(errs, stale(c.pyproject, m.at, "%q in %s differs from %s, which was made for %q", m.text, m.list, l.line, l.text))
			continue
		}
		errs = append(errs, stale(c.pyproject, l.at, "%s was made for %q, which is not in %s any more", l.line, l.text, l.list))
	}
	for _, m := range missing {
		errs = append(errs, stale(c.pyproject, m.at, "%q is in %s, but not in %s", m.text, m.list, where))
	}
	return errors.Join(errs...)
}

// looseNames are the packages of which only the name is compared. uv replaces
// the specifier of a direct reference by what it points to, and splits a
// requirement in as many as it has conditional sources.
func (c comparison) looseNames(wanted, locked []entry) map[string]bool {
	loose := map[string]bool{}
	for _, entries := range [][]entry{wanted, locked} {
		for _, e := range entries {
			if e.direct {
				loose[e.name] = true
			}
		}
	}
	for _, sources := range c.sources() {
		for name, list := range sources {
			if len(list) != 1 || list[0].Conditional || list[0].Kind != SourceIndex {
				loose[name] = true
			}
		}
	}
	return loose
}

// sources returns the sources that apply to the package: its own and those of
// the workspace's root.
func (c comparison) sources() []map[string][]Source {
	return []map[string][]Source{c.pyproject.Sources, c.facts.Pyproject.Sources}
}

// compareSource reports a package that comes from an index on one side, and
// from a path, a URL or a repository on the other, or from another revision.
func (c comparison) compareSource(w entry, locked []entry, where string) error {
	if c.pkg == nil || w.name == c.pkg.Name || c.facts.UVConfig || c.facts.Pyproject.File.Has("tool", "uv", "no-sources") {
		return nil
	}
	direct, certain := w.direct, true
	var git *Source
	for _, sources := range c.sources() {
		for _, s := range sources[w.name] {
			if w.direct {
				break
			}
			certain = certain && !s.Conditional
			direct = direct || (s.Kind != SourceIndex && s.Kind != "")
			if s.Kind == SourceGit {
				git = &s
			}
		}
	}
	i := slices.IndexFunc(locked, func(l entry) bool { return l.name == w.name })
	if !certain || i < 0 {
		return nil
	}
	isDirect := slices.ContainsFunc(locked, func(l entry) bool { return l.name == w.name && l.direct })
	// uv writes nothing but the name for the workspace's root itself.
	fromIndex := !isDirect && !slices.ContainsFunc(c.facts.Lock.Packages, func(pkg LockedPackage) bool {
		return pkg.Name == w.name && pkg.Source.Registry == ""
	})
	switch l := locked[i]; {
	case direct && fromIndex:
		return stale(c.pyproject, w.at, "%q in %s has a source of its own, but %s takes it from an index", w.text, w.list, l.line)
	case !direct && isDirect:
		return stale(c.pyproject, w.at, "%q in %s comes from an index, but %s takes it from elsewhere", w.text, w.list, l.line)
	case git != nil && l.git != "" && !git.matches(l.git):
		return stale(c.pyproject, git.At, "the source of %q asks for %s, but %s was made for %s", w.name, git.revision(), l.line, lockedRevision(l.git))
	}
	return nil
}

// matches reports whether uv.lock's URL of a repository asks for the revision
// of the source.
func (s *Source) matches(locked string) bool {
	if _, err := url.Parse(locked); err != nil {
		return true
	}
	return s.revision() == lockedRevision(locked)
}

func (s *Source) revision() string {
	if s.Revision == "" {
		return "the default branch"
	}
	return s.RevisionKind + " " + strconv.Quote(s.Revision)
}

// lockedRevision reads what uv adds to the URL of a repository.
func lockedRevision(locked string) string {
	u, err := url.Parse(locked)
	if err != nil {
		return ""
	}
	for _, kind := range []string{"rev", "tag", "branch"} {
		if value := u.Query().Get(kind); value != "" {
			return kind + " " + strconv.Quote(value)
		}
	}
	return "the default branch"
}
