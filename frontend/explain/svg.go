package explain

import (
	"fmt"
	"html"
	"strings"
)

// SVG is the graph as a picture, from left to right. Drawing it here takes two hundred
// lines: Graphviz, compiled to WebAssembly, would be a third of the whole program.
func (e *Explanation) SVG() string {
	g := e.graph()
	l := layoutOf(g)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="sans-serif" font-size="12" role="img" aria-label="%s">`+"\n",
		l.width, l.height, l.width, l.height, html.EscapeString("the build of "+e.Target+" for "+e.Platform))
	b.WriteString(`<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#7a869a"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" fill="#ffffff"/>`+"\n", l.width, l.height)
	for _, way := range l.ways {
		b.WriteString(l.curve(way) + "\n")
	}
	for i, n := range g.nodes {
		box := l.boxes[i]
		fmt.Fprintf(&b, `<g><title>%s</title><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="5" fill="%s" stroke="#7a869a"/>`,
			html.EscapeString(n.label), box.x, box.y, box.w, box.h, fill(n.kind))
		for j, line := range box.lines {
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f">%s</text>`, box.x+padding, box.y+padding+float64(j+1)*lineHeight-4, html.EscapeString(line))
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// curve is the arrow along a way.
func (l *layout) curve(way []int) string {
	var path strings.Builder
	first := l.boxes[way[0]]
	x, y := first.x+first.w, first.y+first.h/2
	fmt.Fprintf(&path, "M%.1f %.1f", x, y)
	for _, i := range way[1:] {
		to := l.boxes[i]
		tx, ty := to.x, to.y+to.h/2
		fmt.Fprintf(&path, "C%.1f %.1f %.1f %.1f %.1f %.1f", x+bend, y, tx-bend, ty, tx, ty)
		if x, y = tx+to.w, ty; i != way[len(way)-1] {
			fmt.Fprintf(&path, "H%.1f", x)
		}
	}
	return fmt.Sprintf(`<path d="%s" fill="none" stroke="#7a869a" marker-end="url(#arrow)"/>`, path.String())
}
