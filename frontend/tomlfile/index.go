package tomlfile

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"sync"

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
	unread     bool // what is in the value, whose line begins with key, is not here yet
}

// index holds the places of a whole file. What is in lists and inline tables is looked up
// when somebody asks: in a lock that is nearly everything, and nobody does.
type index struct {
	data []byte
	mu   sync.Mutex // guards what is looked up later
	root *node
	// clash is the first key that is written twice, with its first place. The
	// tree keeps what came first.
	clash struct{ again, first span }
}

// find follows path as far as it exists.
func (x *index) find(path []string) (*node, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := x.root
	for _, name := range path {
		x.read(n)
		child := n.table[name]
		if i, ok := element(name, len(n.list)); ok {
			child = n.list[i]
		}
		if child == nil {
			return n, false
		}
		n = child
	}
	x.read(n)
	return n, true
}

// read looks up what is in a value.
func (x *index) read(n *node) {
	if !n.unread {
		return
	}
	n.unread = false
	line := x.data[n.key.start:n.value.end]
	p := unstable.Parser{}
	p.Reset(line)
	p.NextExpression()
	within := &node{}
	x.fill(line, within, p.Expression().Value(), n.value.start-n.key.start)
	within.shift(n.key.start)
	n.table, n.order, n.list = within.table, within.order, within.list
}

// shift moves the places of what is in a value.
func (n *node) shift(by int) {
	for _, below := range slices.Concat(n.list, slices.Collect(maps.Values(n.table))) {
		below.key.start, below.key.end = below.key.start+by, below.key.end+by
		below.value.start, below.value.end = below.value.start+by, below.value.end+by
		below.shift(by)
	}
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

// buildIndex walks the syntax tree of a file that parses, all of it if it is to be whole.
func buildIndex(data []byte, whole bool) *index {
	x := &index{data: data, root: &node{}}
	at := x.root
	p := unstable.Parser{}
	p.Reset(data)
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			at = x.open(data, e)
		case unstable.KeyValue:
			x.set(data, at, e, whole)
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
		x.read(c)
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
func (x *index) set(data []byte, at *node, e *unstable.Node, whole bool) {
	keys := keysOf(e)
	for _, k := range keys[:len(keys)-1] {
		c, isNew := at.child(k.name, k.span)
		x.read(c)
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
	if v := e.Value(); !whole && (v.Kind == unstable.Array || v.Kind == unstable.InlineTable) {
		n.value, n.unread = span{start, x.fill(data, nil, v, start)}, true
	} else {
		x.fill(data, n, v, start)
	}
}

// fill records a value that starts at the given offset, if there is a node for it, and
// returns where it ends. The parser gives no range for lists, so ends are told from the
// children.
func (x *index) fill(data []byte, n *node, v *unstable.Node, start int) (end int) {
	end = start + int(v.Raw.Length)
	switch v.Kind {
	case unstable.Array:
		end = start + 1
		for it := v.Children(); it.Next(); {
			var element *node
			if n != nil {
				element = &node{}
				n.list = append(n.list, element)
			}
			end = x.fill(data, element, it.Node(), skipFiller(data, end))
		}
		end = skipFiller(data, end) + 1
	case unstable.InlineTable:
		if n != nil {
			n.table = map[string]*node{}
		}
		end = start + 1
		for it := v.Children(); it.Next(); {
			if n != nil {
				x.set(data, n, it.Node(), true)
			}
			end = int(it.Node().Raw.Offset + it.Node().Raw.Length)
		}
		end = skipFiller(data, end) + 1
	}
	if n != nil {
		n.value = span{start, end}
	}
	return end
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
