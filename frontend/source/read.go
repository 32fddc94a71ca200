package source

import (
	"bytes"
	"strings"
)

// MaxSize is the size from which on files are not read: what is larger is
// generated, and starts nothing.
const MaxSize = 1 << 20

// Options say what a file is.
type Options struct {
	// Name is the dotted name of the module, to which relative imports refer;
	// "" if it has none.
	Name string
	// Package reports an __init__.py.
	Package bool
}

// Read reads a file. What it cannot read it leaves out.
func Read(data []byte, o Options) *Module {
	m := &Module{Name: o.Name}
	if len(data) > MaxSize {
		return m
	}
	source := string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	m.Inline.Line = inlineBlock(source)
	if m.Inline.Line > 0 {
		m.Inline.Column = 1
	}
	r := &reader{module: m, options: o, global: map[string]string{}}
	root := nest(scan(source))
	r.imports(root.body, scope{})
	r.top(root.body, Where{})
	return m
}

// reader fills a module from the tree of its statements.
type reader struct {
	module  *Module
	options Options
	// global is what the imports of the top level bind, by local name.
	global map[string]string
	// local are those of the function that is read, and its parameters and
	// variables, which stand for themselves.
	local map[string]string
}

// resolve qualifies a name.
func (r *reader) resolve(dotted string) string {
	head, _, more := strings.Cut(dotted, ".")
	qualified, ok := r.local[head]
	if !ok {
		if qualified, ok = r.global[head]; !ok {
			qualified = "." + head
		}
	}
	if more {
		return qualified + dotted[len(head):]
	}
	return qualified
}

// expression reads an expression and returns its calls.
func (r *reader) expression(tokens []token, where Where) (Value, []Call) {
	e := &expression{resolve: r.resolve, where: where}
	e.read(tokens)
	calls := make([]Call, len(e.calls))
	for i, c := range e.calls {
		calls[i] = *c
	}
	return e.value, calls
}

// value reads the right side of an assignment. Of `a if b else c` and of
// `a or c` it takes a.
func (r *reader) value(tokens []token, where Where) Value {
	for range 3 { // brackets around the whole
		if len(tokens) < 2 || !tokens[0].is("(") || outerIndex(tokens, func(t token) bool { return t.is("=") || t.is(",") }) >= 0 || !closesLast(tokens) {
			break
		}
		if outerIndex(tokens[1:len(tokens)-1], func(t token) bool { return t.is(",") || t.word("for") }) >= 0 {
			break // a tuple or a generator
		}
		tokens = tokens[1 : len(tokens)-1]
	}
	if len(tokens) > 0 && tokens[0].word("await") {
		tokens = tokens[1:]
	}
	value, _ := r.expression(tokens, where)
	i := outerIndex(tokens, func(t token) bool { return t.word("if") || t.word("or") })
	if i > 0 {
		first := r.value(tokens[:i], where)
		value.Call, value.Ref, value.Literal = first.Call, first.Ref, first.Literal
	}
	return value
}

// closesLast reports that the first bracket is closed by the last token.
func closesLast(tokens []token) bool {
	depth := 0
	for i, t := range tokens {
		if opens(t) {
			depth++
		}
		if closes(t) {
			if depth--; depth == 0 {
				return i == len(tokens)-1
			}
		}
	}
	return false
}

// inlineBlock is the line of a complete block of inline script metadata.
func inlineBlock(source string) int {
	start, n := 0, 0
	for line := range strings.Lines(source) {
		n++
		line = strings.TrimRight(line, "\r\n")
		switch {
		case start == 0 && line == "# /// script":
			start = n
		case start == 0:
		case line == "# ///":
			return start
		case line != "#" && !strings.HasPrefix(line, "# "):
			start = 0
		}
	}
	return 0
}
