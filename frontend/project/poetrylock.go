package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

const poetryHint = "run `poetry lock` and commit poetry.lock"

// PoetryLock is a poetry.lock of version 1.x or 2.x. (Poetry's locker.py; the
// format has no other documentation.)
type PoetryLock struct {
	File *tomlfile.File
	// Version is metadata.lock-version.
	Version string
	// Python is metadata.python-versions, a constraint in Poetry's language.
	Python string

	manifest    *PoetryManifest
	pyproject   *Pyproject
	packages    []poetryPackage
	byName      map[string][]int    // places in packages, by their normalised names
	directNames map[string]bool     // see direct
	extras      map[string][]string // names of packages by extra, normalised
	contentHash string
	pythons     pySet
}

// poetryPackage is one [[package]] of a poetry.lock.
type poetryPackage struct {
	Name         string              `toml:"name"`
	Version      string              `toml:"version"`
	Python       string              `toml:"python-versions"`
	Develop      bool                `toml:"develop"`
	Groups       []string            `toml:"groups"`
	Markers      any                 `toml:"markers"`
	Files        []poetryFile        `toml:"files"`
	Dependencies map[string]any      `toml:"dependencies"`
	Extras       map[string][]string `toml:"extras"`
	Source       struct {
		Type         string `toml:"type"`
		URL          string `toml:"url"`
		Reference    string `toml:"reference"`
		Resolved     string `toml:"resolved_reference"`
		Subdirectory string `toml:"subdirectory"`
	} `toml:"source"`

	at      plan.Location
	pythons pySet
	deps    []poetryDep
	markers map[string]marker // by group
}

type poetryFile struct {
	File string `toml:"file"`
	Hash string `toml:"hash"`
}

// ParsePoetryLock reads a poetry.lock; name is what messages call it, p the
// manifest beside it.
func ParsePoetryLock(name string, data []byte, p *Pyproject) (*PoetryLock, error) {
	file, err := tomlfile.Parse(name, data)
	if err != nil {
		return nil, err
	}
	if err := checkLockCredentials(file.Name, file.Data, "remove the credential from the URL in pyproject.toml, revoke it, and run `poetry lock` again"); err != nil {
		return nil, err
	}
	l := &PoetryLock{File: file, pyproject: p, extras: map[string][]string{}, byName: map[string][]int{}}
	if err := l.readMetadata(); err != nil {
		return nil, err
	}
	if l.manifest, err = ReadPoetryManifest(p); err != nil {
		return nil, err
	}
	if err := file.Decode(&l.packages, "package"); err != nil {
		return nil, err
	}
	if err := tooMany(file.At("package"), file.Data, "package", len(l.packages)); err != nil {
		return nil, err
	}
	var extras map[string][]string
	if err := file.Decode(&extras, "extras"); err != nil {
		return nil, err
	}
	for extra, names := range extras {
		// Before 1.1 these were requirements, not names.
		for _, n := range names {
			if m := nameStart.FindStringSubmatch(n); m != nil {
				l.extras[NormalizeName(extra)] = append(l.extras[NormalizeName(extra)], NormalizeName(m[1]))
			}
		}
	}
	if err := l.readHashes(); err != nil {
		return nil, err
	}
	for i := range l.packages {
		if err := l.readPackage(i); err != nil {
			return nil, err
		}
		name := NormalizeName(l.packages[i].Name)
		l.byName[name] = append(l.byName[name], i)
	}
	return l, nil
}

func (l *PoetryLock) readMetadata() error {
	var metadata struct {
		Version     string `toml:"lock-version"`
		Python      string `toml:"python-versions"`
		ContentHash string `toml:"content-hash"`
	}
	if err := l.File.Decode(&metadata, "metadata"); err != nil {
		return err
	}
	l.Version, l.Python, l.contentHash = metadata.Version, metadata.Python, metadata.ContentHash
	at := l.File.At("metadata", "lock-version")
	switch major, _, _ := strings.Cut(l.Version, "."); major {
	case "1", "2":
	case "":
		return mistake("PB107", l.File, at, poetryHint, "%s has no metadata.lock-version, so it was not written by Poetry 1.1 or newer", l.File.Name)
	default:
		return mistake("PB107", l.File, at, "use a newer pybuild, or lock with an older Poetry",
			"%s was written by a newer Poetry: its lock-version is %s, and this pybuild reads 1 and 2", l.File.Name, l.Version)
	}
	c, err := parseConstraint(l.Python)
	if err != nil {
		return mistake("PB105", l.File, l.File.At("metadata", "python-versions"), poetryHint, "python-versions: %v", err)
	}
	l.pythons = c.pythons()
	return nil
}

