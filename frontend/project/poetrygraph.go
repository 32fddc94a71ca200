package project

import (
	"slices"
	"strings"
)

// walk finds the extras of each package and when it is installed, by the
// dependencies that the lock records.
func (l *PoetryLock) walk(sel Selection) (extras [][]string, when []markerSet) {
	g := &lockGraph{}
	byName := map[string][]int{}
	for i := range l.packages {
		name := NormalizeName(l.packages[i].Name)
		byName[name] = append(byName[name], i)
		g.nodes = append(g.nodes, graphNode{base: i, pythons: l.packages[i].pythons})
	}
	for _, same := range byName {
		slices.SortFunc(same, func(a, b int) int { return compareVersions(l.packages[b].Version, l.packages[a].Version) })
	}
	b := poetryGraph{lock: l, graph: g, byName: byName, withExtra: map[extraOf]int{}}
	var roots []graphEdge
	for _, d := range l.manifest.deps {
		if d.group != mainGroup && !slices.Contains(sel.Groups, d.group) {
			continue
		}
		// What several extras ask for with markers is chosen by those that are on.
		chosen := !d.optional || slices.ContainsFunc(d.inExtras, func(e string) bool { return slices.Contains(sel.Extras, e) })
		if chosen {
			roots = append(roots, b.edges(d, d.condition(sel.Extras))...)
		}
	}
	for i := range l.packages {
		g.nodes[i].edges = append(g.nodes[i].edges, b.needs(i, "")...)
	}
	for ; b.done < len(b.extras); b.done++ {
		e := b.extras[b.done]
		n := b.withExtra[e]
		edges := append(b.needs(e.pkg, e.extra), graphEdge{to: []int{e.pkg}, when: everywhere()})
		g.nodes[n].edges = edges
	}
	when = g.walk(roots)
	extras = make([][]string, len(l.packages))
	for _, e := range b.extras {
		if len(when[b.withExtra[e]]) > 0 {
			extras[e.pkg] = append(extras[e.pkg], e.extra)
		}
	}
	return extras, when
}

// extraOf is a package with one of its extras.
type extraOf struct {
	pkg   int
	extra string
}

// poetryGraph builds the graph of a lock. Nodes with extras are made as they
// are asked for; done counts those whose edges are there.
type poetryGraph struct {
	lock      *PoetryLock
	graph     *lockGraph
	byName    map[string][]int
	withExtra map[extraOf]int
	extras    []extraOf
	done      int
}

// edges lead to the packages that fit a dependency, and to their extras.
func (b *poetryGraph) edges(d poetryDep, when markerSet) []graphEdge {
	if len(when) == 0 {
		return nil
	}
	var fit []int
	for _, i := range b.byName[d.name] {
		pkg := &b.lock.packages[i]
		sameSource := d.git == "" || pkg.Source.Type == "git"
		if sameSource && d.allows(pkg.Version) {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		fit = b.byName[d.name] // stale, or a constraint that reads differently
	}
	if len(fit) == 0 {
		return nil
	}
	edges := []graphEdge{{to: fit, when: when}}
	for _, extra := range d.extras {
		nodes := make([]int, 0, len(fit))
		for _, i := range fit {
			nodes = append(nodes, b.extra(i, extra))
		}
		edges = append(edges, graphEdge{to: nodes, when: when})
	}
	return edges
}

// extra is the node of a package with an extra.
func (b *poetryGraph) extra(pkg int, extra string) int {
	key := extraOf{pkg, extra}
	if n, ok := b.withExtra[key]; ok {
		return n
	}
	n := len(b.graph.nodes)
	b.graph.nodes = append(b.graph.nodes, graphNode{base: pkg, pythons: b.lock.packages[pkg].pythons})
	b.withExtra[key] = n
	b.extras = append(b.extras, key)
	return n
}

// needs are the edges of a package, or those that one of its extras adds.
func (b *poetryGraph) needs(i int, extra string) []graphEdge {
	pkg := &b.lock.packages[i]
	var edges []graphEdge
	for _, d := range pkg.deps {
		asked := markerExtras(d.when.String())
		var on []string
		if extra != "" {
			on = []string{extra}
			// Older locks name the dependencies of an extra elsewhere only.
			listed := d.optional && len(asked) == 0 && pkg.extraLists(extra, d.name)
			if !listed && !slices.Contains(asked, extra) {
				continue
			}
		} else if d.optional && len(asked) == 0 {
			continue
		}
		edges = append(edges, b.edges(d, d.condition(on))...)
	}
	return edges
}

// extraLists reports whether [package.extras] names a dependency.
func (pkg *poetryPackage) extraLists(extra, name string) bool {
	for key, list := range pkg.Extras {
		if NormalizeName(key) != extra {
			continue
		}
		for _, r := range list {
			if m := nameStart.FindStringSubmatch(strings.TrimSpace(r)); m != nil && NormalizeName(m[1]) == name {
				return true
			}
		}
	}
	return false
}
