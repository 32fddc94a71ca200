// Package tomlfile reads TOML files so that every value knows its place in the
// text, and so that mistakes read as advice. Values come from BurntSushi/toml;
// places come from the syntax tree of pelletier/go-toml, since the former keeps
// no positions.
package tomlfile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// File is a parsed TOML file. It is safe for concurrent use.
type File struct {
	// Name is what messages call the file.
	Name string
	// Data is the text without a byte order mark, so that columns agree with
	// what editors show. Do not change it.
	Data []byte

	tree map[string]any

	mu    sync.Mutex // guards meta, which decoding writes to
	meta  toml.MetaData
	whole toml.Primitive

	lines func() []int // offsets of line starts
	index func() *index
}

// Parse reads a TOML file. A mistake is a *diag.Error at its place.
func Parse(name string, data []byte) (*File, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	f := &File{Name: name, Data: bytes.Clone(data)}
	f.Data = f.Data[:len(f.Data):len(f.Data)] // offsets are told by capacity
	f.lines = sync.OnceValue(func() []int { return lineStarts(f.Data) })
	f.index = sync.OnceValue(func() *index { return buildIndex(f.Data, false) })

	if wrong := diag.Encoding(name, f.Data); wrong != nil {
		return nil, wrong
	}
	// This pass goes first: its errors point at the very byte, and it bounds
	// the nesting, on which the decoder would overflow the stack or spend
	// minutes.
	p := unstable.Parser{}
	p.Reset(f.Data)
	for p.NextExpression() {
		if e := p.Expression(); depth(e, maxDepth) < 0 {
			for it := e.Key(); it.Next(); {
				start := int(it.Node().Raw.Offset)
				return nil, f.tooDeep(span{start, start + int(it.Node().Raw.Length)})
			}
		}
	}
	if err := p.Error(); err != nil {
		if conflict := diag.Conflict(name, f.Data); conflict != nil {
			return nil, conflict
		}
		return nil, f.syntaxError(err)
	}
	md, err := toml.NewDecoder(bytes.NewReader(f.Data)).Decode(&f.whole)
	if err != nil {
		return nil, f.contentError(err)
	}
	f.meta = md
	var tree any
	if err := f.meta.PrimitiveDecode(f.whole, &tree); err != nil {
		return nil, f.contentError(err)
	}
	f.tree, _ = tree.(map[string]any)
	if err := f.Texts(maxText); err != nil {
		return nil, err
	}
	return f, nil
}

// Settle drops the values, which take several times the memory of the text. What was decoded
// stays, and the places of everything.
func (f *File) Settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tree, f.meta, f.whole = nil, toml.MetaData{}, toml.Primitive{}
}

// maxText is how long a text may be: more than a page that somebody put into a manifest.
const maxText = 1 << 20

// Texts refuses texts that are longer than a number of bytes, in the table at path.
func (f *File) Texts(most int, path ...string) error {
	if len(f.Data) <= most {
		return nil
	}
	v, _ := f.Value(path...)
	below, found := longText(v, most)
	if !found {
		return nil
	}
	path = slices.Concat(path, below)
	n, _ := f.index().find(path)
	return f.errorAt("PB704", n.value, fmt.Sprintf("%s is a text of more than %d bytes", dotted(path), most), "look where the file comes from", nil)
}

// longText finds the first text that is longer than most.
func longText(v any, most int) (path []string, found bool) {
	below := func(name string, v any) bool {
		if path, found = longText(v, most); found {
			path = append([]string{name}, path...)
		}
		return found
	}
	switch v := v.(type) {
	case string:
		return nil, len(v) > most
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if len(name) > most {
				return []string{name}, true
			}
			if below(name, v[name]) {
				return path, true
			}
		}
	case []map[string]any:
		for i, table := range v {
			if below(strconv.Itoa(i), table) {
				return path, true
			}
		}
	case []any:
		for i, one := range v {
			if below(strconv.Itoa(i), one) {
				return path, true
			}
		}
	}
	return nil, false
}

// tooDeep is the mistake of what is nested deeper than anybody nests.
func (f *File) tooDeep(at span) *diag.Error {
	return f.errorAt("PB701", at, fmt.Sprintf("tables and lists are nested more than %d levels deep", maxDepth), "look where the file comes from", nil)
}

// Has reports whether something is written at path.
func (f *File) Has(path ...string) bool {
	_, ok := f.Value(path...)
	return ok
}

// Value returns what is written at path, in BurntSushi's generic types; list
// elements are named by their decimal index. Do not change what it returns.
func (f *File) Value(path ...string) (any, bool) {
	var v any = f.tree
	for _, name := range path {
		switch t := v.(type) {
		case map[string]any:
			next, ok := t[name]
			if !ok {
				return nil, false
			}
			v = next
		case []map[string]any:
			i, ok := element(name, len(t))
			if !ok {
				return nil, false
			}
			v = t[i]
		case []any:
			i, ok := element(name, len(t))
			if !ok {
				return nil, false
			}
			v = t[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// element reads name as an index into a list of length n.
func element(name string, n int) (int, bool) {
	i, err := strconv.Atoi(name)
	return i, err == nil && i >= 0 && i < n && strconv.Itoa(i) == name
}

// Keys returns the keys of the table at path in file order; nil where there is
// no table.
func (f *File) Keys(path ...string) []string {
	v, _ := f.Value(path...)
	if _, ok := v.(map[string]any); !ok {
		return nil
	}
	n, _ := f.index().find(path)
	return append([]string(nil), n.order...)
}

// At returns the place of the value at path; for a table, its header or else
// its key. Where nothing is written it is the place of the nearest parent.
func (f *File) At(path ...string) plan.Location {
	n, _ := f.index().find(path)
	return f.location(n.value)
}

// KeyAt returns the place of the key at path. Elements of a list have no key:
// theirs is the place of the value.
func (f *File) KeyAt(path ...string) plan.Location {
	n, _ := f.index().find(path)
	if n.key.empty() {
		return f.location(n.value)
	}
	return f.location(n.key)
}

// Text returns the value at path as the user wrote it, such as `3.10` for what
// decodes as 3.1; for a table that has a header, the header.
func (f *File) Text(path ...string) string {
	n, ok := f.index().find(path)
	if !ok {
		return ""
	}
	return string(f.Data[n.value.start:n.value.end])
}

// location turns a span into lines and columns. The end is the first place
// after the span.
func (f *File) location(s span) plan.Location {
	return plan.Location{File: f.Name, Start: f.position(s.start), End: f.position(s.end)}
}

func (f *File) position(offset int) plan.Position {
	lines := f.lines()
	i := sort.Search(len(lines), func(i int) bool { return lines[i] > offset }) - 1
	return plan.Position{Line: i + 1, Column: offset - lines[i] + 1}
}

func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// errorAt makes a diagnostic for a span of this file.
func (f *File) errorAt(code string, s span, message, hint string, cause error) *diag.Error {
	s.start = max(0, min(s.start, len(f.Data)))
	s.end = max(s.start, min(s.end, len(f.Data)))
	return &diag.Error{Code: code, At: f.location(s), Source: f.Data, Message: message, Hint: hint, Err: cause}
}
