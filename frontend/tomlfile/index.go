package tomlfile

import (
	"bytes"
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

// span is a half-open range of bytes.
type span struct{ start, end int }

func (s span) empty() bool { return s.start == s.end }

// node is the place of one value and, if it is a table or a list, those of its
// children.
type node struct {
	key, value span
	table      map[string]*node
	order      []string // keys of table as written
	list       []*node
	header     bool // the table has a header of its own
	tables     bool // list is made of [[headers]]
}

// index holds the places of a whole file.
type index struct {
	root *node
	// clash is the first key that is written twice, with its first place. The
	// tree keeps what came first.
	clash struct{ again, first span }
}

// find follows path as far as it exists.
func (n *node) find(path []string) (*node, bool) {
	for _, name := range path {
		child := n.table[name]
		if i, ok := element(name, len(n.list)); ok {
			child = n.list[i]
		}
		if child == nil {
			return n, false
		}
		n = child
	}
	return n, true
}

// child returns the table entry of that name, made if need be.
func (n *node) child(name string, key span) (c *node, isNew bool) {
	if c := n.table[name]; c != nil {
		return c, false
	}
	if n.table == nil {
		n.table = map[string]*node{}
	}
	c = &node{key: key, value: key}
	n.table[name] = c
	n.order = append(n.order, name)
	return c, true
}

// buildIndex walks the syntax tree of a file that parses.
func buildIndex(data []byte) *index {
	x := &index{root: &node{}}
	at := x.root
	p := unstable.Parser{}
	p.Reset(data)
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			at = x.open(data, e)
		case unstable.KeyValue:
			x.set(data, at, e)
		}
	}
	return x
}

// open returns the table that a [header] or [[header]] starts.
func (x *index) open(data []byte, e *unstable.Node) *node {
	keys := keysOf(e)
	whole := headerSpan(data, keys)
	n := x.root
	for i, k := range keys {
		last := i == len(keys)-1
		c, isNew := n.child(k.name, k.span)
		if isNew {
			c.value = whole
		}
		switch {
		case last && e.Kind == unstable.ArrayTable:
			if !isNew && !c.tables {
				x.clashes(k.span, c.key)
			}
			c.tables = true
			element := &node{value: whole, header: true}
			c.list = append(c.list, element)
			return element
		case last:
			if c.header || c.list != nil || (!isNew && c.table == nil) {
				x.clashes(k.span, c.key)
			}
			c.header, c.key, c.value = true, k.span, whole
		case len(c.list) > 0:
			c = c.list[len(c.list)-1]
		}
		n = c
	}
	return n
}

// set records `key = value` below the table at.
func (x *index) set(data []byte, at *node, e *unstable.Node) {
	keys := keysOf(e)
	for _, k := range keys[:len(keys)-1] {
		c, isNew := at.child(k.name, k.span)
		if !isNew && c.table == nil {
			x.clashes(k.span, c.key)
		}
		at = c
	}
	k := keys[len(keys)-1]
	n, isNew := at.child(k.name, k.span)
	if !isNew {
		x.clashes(k.span, n.key)
		return
	}
	start := skipBlank(data, k.end)
	start = skipBlank(data, start+1) // the equals sign
	x.fill(data, n, e.Value(), start)
}

// fill records a value that starts at the given offset. The parser gives no
// range for lists, so ends are told from the children.
func (x *index) fill(data []byte, n *node, v *unstable.Node, start int) {
	n.value = span{start, start + int(v.Raw.Length)}
	switch v.Kind {
	case unstable.Array:
		end := start + 1
		for it := v.Children(); it.Next(); {
			element := &node{}
			x.fill(data, element, it.Node(), skipFiller(data, end))
			end = element.value.end
			n.list = append(n.list, element)
		}
		n.value.end = skipFiller(data, end) + 1
	case unstable.InlineTable:
		n.table = map[string]*node{}
		end := start + 1
		for it := v.Children(); it.Next(); {
			x.set(data, n, it.Node())
			end = int(it.Node().Raw.Offset + it.Node().Raw.Length)
		}
		n.value.end = skipFiller(data, end) + 1
	}
}

func (x *index) clashes(again, first span) {
	if x.clash.again.empty() {
		x.clash.again, x.clash.first = again, first
	}
}

// maxDepth bounds what one expression may nest; people need a handful.
const maxDepth = 100

// depth returns how much of the allowed nesting an expression leaves; it is
// negative where it nests deeper.
func depth(n *unstable.Node, left int) int {
	least := left
	if n.Kind == unstable.KeyValue || n.Kind == unstable.Table || n.Kind == unstable.ArrayTable {
		for it := n.Key(); it.Next(); {
			left--
		}
		least = left
	}
	if left < 0 {
		return left
	}
	switch n.Kind {
	case unstable.KeyValue:
		least = min(least, depth(n.Value(), left))
	case unstable.Array, unstable.InlineTable:
		for it := n.Children(); it.Next() && least >= 0; {
			least = min(least, depth(it.Node(), left-1))
		}
	}
	return least
}

// part is one piece of a dotted key.
type part struct {
	name string
	span
}

func keysOf(e *unstable.Node) []part {
	var parts []part
	for it := e.Key(); it.Next(); {
		raw := it.Node().Raw
		start := int(raw.Offset)
		parts = append(parts, part{string(it.Node().Data), span{start, start + int(raw.Length)}})
	}
	return parts
}

// headerSpan widens the keys of a header to its brackets.
func headerSpan(data []byte, keys []part) span {
	s := span{keys[0].start, skipBlank(data, keys[len(keys)-1].end)}
	for s.start > 0 && bytes.IndexByte([]byte(" \t["), data[s.start-1]) >= 0 {
		s.start--
	}
	for data[s.start] != '[' {
		s.start++
	}
	for s.end < len(data) && data[s.end] == ']' {
		s.end++
	}
	return s
}

func skipBlank(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t') {
		i++
	}
	return i
}

// skipFiller passes over what may stand between the elements of a list.
func skipFiller(data []byte, i int) int {
	for i < len(data) {
		switch data[i] {
		case ' ', '\t', '\r', '\n', ',':
			i++
		case '#':
			for i < len(data) && data[i] != '\n' {
				i++
			}
		default:
			return i
		}
	}
	return i
}

// dotted renders a path for messages.
func dotted(path []string) string {
	var b bytes.Buffer
	for _, name := range path {
		switch _, err := strconv.Atoi(name); {
		case err == nil:
			b.WriteString("[" + name + "]")
			continue
		case b.Len() > 0:
			b.WriteByte('.')
		}
		b.WriteString(name)
	}
	return b.String()
}
