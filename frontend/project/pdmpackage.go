package project

import (
	"slices"
	"strings"
)

// projectRoot is how PDM writes the project's directory in URLs.
const projectRoot = "${PROJECT_ROOT}"

// setPackage is the i-th package without its condition.
func (l *PdmLock) setPackage(i int) (SetPackage, error) {
	pkg := &l.packages[i]
	p := SetPackage{Name: pkg.Name, Version: pkg.Version, Editable: pkg.Editable, At: pkg.at}
	for _, f := range pkg.Files {
		if pipTakes(f.Hash) {
			p.Hashes = append(p.Hashes, f.Hash)
		}
	}
	local := pkg.Path
	if strings.HasPrefix(pkg.URL, "file:") && local == "" {
		local = strings.TrimPrefix(strings.TrimPrefix(filePath(pkg.URL), "/"), projectRoot+"/")
	}
	vcs := map[string]string{"git+": pkg.Git, "hg+": pkg.Hg, "svn+": pkg.Svn, "bzr+": pkg.Bzr}
	for _, prefix := range sortedKeys(vcs) {
		switch location := vcs[prefix]; {
		case location == "":
		case pkg.Revision == "":
			return p, mistake("PB108", l.File, pkg.at, pdmHint, "package %q has no revision, so no commit is known", pkg.Name)
		case prefix == "git+":
			p.URL, p.Hashes = gitURL(location, pkg.Revision, pkg.Subdirectory), nil
		default:
			p.URL, p.Hashes = withSubdirectory(prefix+location+"@"+pkg.Revision, pkg.Subdirectory), nil
		}
	}
	switch {
	case p.URL != "":
	case local != "":
		path, ok := inContext(local)
		if !ok {
			return p, outsideMistake(local, pkg.at, l.File.Data)
		}
		p.Path = path
		if !archive.MatchString(path) {
			p.Hashes = nil
		}
	case pkg.URL != "":
		p.URL = withSubdirectory(pkg.URL, pkg.Subdirectory)
	}
	return p, nil
}

// walk finds when each package is installed for these groups, by the
// dependencies that the lock records.
func (l *PdmLock) walk(groups []string) []markerSet {
	g := &lockGraph{}
	byName := map[string][]int{}
	for i := range l.packages {
		byName[l.packages[i].Name] = append(byName[l.packages[i].Name], i)
		g.nodes = append(g.nodes, graphNode{base: i, pythons: l.packages[i].pythons})
	}
	for _, same := range byName {
		slices.SortStableFunc(same, func(a, b int) int { return compareVersions(l.packages[b].Version, l.packages[a].Version) })
	}
	for i := range l.packages {
		for _, d := range l.packages[i].deps {
			g.nodes[i].edges = append(g.nodes[i].edges, l.edges(d, byName)...)
		}
	}
	var roots []graphEdge
	for _, group := range groups {
		for _, d := range l.manifest.groups[group] {
			roots = append(roots, l.edges(d, byName)...)
		}
	}
	return g.walk(roots)
}

// edges lead to the package that a dependency asks for, and to its entries for
// the extras.
func (l *PdmLock) edges(d pdmDep, byName map[string][]int) []graphEdge {
	when := setOf(d.when.withExtras(nil))
	pick := func(take func(extras []string) bool) []int {
		var all, fit []int
		for _, i := range byName[d.name] {
			if pkg := &l.packages[i]; take(pkg.Extras) {
				all = append(all, i)
				if d.allows(pkg.Version) {
					fit = append(fit, i)
				}
			}
		}
		if len(fit) == 0 {
			return all
		}
		return fit
	}
	edges := []graphEdge{{to: pick(func(extras []string) bool { return len(extras) == 0 }), when: when}}
	if exact := pick(func(extras []string) bool { return slices.Equal(extras, d.extras) }); len(exact) > 0 && len(d.extras) > 0 {
		edges = append(edges, graphEdge{to: exact, when: when})
	} else {
		for _, extra := range d.extras {
			edges = append(edges, graphEdge{to: pick(func(extras []string) bool { return slices.Contains(extras, extra) }), when: when})
		}
	}
	return slices.DeleteFunc(edges, func(e graphEdge) bool { return len(e.to) == 0 })
}
