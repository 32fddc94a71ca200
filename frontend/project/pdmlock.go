package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	pdmHint = "run `pdm lock` and commit pdm.lock"
	// pdmDefault is PDM's name of the dependencies that are in no group.
	pdmDefault = "default"
)

// PdmLock is a pdm.lock of version 4.x.
// (https://pdm-project.org/latest/usage/lockfile/)
type PdmLock struct {
	File *tomlfile.File
	// Version is metadata.lock_version.
	Version string
	// Groups are the groups and extras that were locked, normalised; nil if the
	// lock does not say.
	Groups []string

	pyproject   *Pyproject
	manifest    *pdmManifest
	packages    []pdmPackage
	byName      map[string][]int // places in packages
	targets     []pdmTarget
	perPackage  bool // groups and markers are recorded (inherit_metadata)
	contentHash string
	pythons     pySet
}

type pdmTarget struct {
	Python   string `toml:"requires_python"`
	Platform string `toml:"platform"`
}

// pdmPackage is one [[package]] of a pdm.lock. A package with extras has an
// entry of its own, beside the one without.
type pdmPackage struct {
	Name         string    `toml:"name"`
	Version      string    `toml:"version"`
	Extras       []string  `toml:"extras"`
	Python       string    `toml:"requires_python"`
	Groups       []string  `toml:"groups"`
	Marker       string    `toml:"marker"`
	Dependencies []string  `toml:"dependencies"`
	Files        []pdmFile `toml:"files"`
	Git          string    `toml:"git"`
	Hg           string    `toml:"hg"`
	Svn          string    `toml:"svn"`
	Bzr          string    `toml:"bzr"`
	Ref          string    `toml:"ref"`
	Revision     string    `toml:"revision"`
	Subdirectory string    `toml:"subdirectory"`
	URL          string    `toml:"url"`
	Path         string    `toml:"path"`
	Editable     bool      `toml:"editable"`

	index   int
	at      plan.Location
	marker  marker
	pythons pySet
	deps    []pdmDep
}

type pdmFile struct {
	Hash string `toml:"hash"`
}

// ParsePdmLock reads a pdm.lock; name is what messages call it, p the manifest
// beside it.
func ParsePdmLock(name string, data []byte, p *Pyproject) (*PdmLock, error) {
	file, err := tomlfile.Parse(name, data)
	if err != nil {
		return nil, err
	}
	if err := checkLockCredentials(file.Name, file.Data, "remove the credential from the URL in pyproject.toml, revoke it, and run `pdm lock` again"); err != nil {
		return nil, err
	}
	l := &PdmLock{File: file, pyproject: p, byName: map[string][]int{}}
	files, err := l.readMetadata()
	if err != nil {
		return nil, err
	}
	if l.manifest, err = readPdmManifest(p); err != nil {
		return nil, err
	}
	if err := file.Decode(&l.packages, "package"); err != nil {
		return nil, err
	}
	if err := tooMany(file.At("package"), file.Data, "package", len(l.packages)); err != nil {
		return nil, err
	}
	for i := range l.packages {
		if err := l.readPackage(i, files); err != nil {
			return nil, err
		}
		name := l.packages[i].Name
		l.byName[name] = append(l.byName[name], i)
	}
	return l, nil
}

// readMetadata returns the files that locks before 4.3 list apart, by name and
// version.
func (l *PdmLock) readMetadata() (map[string][]pdmFile, error) {
	var metadata struct {
		Version     string               `toml:"lock_version"`
		ContentHash string               `toml:"content_hash"`
		Groups      []string             `toml:"groups"`
		Strategy    []string             `toml:"strategy"`
		Targets     []pdmTarget          `toml:"targets"`
		Files       map[string][]pdmFile `toml:"files"`
	}
	if err := l.File.Decode(&metadata, "metadata"); err != nil {
		return nil, err
	}
	l.Version, l.targets = metadata.Version, metadata.Targets
	l.contentHash = strings.TrimPrefix(metadata.ContentHash, "sha256:")
	l.perPackage = slices.Contains(metadata.Strategy, "inherit_metadata")
	if metadata.Groups != nil {
		l.Groups = normalNames(metadata.Groups)
	}
	at := l.File.At("metadata", "lock_version")
	switch major, _, _ := strings.Cut(l.Version, "."); major {
	case "4":
	case "", "1", "2", "3":
		return nil, mistake("PB107", l.File, at, pdmHint, "%s was written by a PDM from before 2.0, which this pybuild does not read", l.File.Name)
	default:
		return nil, mistake("PB107", l.File, at, "use a newer pybuild, or lock with an older PDM",
			"%s was written by a newer PDM: its lock_version is %s, and this pybuild reads 4", l.File.Name, l.Version)
	}
	linux := func(t pdmTarget) bool {
		return t.Platform == "" || strings.Contains(t.Platform, "linux") || strings.HasPrefix(t.Platform, "alpine")
	}
	if len(l.targets) > 0 && !slices.ContainsFunc(l.targets, linux) {
		return nil, mistake("PB108", l.File, l.File.At("metadata", "targets"), "run `pdm lock --platform=linux --append` and commit pdm.lock",
			"%s was made for %s, and images are of Linux", l.File.Name, l.targets[0].Platform)
	}
	l.pythons = allPythons()
	if spec, _ := l.RequiresPython(); spec != "" {
		if c, err := parseConstraint(spec); err == nil {
			l.pythons = c.pythons()
		}
	}
	for _, name := range sortedKeys(metadata.Files) {
		for j, f := range metadata.Files[name] {
			if err := sumMistake(l.File, pdmHint, f.Hash, "metadata", "files", name, itoa(j), "hash"); err != nil {
				return nil, err
			}
		}
	}
	return metadata.Files, nil
}

