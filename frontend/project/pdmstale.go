package project

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
)

// pdmComparison compares a pdm.lock with its manifest. A content hash that is
// right ends it: PDM itself asks no more.
type pdmComparison struct{ lock *PdmLock }

func (c pdmComparison) run() ([]diag.Warning, error) {
	l := c.lock
	complete, partial := pdmHashes(l.pyproject)
	if l.contentHash != "" && slices.Contains(complete, l.contentHash) {
		return nil, nil
	}
	var errs []error
	for _, group := range sortedKeys(l.manifest.groups) {
		if l.Groups != nil && !slices.Contains(l.Groups, group) {
			continue // not locked, maybe on purpose: an error once it is chosen
		}
		for _, d := range l.manifest.groups[group] {
			if d.via == "" || l.Groups == nil || slices.Contains(l.Groups, d.via) {
				errs = append(errs, c.dependency(d, group))
			}
		}
	}
	errs = append(errs, c.removed())
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return hashWarning(l.contentHash, append(complete, partial...), l.File.At("metadata", "content_hash"), l.File.Data, pdmHint), nil
}

func (c pdmComparison) dependency(d pdmDep, group string) error {
	l, m := c.lock, c.lock.manifest
	if slices.Contains(m.excluded, d.name) || len(setOf(d.when.withExtras(nil)).and(markerSet{{pythons: l.pythons}})) == 0 {
		return nil
	}
	fail := func(format string, args ...any) error {
		return mistake("PB106", l.pyproject.File, d.at(), pdmHint, format, args...)
	}
	var found []*pdmPackage
	for _, i := range l.byName[d.name] {
		found = append(found, &l.packages[i])
	}
	if len(found) == 0 {
		return fail("%q is in %s, but not in %s", d.name, d.list, l.File.Name)
	}
	if slices.Contains(m.overridden, d.name) {
		return nil
	}
	fit := slices.DeleteFunc(slices.Clone(found), func(pkg *pdmPackage) bool { return !d.allows(pkg.Version) })
	if len(fit) == 0 {
		return fail("%q in %s asks for %q, but %s has %s", d.name, d.list, d.Specifier, c.line(found[0]), found[0].Version)
	}
	for _, extra := range d.extras {
		if !slices.ContainsFunc(fit, func(pkg *pdmPackage) bool { return slices.Contains(pkg.Extras, extra) }) {
			return fail("%q in %s asks for the extra %q, which %s does not have", d.name, d.list, extra, c.line(fit[0]))
		}
	}
	fit = slices.DeleteFunc(fit, func(pkg *pdmPackage) bool { return !d.sameSource(pkg) })
	if len(fit) == 0 {
		return fail("%q in %s comes from %s, but %s has it from elsewhere", d.name, d.list, diag.MaskText(d.URL), c.line(found[0]))
	}
	inGroup := func(pkg *pdmPackage) bool { return slices.Contains(pkg.Groups, group) }
	if l.perPackage && !slices.ContainsFunc(fit, inGroup) {
		return fail("%q is in %s, but %s has it for %s only", d.name, d.list, c.line(fit[0]), groupsText(fit[0].Groups))
	}
	return nil
}

func (c pdmComparison) line(pkg *pdmPackage) string {
	return c.lock.File.Name + ":" + strconv.Itoa(pkg.at.Start.Line)
}

// sameSource compares where a package comes from. One that needs no special
// source may have been given one by another requirement.
func (d pdmDep) sameSource(pkg *pdmPackage) bool {
	switch {
	case d.URL == "":
		return true
	case strings.HasPrefix(d.URL, "git+"):
		repository, ref := splitGitRef(strings.TrimPrefix(d.URL, "git+"))
		return pkg.Git == repository && (ref == "" || pkg.Ref == "" || ref == pkg.Ref || strings.HasPrefix(pkg.Revision, ref))
	case strings.HasPrefix(d.URL, "file:") || !isURL(d.URL):
		return pkg.Path != "" || strings.HasPrefix(pkg.URL, "file:")
	case vcsURL.MatchString(d.URL):
		return true
	}
	location, _, _ := strings.Cut(d.URL, "#")
	return pkg.URL == location || pkg.URL == d.URL
}

// removed looks for packages that no other needs, nor the manifest any more.
// Locks without groups may hold some from before, which are not installed.
func (c pdmComparison) removed() error {
	l := c.lock
	if !l.perPackage || l.pyproject.IsDynamic("dependencies") || l.pyproject.IsDynamic("optional-dependencies") {
		return nil
	}
	needed := map[string]bool{}
	for _, deps := range l.manifest.groups {
		for _, d := range deps {
			needed[d.name] = true
		}
	}
	for _, pkg := range l.packages {
		for _, d := range pkg.deps {
			// An entry with extras needs the one without.
			needed[d.name] = needed[d.name] || d.name != pkg.Name
		}
	}
	var errs []error
	for i := range l.packages {
		pkg := &l.packages[i]
		if needed[pkg.Name] || len(pkg.Extras) > 0 {
			continue
		}
		errs = append(errs, mistake("PB106", l.pyproject.File, l.pyproject.File.KeyAt("project", "dependencies"), pdmHint,
			"%s has %q, which nothing asks for any more", c.line(pkg), pkg.Name))
	}
	return errors.Join(errs...)
}
