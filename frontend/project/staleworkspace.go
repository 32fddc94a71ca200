package project

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// checkVirtualRoot compares the groups of a workspace root without [project].
func (f *Facts) checkVirtualRoot() error {
	c := comparison{facts: f, pyproject: f.Pyproject}
	if len(f.Lock.Manifest.Groups) == 0 && f.Lock.Revision < 1 {
		return nil // not recorded then
	}
	return c.compareGroups(f.Pyproject, f.Lock.Manifest.Groups, []string{"manifest", "dependency-groups"})
}

// checkNewMembers looks for members of the workspace that the lock lacks. A
// member that is not in the context may be left out on purpose.
func (f *Facts) checkNewMembers(fsys fs.FS) error {
	w := f.Pyproject.Workspace
	if w == nil || len(f.Lock.Manifest.Members) == 0 {
		return nil
	}
	var errs []error
	for i, pattern := range w.Members {
		dirs, err := fs.Glob(fsys, path.Clean(pattern))
		if err != nil {
			continue
		}
		for _, dir := range dirs {
			excluded := slices.ContainsFunc(w.Exclude, func(pattern string) bool {
				ok, err := path.Match(path.Clean(pattern), dir)
				return ok || err != nil
			})
			if excluded || dir == "." || strings.HasPrefix(path.Base(dir), ".") || f.Members[dir] != nil {
				continue
			}
			p, err := readPyproject(fsys, path.Join(dir, PyprojectFile))
			if err != nil || p == nil || p.Name == "" || !p.Managed ||
				slices.Contains(f.Lock.Manifest.Members, NormalizeName(p.Name)) {
				continue
			}
			errs = append(errs, stale(f.Pyproject, f.Pyproject.File.At("tool", "uv", "workspace", "members", itoa(i)),
				"the workspace member %q (%s) is not in %s", p.Name, dir, f.Lock.line("manifest", "members")))
		}
	}
	return errors.Join(errs...)
}

// checkRequiresPython compares the range of Pythons, which is what all members
// of a workspace have in common.
func (f *Facts) checkRequiresPython() error {
	if f.Pyproject.File.Has("tool", "uv", "dependency-groups") {
		return nil // groups may narrow the range
	}
	var all pythonRange
	said := f.Pyproject
	members := 0
	for _, p := range append([]*Pyproject{f.Pyproject}, f.workspaceMembers(&members)...) {
		if p.RequiresPython == "" || p.IsDynamic("requires-python") {
			continue
		}
		if said.RequiresPython == "" {
			said = p
		}
		r, err := parsePythonRange(p.RequiresPython)
		if err != nil {
			return nil // reported where it was read
		}
		all = append(all, r...)
	}
	// Without any, uv takes the Python that it runs on.
	if len(all) == 0 || members < len(f.Lock.Manifest.Members) || f.Lock.RequiresPython == "" {
		return nil
	}
	locked, err := parsePythonRange(f.Lock.RequiresPython)
	if err != nil || samePythons(all, locked) {
		return nil
	}
	return stale(said, said.File.At("project", "requires-python"), "requires-python %q differs from %s, which was made for %q",
		said.RequiresPython, f.Lock.line("requires-python"), f.Lock.RequiresPython)
}

// workspaceMembers returns the members that are in the context, and counts
// them with the root.
func (f *Facts) workspaceMembers(count *int) []*Pyproject {
	var ps []*Pyproject
	for _, pkg := range f.Lock.Packages {
		dir, ok := pkg.Source.Dir()
		if !ok || !slices.Contains(f.Lock.Manifest.Members, pkg.Name) {
			continue
		}
		if dir == "." {
			*count++
		} else if p := f.Members[dir]; p != nil {
			*count++
			ps = append(ps, p)
		}
	}
	return ps
}

// checkManifest compares uv's constraints and overrides. A uv.toml would
// replace them.
func (f *Facts) checkManifest() error {
	if f.UVConfig {
		return nil
	}
	var errs []error
	for _, list := range []struct {
		key, locked string
		entries     []LockedRequirement
	}{
		{"constraint-dependencies", "constraints", f.Lock.Manifest.Constraints},
		{"override-dependencies", "overrides", f.Lock.Manifest.Overrides},
		{"build-constraint-dependencies", "build-constraints", f.Lock.Manifest.BuildConstraints},
	} {
		p := f.Pyproject
		var wanted, locked []entry
		value, _ := p.File.Value("tool", "uv", list.key)
		texts, _ := value.([]any)
		for i, text := range texts {
			s, ok := text.(string)
			if !ok {
				continue
			}
			r, err := p.parseOne(s, "tool", "uv", list.key, itoa(i))
			if err != nil {
				errs = append(errs, err)
				continue
			}
			wanted = append(wanted, wantedEntry(r, "tool.uv."+list.key, ""))
		}
		for i, r := range list.entries {
			e := lockedEntry(r, f.Lock.line("manifest", list.locked, itoa(i)))
			e.list, e.at = "tool.uv."+list.key, p.File.KeyAt("tool", "uv", list.key)
			locked = append(locked, e)
		}
		c := comparison{facts: f, pyproject: p}
		errs = append(errs, c.compareIn(wanted, locked, f.Lock.line("manifest", list.locked)))
	}
	return errors.Join(errs...)
}
