package project

// lockGraph is a lock as a graph of what needs what, for locks that do not say
// of each package when it is installed.
type lockGraph struct {
	nodes []graphNode
}

// graphNode is a package, or a package with an extra.
type graphNode struct {
	// base is the node of the package without extras.
	base int
	// pythons are the releases of Python that the package supports.
	pythons pySet
	edges   []graphEdge
}

// graphEdge is a requirement. Of several nodes, which are versions of one
// package with the newest first, one is meant.
type graphEdge struct {
	to   []int
	when markerSet
}

const (
	// manyUpdates of one node make its condition what its terms have in common,
	// tooManyUpdates make it unconditional: cycles of many conditions end.
	manyUpdates    = 12
	tooManyUpdates = 24
)

// walk returns the condition of each node: the union over all paths to it,
// each of which holds where all of its edges do.
//
// Where several versions fit, the first walk leaves the choice open. The second
// takes, in each place, the version that the first found to be there, and
// elsewhere the newest that supports the Python.
func (g *lockGraph) walk(roots []graphEdge) []markerSet {
	decided := g.spread(roots, func(e graphEdge, _ int) markerSet {
		if len(e.to) > 1 {
			return nil
		}
		return everywhere()
	})
	return g.spread(roots, func(e graphEdge, i int) markerSet {
		if len(e.to) == 1 {
			return everywhere()
		}
		return g.choice(e.to, i, decided)
	})
}

// choice is the condition under which the i-th of several versions is meant.
func (g *lockGraph) choice(to []int, i int, decided []markerSet) markerSet {
	free := g.nodes[to[i]].pythons
	var others markerSet
	for j, n := range to {
		if j < i {
			free = free.without(g.nodes[n].pythons)
		}
		if j != i {
			others = others.or(decided[g.nodes[n].base])
		}
	}
	rest := markerSet{{pythons: free}}.normal()
	return decided[g.nodes[to[i]].base].or(rest.and(others.not()))
}

// spread carries the conditions from the roots along the edges until nothing
// changes. guard adds a condition to the i-th target of an edge.
func (g *lockGraph) spread(roots []graphEdge, guard func(e graphEdge, i int) markerSet) []markerSet {
	when := make([]markerSet, len(g.nodes))
	updates := make([]int, len(g.nodes))
	queued := make([]bool, len(g.nodes))
	var queue []int
	follow := func(from markerSet, e graphEdge) {
		reach := from.and(e.when)
		for i, n := range e.to {
			if when[n].always() {
				continue
			}
			next := when[n].or(reach.and(guard(e, i)))
			if next.equal(when[n]) {
				continue
			}
			switch updates[n]++; {
			case updates[n] > tooManyUpdates:
				next = everywhere()
			case updates[n] > manyUpdates:
				next = markerSet{next.common()}
			}
			if next.equal(when[n]) {
				continue
			}
			when[n] = next
			if !queued[n] {
				queue, queued[n] = append(queue, n), true
			}
		}
	}
	for _, e := range roots {
		follow(everywhere(), e)
	}
	for len(queue) > 0 {
		n := queue[0]
		queue, queued[n] = queue[1:], false
		for _, e := range g.nodes[n].edges {
			follow(when[n], e)
		}
	}
	return when
}
