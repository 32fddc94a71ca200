package project

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// pipfileComparison compares a Pipfile.lock with its Pipfile. A hash that is
// right ends it: Pipenv itself asks no more. What was removed from the Pipfile
// cannot be told, since the lock does not say what needs what.
type pipfileComparison struct{ lock *PipfileLock }

func (c pipfileComparison) run() ([]diag.Warning, error) {
	l := c.lock
	if l.manifest == nil {
		return nil, nil
	}
	hashes, recorded := pipfileHashes(l.manifest), l.meta.Hash["sha256"]
	if recorded != "" && slices.Contains(hashes, recorded) {
		return nil, nil
	}
	errs := []error{c.python()}
	for _, section := range append([]string{"packages", "dev-packages"}, l.manifest.categories()...) {
		locked := section
		switch section {
		case "packages":
			locked = pipfileDefault
		case "dev-packages":
			locked = pipfileDevelop
		}
		for _, name := range l.manifest.File.Keys(section) {
			errs = append(errs, c.dependency(section, locked, name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return hashWarning(recorded, hashes, l.file.keyAt("_meta", "hash", "sha256"), l.Data, pipfileHint), nil
}

func (c pipfileComparison) mistake(at plan.Location, format string, args ...any) error {
	return mistake("PB106", c.lock.manifest.File, at, pipfileHint, format, args...)
}

// dependency compares one package of a section of the Pipfile.
func (c pipfileComparison) dependency(section, locked, name string) error {
	l := c.lock
	at := l.manifest.File.KeyAt(section, name)
	value, _ := l.manifest.File.Value(section, name)
	table, _ := value.(map[string]any)
	text := func(key string) string {
		s, _ := table[key].(string)
		return s
	}
	version, _ := value.(string)
	if table != nil {
		version = text("version")
	}
	m, err := pipfileMarker(text("markers"), table)
	if err != nil {
		return mistake("PB103", l.manifest.File, at, "write it like markers = \"sys_platform == 'linux'\"", "%s: %v", name, err)
	}
	pkg, key, ok := c.find(locked, name, text)
	direct := text("git")+text("path")+text("file") != ""
	switch {
	case !ok && m.withExtras(nil).neverOnLinux():
		return nil
	case !ok:
		return c.mistake(at, "%q is in %s, but not in the section %s of %s", NormalizeName(name), section, locked, l.Name)
	case !direct:
		constraint, err := parseConstraint(version)
		if have, pinned := strings.CutPrefix(pkg.Version, "=="); err == nil && pinned && !constraint.allowsText(have) {
			return c.mistake(at, "%q in %s asks for %q, but %s has %s", NormalizeName(name), section, version, c.line(locked, key), have)
		}
	}
	if table != nil && direct && !samePipfileSource(text, pkg) {
		return c.mistake(at, "%q in %s comes from %s, but %s has it from elsewhere", NormalizeName(name), section,
			diag.MaskText(text("git")+text("path")+text("file")), c.line(locked, key))
	}
	return nil
}

// find looks for a package by its name or, since a Pipfile may call what is not
// from an index as it likes, by its source.
func (c pipfileComparison) find(section, name string, text func(string) string) (pipfilePackage, string, bool) {
	packages := c.lock.sections[section]
	if key, ok := c.lock.keys[section][NormalizeName(name)]; ok {
		return packages[key], key, true
	}
	if text("git")+text("path")+text("file") != "" {
		for _, key := range sortedKeys(packages) {
			if pkg := packages[key]; pkg.Git+pkg.Path+pkg.File != "" && samePipfileSource(text, packages[key]) {
				return packages[key], key, true
			}
		}
	}
	return pipfilePackage{}, "", false
}

// samePipfileSource compares the source of a package that is not from an index.
// The lock has the commit in place of a branch or a tag.
func samePipfileSource(text func(string) string, pkg pipfilePackage) bool {
	git, local, file := text("git"), text("path"), text("file")
	switch {
	case git != "":
		return pkg.Git == git
	case local != "":
		return path.Clean(pkg.Path+pkg.File) == path.Clean(local)
	}
	return pkg.File == file || path.Clean(pkg.Path) == path.Clean(file)
}

func (c pipfileComparison) line(section, key string) string {
	return c.lock.Name + ":" + strconv.Itoa(c.lock.file.keyAt(section, key).Start.Line)
}

// python compares the version of Python.
func (c pipfileComparison) python() error {
	wanted, err := c.lock.manifest.Python()
	if err != nil || wanted == nil {
		return err
	}
	if have := c.lock.Python(); have != nil && have.Text != wanted.Text {
		return c.mistake(wanted.At, "Python %q differs from %s:%d, which was made for %q", wanted.Text, have.At.File, have.At.Start.Line, have.Text)
	}
	return nil
}