// readPackage checks and converts the i-th package.
func (l *PdmLock) readPackage(i int, files map[string][]pdmFile) error {
	pkg := &l.packages[i]
	pkg.index = i
	pkg.at = l.File.At("package", itoa(i), "name")
	fail := func(at plan.Location, format string, args ...any) error {
		return mistake("PB108", l.File, at, pdmHint, "package %q: %s", pkg.Name, fmt.Sprintf(format, args...))
	}
	if !nameRule.MatchString(pkg.Name) {
		return mistake("PB108", l.File, pkg.at, pdmHint, "%q is not the name of a package", pkg.Name)
	}
	for j, f := range pkg.Files {
		if err := sumMistake(l.File, pdmHint, f.Hash, "package", itoa(i), "files", itoa(j), "hash"); err != nil {
			return err
		}
	}
	if len(pkg.Files) == 0 {
		pkg.Files = files[pkg.Name+" "+pkg.Version]
	}
	pkg.Name = NormalizeName(pkg.Name)
	pkg.Extras, pkg.Groups = normalNames(pkg.Extras), normalNames(pkg.Groups)
	var err error
	if pkg.marker, err = parseMarker(pkg.Marker); err != nil {
		return fail(l.File.At("package", itoa(i), "marker"), "%v", err)
	}
	pkg.pythons = allPythons()
	if c, err := parseConstraint(pkg.Python); err == nil {
		pkg.pythons = c.pythons()
	}
	for j, text := range pkg.Dependencies {
		d, err := readPdmDep(text)
		if err != nil {
			return fail(l.File.At("package", itoa(i), "dependencies", itoa(j)), "%v", err)
		}
		pkg.deps = append(pkg.deps, d)
	}
	return nil
}

// Set implements OtherLock.
func (l *PdmLock) Set(sel Selection) (*LockedSet, error) {
	groups, err := l.chosen(sel)
	if err != nil {
		return nil, err
	}
	var when []markerSet
	if !l.perPackage {
		when = l.walk(groups)
	}
	s := &LockedSet{File: l.File.Name, Source: l.File.Data}
	places := map[string]int{} // of s.Packages
	var markers [][]marker     // of each, of which one has to hold
	for i := range l.packages {
		pkg := &l.packages[i]
		m := marker{kind: markerFalse}
		if !l.perPackage {
			m = when[i].marker(l.pythons)
		} else if slices.ContainsFunc(pkg.Groups, func(g string) bool { return slices.Contains(groups, g) }) {
			m = l.marker(i)
		}
		if m.never() || m.neverOnLinux() {
			continue
		}
		p, err := l.setPackage(i)
		if err != nil {
			return nil, err
		}
		key := p.Name + "\n" + p.Version + "\n" + p.URL + "\n" + p.Path
		at, ok := places[key]
		if !ok {
			at, places[key] = len(s.Packages), len(s.Packages)
			s.Packages, markers = append(s.Packages, p), append(markers, nil)
		}
		q := &s.Packages[at]
		markers[at] = append(markers[at], m)
		q.Extras, q.Hashes = append(q.Extras, pkg.Extras...), append(q.Hashes, p.Hashes...)
	}
	for i := range s.Packages {
		s.Packages[i].Marker = joinMarkers(markerOr, markers[i]...).String()
	}
	s.finish()
	if err := s.checkVersions(pdmHint); err != nil {
		return nil, err
	}
	return s, nil
}

// marker is that of a package in a lock that records them. Of several versions
// without markers the Python decides.
func (l *PdmLock) marker(i int) marker {
	pkg := &l.packages[i]
	several := slices.ContainsFunc(l.byName[pkg.Name], func(o int) bool { return l.packages[o].Version != pkg.Version })
	if pkg.Marker != "" || !several {
		return pkg.marker.withExtras(nil)
	}
	return markerSet{{pythons: pkg.pythons}}.normal().marker(l.pythons)
}

// chosen are the groups of a selection, of which PDM takes extras to be some.
func (l *PdmLock) chosen(sel Selection) ([]string, error) {
	groups := normalNames(append(slices.Clone(sel.Extras), sel.Groups...))
	for _, group := range groups {
		_, inManifest := l.manifest.groups[group]
		switch {
		case group == pdmDefault:
		case !inManifest:
			names := slices.DeleteFunc(sortedKeys(l.manifest.groups), func(g string) bool { return g == pdmDefault })
			return nil, sel.unknown("group or extra", group, names)
		case l.Groups != nil && !slices.Contains(l.Groups, group):
			return nil, mistake("PB110", l.File, l.File.At("metadata", "groups"), "run `pdm lock -G :all` and commit pdm.lock",
				"%q is not among the groups that %s was made for", group, l.File.Name)
		}
	}
	return sortedUnique(append(groups, pdmDefault)), nil
}

// Stale implements OtherLock.
func (l *PdmLock) Stale() ([]diag.Warning, error) { return pdmComparison{l}.run() }

// RequiresPython implements OtherLock.
func (l *PdmLock) RequiresPython() (string, plan.Location) {
	if len(l.targets) == 0 || slices.ContainsFunc(l.targets, func(t pdmTarget) bool { return t.Python != l.targets[0].Python }) {
		return "", plan.Location{}
	}
	return pythonSpecifier(l.targets[0].Python), l.File.At("metadata", "targets", "0", "requires_python")
}
