package project

import "slices"

// Closure returns the packages that may be installed for a project of the lock
// with some of its extras and dependency groups (normalised names), the project
// first. Without a root it is that of the context, or all members of a
// workspace that has no project there. Markers are not decided: what one
// platform needs is in it for all.
func (l *UVLock) Closure(root string, extras, groups []string) []*LockedPackage {
	w := closure{seen: map[closureStep]bool{}, byName: map[string][]*LockedPackage{}}
	for i := range l.Packages {
		pkg := &l.Packages[i]
		w.byName[pkg.Name] = append(w.byName[pkg.Name], pkg)
	}
	for i := range l.Packages {
		pkg := &l.Packages[i]
		isRoot := pkg.Name == NormalizeName(root)
		if root == "" {
			isRoot = pkg == l.Root || (l.Root == nil && slices.Contains(l.Manifest.Members, pkg.Name))
		}
		if !isRoot {
			continue
		}
		w.add(pkg, extras)
		for _, group := range groups {
			w.follow(pkg.DevDependencies[NormalizeName(group)])
		}
	}
	return w.packages
}

// closureStep is a package, and one of its extras or none.
type closureStep struct {
	index int
	extra string
}

type closure struct {
	byName   map[string][]*LockedPackage
	seen     map[closureStep]bool
	packages []*LockedPackage
}

func (w *closure) add(pkg *LockedPackage, extras []string) {
	if step := (closureStep{pkg.index, ""}); !w.seen[step] {
		w.seen[step] = true
		w.packages = append(w.packages, pkg)
		w.follow(pkg.Dependencies)
	}
	for _, extra := range extras {
		extra = NormalizeName(extra)
		if step := (closureStep{pkg.index, extra}); extra != "" && !w.seen[step] {
			w.seen[step] = true
			w.follow(pkg.OptionalDependencies[extra])
		}
	}
}

// follow adds the packages of edges. uv writes the version into an edge only
// where there are several of the name.
func (w *closure) follow(edges []LockedDependency) {
	for _, e := range edges {
		for _, pkg := range w.byName[NormalizeName(e.Name)] {
			if e.Version == "" || e.Version == pkg.Version {
				w.add(pkg, e.Extra)
			}
		}
	}
}
