package project

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

const staleHint = "run `uv lock` and commit uv.lock"

// checkStale compares uv.lock with the pyproject.toml files that it was made
// from. `uv sync --frozen` does not: it leaves out what the lock does not know.
// The comparison is uv's, apart from environment markers, which uv rewrites: to
// call a good lock stale is worse than to miss a change, since then no `uv
// lock` would help.
func (f *Facts) checkStale(fsys fs.FS) error {
	if f.Lock == nil || f.Pyproject == nil || !f.Pyproject.Managed {
		return nil
	}
	var errs []error
	if f.Pyproject.HasProject {
		errs = append(errs, f.checkRoot())
	} else {
		errs = append(errs, f.checkVirtualRoot())
	}
	for i := range f.Lock.Packages {
		pkg := &f.Lock.Packages[i]
		dir, ok := pkg.Source.Dir()
		if p := f.Members[dir]; ok && p != nil && p.HasProject {
			errs = append(errs, f.checkPackage(p, pkg))
		}
	}
	errs = append(errs, f.checkNewMembers(fsys), f.checkRequiresPython(), f.checkManifest())
	return errors.Join(errs...)
}

// checkRoot compares the project of the context's root.
func (f *Facts) checkRoot() error {
	p, root := f.Pyproject, f.Lock.Root
	at := p.File.At("project", "name")
	if root == nil {
		return stale(p, at, "uv.lock does not contain the project %q", p.Name)
	}
	where := f.Lock.line(root.path()...)
	if NormalizeName(p.Name) != root.Name {
		return stale(p, at, "the project is called %q, but %s was made for %q", p.Name, where, root.Name)
	}
	var errs []error
	// In a workspace other rules may make a package of the root.
	if len(f.Lock.Manifest.Members) == 0 {
		isPackage := root.Source.Virtual == ""
		at := p.File.KeyAt("tool", "uv", "package")
		if p.Package == nil {
			at = p.File.KeyAt("build-system")
		}
		switch {
		case p.IsPackage() && !isPackage:
			errs = append(errs, stale(p, at, "the project is a package by now, but not in %s, so it would not be installed", where))
		case !p.IsPackage() && isPackage:
			errs = append(errs, stale(p, p.File.KeyAt("project"), "the project is no package any more, but it is in %s", where))
		}
	}
	return errors.Join(append(errs, f.checkPackage(p, root))...)
}

// checkPackage compares one local package with its metadata in the lock.
func (f *Facts) checkPackage(p *Pyproject, pkg *LockedPackage) error {
	c := comparison{facts: f, pyproject: p, pkg: pkg}
	if pkg.Metadata == nil && len(pkg.Dependencies)+len(pkg.OptionalDependencies)+len(pkg.DevDependencies) > 0 {
		return nil // a lock without metadata says nothing to compare
	}
	return errors.Join(c.requiresDist(), c.extras(), c.groups())
}

// comparison compares one package.
type comparison struct {
	facts     *Facts
	pyproject *Pyproject
	pkg       *LockedPackage
}

// requiresDist compares project.dependencies and project.optional-dependencies
// with requires-dist, in which extras have become markers.
func (c comparison) requiresDist() error {
	var wanted []entry
	if !c.pyproject.IsDynamic("dependencies") {
		for _, r := range c.pyproject.Dependencies {
			wanted = append(wanted, wantedEntry(r, "project.dependencies", ""))
		}
	}
	if !c.pyproject.IsDynamic("optional-dependencies") {
		for _, extra := range sortedKeys(c.pyproject.Optional) {
			for _, r := range c.pyproject.Optional[extra] {
				wanted = append(wanted, wantedEntry(r, "project.optional-dependencies."+extra, extra))
			}
		}
	}
	var locked []entry
	if c.pkg.Metadata != nil {
		for i, r := range c.pkg.Metadata.RequiresDist {
			e := lockedEntry(r, c.facts.Lock.line(c.pkg.path("metadata", "requires-dist", itoa(i))...))
			e.list, e.at = "project.dependencies", c.pyproject.File.KeyAt("project", "dependencies")
			dynamic := c.pyproject.IsDynamic("dependencies")
			if e.extras != "" {
				e.list, e.at = "project.optional-dependencies", c.pyproject.File.KeyAt("project", "optional-dependencies")
				dynamic = c.pyproject.IsDynamic("optional-dependencies")
			}
			// Both may come from one field, if the build backend fills it in.
			if !dynamic {
				locked = append(locked, e)
			}
		}
	}
	return c.compare(wanted, locked, "metadata", "requires-dist")
}

// extras compares the names of extras. Locks from before provides-extras say
// nothing of empty ones.
func (c comparison) extras() error {
	p, meta := c.pyproject, c.pkg.Metadata
	if meta == nil || len(meta.ProvidesExtras) == 0 || p.IsDynamic("optional-dependencies") {
		return nil // new extras with requirements are found by those
	}
	var errs []error
	where := c.facts.Lock.line(c.pkg.path("metadata", "provides-extras")...)
	for _, key := range p.File.Keys("project", "optional-dependencies") {
		if !slices.Contains(meta.ProvidesExtras, NormalizeName(key)) {
			errs = append(errs, stale(p, p.File.KeyAt("project", "optional-dependencies", key), "the extra %q is not in %s", key, where))
		}
	}
	for _, extra := range meta.ProvidesExtras {
		if _, ok := p.Optional[NormalizeName(extra)]; !ok {
			errs = append(errs, stale(p, p.File.KeyAt("project", "optional-dependencies"), "%s has the extra %q, which is gone", where, extra))
		}
	}
	return errors.Join(errs...)
}

// groups compares the dependency groups, which uv records with their included
// groups (PEP 735) resolved.
func (c comparison) groups() error {
	p := c.pyproject
	var dev map[string][]LockedRequirement
	if c.pkg.Metadata != nil {
		dev = c.pkg.Metadata.RequiresDev
	}
	return c.compareGroups(p, dev, c.pkg.path("metadata", "requires-dev"))
}

func (c comparison) compareGroups(p *Pyproject, dev map[string][]LockedRequirement, tablePath []string) error {
	names := append(sortedKeys(p.Groups), sortedKeys(dev)...)
	slices.Sort(names)
	var errs []error
	for _, name := range slices.Compact(names) {
		rs, err := p.Group(name)
		if err != nil {
			return err
		}
		var wanted, locked []entry
		list := "dependency-groups." + name
		for _, r := range rs {
			wanted = append(wanted, wantedEntry(r, list, ""))
		}
		for i, r := range dev[name] {
			e := lockedEntry(r, c.facts.Lock.line(append(slices.Clone(tablePath), name, itoa(i))...))
			e.list, e.at = list, groupKeyAt(p, name)
			locked = append(locked, e)
		}
		errs = append(errs, c.compareIn(wanted, locked, c.facts.Lock.line(append(slices.Clone(tablePath), name)...)))
	}
	return errors.Join(errs...)
}

// groupKeyAt is the place of a group's key, whose spelling is not normalised.
func groupKeyAt(p *Pyproject, name string) plan.Location {
	for _, key := range p.File.Keys("dependency-groups") {
		if NormalizeName(key) == name {
			return p.File.KeyAt("dependency-groups", key)
		}
	}
	return p.File.KeyAt("dependency-groups")
}

// stale is the error for a lock that does not fit.
func stale(p *Pyproject, at plan.Location, format string, args ...any) *diag.Error {
	return mistake("PB106", p.File, at, staleHint, format, args...)
}
