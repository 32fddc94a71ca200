package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// graph is the explanation as boxes and arrows.
type graph struct {
	nodes []node
	edges [][2]int // from what is read to what reads it
}

type node struct {
	id, label string
	// kind is a Kind, or "result" for the image.
	kind string
}

const result = "result"

// graph has a box for each step, each thing that steps read, and the image. pybuild's own
// scripts, and what a command says, are left out: they are of every step.
func (e *Explanation) graph() *graph {
	g := &graph{}
	for _, s := range e.Steps {
		name := s.Name
		if size := e.Sizes[s.ID]; size > 0 && !strings.Contains(name, " MB)") {
			name += " (" + plan.Megabytes(size) + ")"
		}
		to := g.node("step "+s.ID, name, string(Step))
		for _, in := range shown(e.Keys[s.ID]) {
			if in.Kind == Step {
				g.edge(g.node("step "+in.Name, "", string(Step)), to)
				continue
			}
			g.edge(g.node(string(in.Kind)+" "+in.Name, in.Name, string(in.Kind)), to)
		}
	}
	to := g.node(result, e.Target+" for "+e.Platform, result)
	for _, r := range append([]plan.Ref{e.Root}, e.Layers...) {
		if r.Step != "" {
			g.edge(g.node("step "+r.Step, "", string(Step)), to)
		} else if ref := e.Images[r.Image].Ref; ref != "" {
			g.edge(g.node("image "+ref, ref, string(Image)), to)
		}
	}
	return g
}

func (g *graph) node(id, label, kind string) int {
	i := slices.IndexFunc(g.nodes, func(n node) bool { return n.id == id })
	if i < 0 {
		i, g.nodes = len(g.nodes), append(g.nodes, node{id, plan.Line(label), kind})
	}
	return i
}

func (g *graph) edge(from, to int) {
	if e := [2]int{from, to}; !slices.Contains(g.edges, e) {
		g.edges = append(g.edges, e)
	}
}

// DOT is the graph in the language of Graphviz.
func (e *Explanation) DOT() string {
	var b strings.Builder
	b.WriteString("digraph pybuild {\n  rankdir=LR\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\", fontsize=11]\n")
	g := e.graph()
	for i, n := range g.nodes {
		fmt.Fprintf(&b, "  n%d [label=%s, fillcolor=%q]\n", i, dotText(strings.Join(wrap(n.label, lineWidth), "\n")), fill(n.kind))
	}
	for _, edge := range g.edges {
		fmt.Fprintf(&b, "  n%d -> n%d\n", edge[0], edge[1])
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText is a quoted string, in which DOT knows two escapes.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// fill is the colour of a box.
func fill(kind string) string {
	switch Kind(kind) {
	case Step:
		return "#e8f0fe"
	case Image:
		return "#fef3e2"
	case result:
		return "#e6f4ea"
	}
	return "#f5f5f5"
}

// wrap breaks a text into lines of no more than a number of letters, where it has blanks;
// a longer word, as the name of a wheel, within it.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for letters := []rune(word); len(letters) > width; word = string(letters) {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, letters = append(lines, string(letters[:width])), letters[width:]
		}
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}
