package project

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// poetryComparison compares a poetry.lock with its manifest. A content hash
// that is right ends it: Poetry itself asks no more.
type poetryComparison struct{ lock *PoetryLock }

func (c poetryComparison) run() ([]diag.Warning, error) {
	l := c.lock
	complete, partial := poetryHashes(l.pyproject)
	if l.contentHash != "" && slices.Contains(complete, l.contentHash) {
		return nil, nil
	}
	var errs []error
	for _, d := range l.manifest.deps {
		errs = append(errs, c.dependency(d))
	}
	errs = append(errs, c.removed(), c.python(), c.extras())
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return hashWarning(l.contentHash, append(complete, partial...), l.File.At("metadata", "content-hash"), l.File.Data, poetryHint), nil
}

// hashWarning is the warning for a content hash that differs, while nothing
// that can be named does.
func hashWarning(recorded string, computed []string, at plan.Location, source []byte, hint string) []diag.Warning {
	if recorded == "" || slices.Contains(computed, recorded) || slices.Contains(computed, "") {
		return nil
	}
	return []diag.Warning{{At: at, Source: source, Hint: hint,
		Message: "the manifest was changed after " + at.File + " was made, or another version of the tool made it"}}
}

// mistake is an error at a place of the manifest.
func (c poetryComparison) mistake(at plan.Location, format string, args ...any) error {
	return mistake(c.lock.manifest.File, at, poetryHint, format, args...)
}

// dependency looks for what one dependency asks for.
func (c poetryComparison) dependency(d poetryDep) error {
	l := c.lock
	lockable := d.condition(d.inExtras).and(markerSet{{pythons: l.pythons}})
	if len(lockable) == 0 || d.name == NormalizeName(l.pyproject.Name) {
		return nil // asked for in no environment, or the project itself
	}
	var found []*poetryPackage
	for i := range l.packages {
		if NormalizeName(l.packages[i].Name) == d.name {
			found = append(found, &l.packages[i])
		}
	}
	if len(found) == 0 {
		return c.mistake(d.at, "%q is in %s, but not in %s", d.name, d.list, l.File.Name)
	}
	fit := slices.DeleteFunc(slices.Clone(found), func(pkg *poetryPackage) bool { return !d.allows(pkg.Version) })
	if len(fit) == 0 {
		return c.mistake(d.at, "%q in %s asks for %q, but %s has %s", d.name, d.list, d.text, c.line(found[0]), versionsOf(found))
	}
	fit = slices.DeleteFunc(fit, func(pkg *poetryPackage) bool { return !c.sameSource(d, pkg) })
	if len(fit) == 0 {
		return c.mistake(d.at, "%q in %s comes from %s, but %s has it from %s", d.name, d.list, d.source(), c.line(found[0]), found[0].source())
	}
	if l.perPackage() && !slices.ContainsFunc(fit, func(pkg *poetryPackage) bool { return slices.Contains(pkg.Groups, d.group) }) {
		return c.mistake(d.at, "%q is in %s, but %s has it for %s only", d.name, d.list, c.line(fit[0]), groupsText(fit[0].Groups))
	}
	return nil
}

func (c poetryComparison) line(pkg *poetryPackage) string {
	return c.lock.File.Name + ":" + strconv.Itoa(pkg.at.Start.Line)
}

func versionsOf(packages []*poetryPackage) string {
	var versions []string
	for _, pkg := range packages {
		versions = append(versions, pkg.Version)
	}
	return strings.Join(versions, " and ")
}

func groupsText(groups []string) string {
	if len(groups) == 1 {
		return "the group " + groups[0]
	}
	return "the groups " + strings.Join(groups, ", ")
}

// source says where a dependency comes from.
func (d poetryDep) source() string {
	switch {
	case d.git != "" && d.ref != "":
		return fmt.Sprintf("%s at %s", maskURL(d.git), d.ref)
	case d.direct():
		return maskURL(d.git + d.url + d.path)
	}
	return "an index"
}

func (pkg *poetryPackage) source() string {
	switch pkg.Source.Type {
	case "git":
		return fmt.Sprintf("%s at %s", maskURL(pkg.Source.URL), pkg.Source.Reference)
	case "url", "file", "directory":
		return maskURL(pkg.Source.URL)
	}
	return "an index"
}