// readPackage checks and converts the i-th package.
func (l *PoetryLock) readPackage(i int) error {
	pkg := &l.packages[i]
	pkg.at = l.File.At("package", itoa(i), "name")
	fail := func(at plan.Location, format string, args ...any) error {
		return mistake("PB108", l.File, at, poetryHint, "package %q: %s", pkg.Name, fmt.Sprintf(format, args...))
	}
	if !nameRule.MatchString(pkg.Name) {
		return mistake("PB108", l.File, pkg.at, poetryHint, "%q is not the name of a package", pkg.Name)
	}
	if c, err := parseConstraint(pkg.Python); err == nil {
		pkg.pythons = c.pythons()
	} else {
		pkg.pythons = allPythons()
	}
	for _, name := range l.File.Keys("package", itoa(i), "dependencies") {
		for _, value := range asList(pkg.Dependencies[name]) {
			d, err := readPoetryDep(name, value)
			if err != nil {
				return fail(l.File.At("package", itoa(i), "dependencies", name), "%v", err)
			}
			pkg.deps = append(pkg.deps, d)
		}
	}
	pkg.Groups = normalNames(pkg.Groups)
	pkg.markers = map[string]marker{}
	byGroup, isTable := pkg.Markers.(map[string]any)
	for _, group := range pkg.Groups {
		text, _ := pkg.Markers.(string)
		for name, value := range byGroup {
			if s, ok := value.(string); isTable && ok && NormalizeName(name) == group {
				text = s
			}
		}
		if text == "*" {
			text = ""
		}
		m, err := parseMarker(text)
		if err != nil {
			return fail(l.File.At("package", itoa(i), "markers"), "%v", err)
		}
		pkg.markers[group] = m
	}
	return nil
}

// perPackage reports a lock that says of each package when it is installed.
func (l *PoetryLock) perPackage() bool {
	major, minor, _ := strings.Cut(l.Version, ".")
	return major == "2" && minor != "" && minor != "0"
}

// Set implements OtherLock.
func (l *PoetryLock) Set(sel Selection) (*LockedSet, error) {
	sel.Extras, sel.Groups = normalNames(sel.Extras), normalNames(sel.Groups)
	if err := l.checkSelection(sel); err != nil {
		return nil, err
	}
	if err := (poetryComparison{l}).chosenGroups(sel.Groups); err != nil {
		return nil, err
	}
	s := &LockedSet{File: l.File.Name, Source: l.File.Data}
	extras, when := l.walk(sel)
	for i := range l.packages {
		m := when[i].marker(l.pythons)
		if l.perPackage() {
			m = l.packages[i].marker(sel)
		}
		if m.never() || m.neverOnLinux() {
			continue
		}
		p, err := l.setPackage(i)
		if err != nil {
			return nil, err
		}
		p.Marker, p.Extras = m.String(), extras[i]
		s.Packages = append(s.Packages, p)
	}
	s.finish()
	if err := s.checkVersions("run `poetry lock` with Poetry 2, whose locks say which version is for which environment"); err != nil {
		return nil, err
	}
	return s, nil
}

// marker is when a selection installs the package.
func (pkg *poetryPackage) marker(sel Selection) marker {
	m := marker{kind: markerFalse}
	for _, group := range pkg.Groups {
		if group == mainGroup || slices.Contains(sel.Groups, group) {
			m = joinMarkers(markerOr, m, pkg.markers[group].withExtras(sel.Extras))
		}
	}
	return m
}

func (l *PoetryLock) checkSelection(sel Selection) error {
	extras := sortedUnique(append(sortedKeys(l.extras), sortedKeys(l.manifest.Extras)...))
	for _, extra := range sel.Extras {
		if !slices.Contains(extras, extra) {
			return sel.unknown("extra", extra, extras)
		}
	}
	for _, group := range sel.Groups {
		if group != mainGroup && !slices.Contains(l.manifest.Groups, group) {
			return sel.unknown("group", group, l.manifest.Groups)
		}
	}
	return nil
}

// Stale implements OtherLock.
func (l *PoetryLock) Stale() ([]diag.Warning, error) { return poetryComparison{l}.run() }

// RequiresPython implements OtherLock.
func (l *PoetryLock) RequiresPython() (string, plan.Location) {
	c, err := parseConstraint(l.Python)
	if err != nil {
		return "", plan.Location{}
	}
	spec, _ := c.specifier()
	return pythonSpecifier(spec), l.File.At("metadata", "python-versions")
}
