package explain

import (
	"cmp"
	"math"
	"slices"
)

const (
	lineWidth  = 34 // letters
	letter     = 6.6
	lineHeight = 15
	padding    = 9
	columnGap  = 64
	rowGap     = 12
	bend       = columnGap * 0.6
	boxWidth   = lineWidth*letter + 2*padding
	// lane is the height of an arrow that passes a column.
	lane = 4
)

type box struct {
	x, y, w, h float64
	lines      []string
}

// layout places the boxes of a graph in columns: each as far left as what it reads
// allows, and what reads nothing beside what reads it first. An arrow over several columns has
// an empty box in each that it passes.
type layout struct {
	boxes []box
	edges [][2]int // between neighbouring columns
	// ways are the boxes that each arrow of the graph touches.
	ways          [][]int
	width, height float64
}

func layoutOf(g *graph) *layout {
	l := &layout{}
	column := columns(g)
	for _, n := range g.nodes {
		lines := wrap(n.label, lineWidth)
		l.boxes = append(l.boxes, box{w: boxWidth, h: float64(len(lines))*lineHeight + 2*padding, lines: lines})
	}
	for _, e := range g.edges {
		way := []int{e[0]}
		for c := column[e[0]] + 1; c < column[e[1]]; c++ {
			way = append(way, len(l.boxes))
			l.boxes, column = append(l.boxes, box{w: boxWidth, h: lane}), append(column, c)
		}
		way = append(way, e[1])
		for i := range way[1:] {
			l.edges = append(l.edges, [2]int{way[i], way[i+1]})
		}
		l.ways = append(l.ways, way)
	}
	l.place(column)
	return l
}

// columns are the longest ways from what reads nothing.
func columns(g *graph) []int {
	column, reads := make([]int, len(g.nodes)), make([]bool, len(g.nodes))
	for range g.nodes {
		for _, e := range g.edges {
			column[e[1]], reads[e[1]] = max(column[e[1]], column[e[0]]+1), true
		}
	}
	for i := range column {
		nearest := math.MaxInt
		for _, e := range g.edges {
			if e[0] == i {
				nearest = min(nearest, column[e[1]])
			}
		}
		if !reads[i] && nearest != math.MaxInt {
			column[i] = nearest - 1
		}
	}
	return column
}

// place puts each column's boxes in an order that crosses few arrows: that of the middles
// of their neighbours, on either side in turn, until it has settled.
func (l *layout) place(column []int) {
	stacks := make([][]int, slices.Max(column)+1)
	for i, c := range column {
		stacks[c] = append(stacks[c], i)
	}
	for c := range stacks {
		l.stack(stacks[c], c)
	}
	for range 8 {
		for c := range stacks {
			l.order(stacks[c], c, 0, 1)
		}
		for c := len(stacks) - 1; c >= 0; c-- {
			l.order(stacks[c], c, 1, 0)
		}
	}
	for _, b := range l.boxes {
		l.width, l.height = max(l.width, b.x+b.w+padding), max(l.height, b.y+b.h+padding)
	}
	for _, stack := range stacks {
		last := l.boxes[stack[len(stack)-1]]
		for _, i := range stack {
			l.boxes[i].y += (l.height - last.y - last.h - padding) / 2
		}
	}
}

// stack puts the boxes of a column below each other.
func (l *layout) stack(boxes []int, column int) {
	y := float64(padding)
	for _, i := range boxes {
		l.boxes[i].x, l.boxes[i].y = padding+float64(column)*(boxWidth+columnGap), y
		y += l.boxes[i].h + rowGap
	}
}

// order sorts a column by the middles of what stands at the other end of its arrows.
func (l *layout) order(boxes []int, column, other, end int) {
	middle := map[int]float64{}
	for _, i := range boxes {
		sum, n := 0.0, 0.0
		for _, e := range l.edges {
			if e[end] == i {
				sum, n = sum+l.boxes[e[other]].y+l.boxes[e[other]].h/2, n+1
			}
		}
		middle[i] = l.boxes[i].y + l.boxes[i].h/2
		if n > 0 {
			middle[i] = sum / n
		}
	}
	slices.SortStableFunc(boxes, func(x, y int) int { return cmp.Compare(middle[x], middle[y]) })
	l.stack(boxes, column)
}