// sameSource compares where a package comes from.
func (c poetryComparison) sameSource(d poetryDep, pkg *poetryPackage) bool {
	switch s := pkg.Source; {
	case d.git != "":
		return s.Type == "git" && s.URL == d.git && (d.ref == "" || d.ref == s.Reference || strings.HasPrefix(s.Resolved, d.ref))
	case d.url != "":
		return s.Type == "url" && s.URL == d.url
	case d.path != "":
		return (s.Type == "file" || s.Type == "directory") && strings.HasPrefix(path.Clean(s.URL), path.Clean(d.path))
	case s.Type == "" || s.Type == "legacy" || s.Type == "pypi":
		return true
	}
	// Another dependency may say that it comes from elsewhere.
	other := func(o poetryDep) bool { return o.name == d.name && o.direct() }
	if slices.ContainsFunc(c.lock.manifest.deps, other) {
		return true
	}
	return slices.ContainsFunc(c.lock.packages, func(p poetryPackage) bool { return slices.ContainsFunc(p.deps, other) })
}

// removed looks for packages that no other needs, nor the manifest any more.
func (c poetryComparison) removed() error {
	l := c.lock
	if l.pyproject.IsDynamic("dependencies") || l.pyproject.IsDynamic("optional-dependencies") {
		return nil // a plugin may fill them in
	}
	needed := map[string]bool{}
	for _, d := range l.manifest.deps {
		needed[d.name] = true
	}
	for _, pkg := range l.packages {
		for _, d := range pkg.deps {
			needed[d.name] = true
		}
	}
	var errs []error
	for i := range l.packages {
		pkg := &l.packages[i]
		if needed[NormalizeName(pkg.Name)] {
			continue
		}
		at := l.manifest.File.KeyAt("tool", "poetry", "dependencies")
		if l.manifest.File.Has("project", "dependencies") {
			at = l.manifest.File.KeyAt("project", "dependencies")
		}
		errs = append(errs, c.mistake(at, "%s has %q, which nothing asks for any more", c.line(pkg), NormalizeName(pkg.Name)))
	}
	return errors.Join(errs...)
}

// python compares the ranges of Pythons.
func (c poetryComparison) python() error {
	m := c.lock.manifest
	wanted, err := parseConstraint(m.Python)
	if err != nil || wanted.pythons() == c.lock.pythons {
		return nil
	}
	at := m.PythonAt
	if m.Python == "" {
		at = m.File.KeyAt("tool", "poetry", "dependencies")
	}
	return c.mistake(at, "the range of Pythons %q differs from %s:%d, which was made for %q",
		m.Python, c.lock.File.Name, c.lock.File.At("metadata", "python-versions").Start.Line, c.lock.Python)
}

// extras compares the extras and the packages that they name.
func (c poetryComparison) extras() error {
	l, m := c.lock, c.lock.manifest
	var errs []error
	for _, extra := range sortedKeys(m.Extras) {
		at := m.extraAt(extra)
		locked, ok := l.extras[extra]
		switch wanted := sortedUnique(m.Extras[extra]); {
		case !ok && len(wanted) == 0:
			// Older versions of Poetry do not record it.
		case !ok:
			errs = append(errs, c.mistake(at, "the extra %q is not in %s", extra, l.File.Name))
		case !slices.Equal(wanted, sortedUnique(locked)):
			errs = append(errs, c.mistake(at, "the extra %q installs %s, but at %s:%d it is %s", extra, listText(wanted),
				l.File.Name, l.File.At("extras").Start.Line, listText(sortedUnique(locked))))
		}
	}
	for _, extra := range sortedKeys(l.extras) {
		if _, ok := m.Extras[extra]; !ok {
			errs = append(errs, c.mistake(m.extraAt(""), "%s:%d has the extra %q, which is gone", l.File.Name, l.File.At("extras").Start.Line, extra))
		}
	}
	return errors.Join(errs...)
}

func listText(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// extraAt is the place of an extra in the manifest.
func (m *PoetryManifest) extraAt(extra string) plan.Location {
	tables := [][]string{{"project", "optional-dependencies"}, {"tool", "poetry", "extras"}}
	for _, table := range tables {
		for _, key := range m.File.Keys(table...) {
			if NormalizeName(key) == extra {
				return m.File.KeyAt(append(table, key)...)
			}
		}
	}
	for _, table := range tables {
		if m.File.Has(table...) {
			return m.File.KeyAt(table...)
		}
	}
	return m.File.KeyAt("tool", "poetry")
}
