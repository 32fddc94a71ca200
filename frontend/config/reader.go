package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// Parse reads a pybuild.toml, whose keys stand at the top level. The error
// joins every mistake of the file, each a *diag.Error, in file order.
func Parse(name string, data []byte) (*Config, error) {
	if len(data) > MaxFile {
		return nil, &diag.Error{Code: "PB702", At: plan.Location{File: name}, Hint: "look where it comes from",
			Message: fmt.Sprintf("%s is %s large, and no more than %s of it are read", name, plan.Megabytes(int64(len(data))), plan.Megabytes(MaxFile))}
	}
	return parse(name, data, nil)
}

// ParseProject reads the [tool.pybuild] table of a pyproject.toml; without one
// the configuration says nothing.
func ParseProject(name string, data []byte) (*Config, error) {
	return parse(name, data, []string{"tool", "pybuild"})
}

// MaxFile is how large a pybuild.toml may be, and maxText a text in it: the kernel takes
// twice as much in an argument or a variable of a process.
const (
	MaxFile = 1_000_000
	maxText = 64 << 10
)

func parse(name string, data []byte, root []string) (*Config, error) {
	file, err := tomlfile.Parse(name, data)
	if err != nil {
		return nil, err
	}
	c := Default()
	c.file, c.root = file, root
	if !c.Has() {
		return c, nil
	}
	if err := file.Texts(maxText, root...); err != nil {
		return nil, err
	}
	r := &reader{file: file, root: root, top: schema(c)}
	r.value(root).table(r.top)
	r.relations(c)
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// reader walks a file along the schema and keeps the mistakes.
type reader struct {
	file     *tomlfile.File
	root     []string
	top      table
	mistakes []*diag.Error
}

// err joins the mistakes in file order.
func (r *reader) err() error {
	slices.SortStableFunc(r.mistakes, func(a, b *diag.Error) int {
		return cmp.Or(cmp.Compare(a.At.Start.Line, b.At.Start.Line), cmp.Compare(a.At.Start.Column, b.At.Start.Column))
	})
	errs := make([]error, len(r.mistakes))
	for i, m := range r.mistakes {
		errs[i] = m
	}
	return diag.Few(errors.Join(errs...))
}

// add keeps a mistake. No message repeats a password: builds log to places
// that many people read.
func (r *reader) add(m *diag.Error) {
	m.Source = diag.Mask(r.file.Data)
	m.Message, m.Hint = diag.MaskText(m.Message), r.expand(diag.MaskText(m.Hint))
	r.mistakes = append(r.mistakes, m)
}

// value returns the value at a path from the root of the file.
func (r *reader) value(path []string) value {
	v, _ := r.file.Value(path...)
	return value{r: r, path: path, raw: v}
}

// header names a table as its header does: [build], or [tool.pybuild.build].
func (r *reader) header(below ...string) string {
	full := append(slices.Clone(r.root), below...)
	if len(full) == 0 {
		return "the top level"
	}
	return "[" + strings.Join(full, ".") + "]"
}

// value is something written in the file, with its place.
type value struct {
	r    *reader
	path []string
	raw  any
	// example is a good value of the key, where the schema has one.
	example string
}

// child is the value of a key, or of a list's element.
func (v value) child(name string) value {
	return v.r.value(append(slices.Clone(v.path), name))
}

// name is what messages call the value: its key, with an index in a list.
func (v value) name() string {
	last := v.path[len(v.path)-1]
	if _, err := strconv.Atoi(last); err == nil && len(v.path) > 1 {
		return v.path[len(v.path)-2] + "[" + last + "]"
	}
	return last
}

// fail reports a mistake at the value.
func (v value) fail(m *diag.Error) {
	m.At = v.r.file.At(v.path...)
	v.r.add(m)
}

// failKey reports a mistake at the key.
func (v value) failKey(m *diag.Error) {
	m.At = v.r.file.KeyAt(v.path...)
	v.r.add(m)
}

// table reads a table by its schema.
func (v value) table(t table) {
	if _, ok := v.raw.(map[string]any); !ok {
		hint := ""
		if below := v.path[len(v.r.root):]; !slices.ContainsFunc(below, isIndex) {
			hint = "start it with a line " + v.r.header(below...)
		}
		v.wrongType("a table", hint)
		return
	}
	for _, name := range v.r.file.Keys(v.path...) {
		child := v.child(name)
		k, ok := t.find(name)
		child.example = k.example
		switch {
		case !ok:
			v.unknown(t, child)
		case k.read != nil:
			k.read(child)
		default:
			child.table(*k.table)
		}
	}
}

func isIndex(name string) bool {
	_, err := strconv.Atoi(name)
	return err == nil
}

// wrongType reports a value of another type than wanted.
func (v value) wrongType(want, hint string) {
	v.fail(mistake("PB005", hint, "%s should be %s, but is %s", v.name(), want, v.what()))
}

// what describes the value as TOML understands it, which for 3.10 is not what
// its author meant.
func (v value) what() string {
	switch raw := v.raw.(type) {
	case int64:
		return fmt.Sprintf("the number %d", raw)
	case float64:
		number := strconv.FormatFloat(raw, 'g', -1, 64)
		if v.r.file.Text(v.path...) != number {
			number += " to TOML"
		}
		return "the number " + number
	case bool:
		return fmt.Sprint(raw)
	}
	return tomlfile.TypeName(v.raw)
}

// mistake makes a diagnostic; whoever reports it adds the place.
func mistake(code, hint, format string, args ...any) *diag.Error {
	return &diag.Error{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// show quotes what the user wrote, shortened where it is long.
func show(s string) string {
	// Before it is cut: what is left of a URL is no longer known as one.
	if s = diag.MaskText(s); len(s) > 60 {
		s = strings.ToValidUTF8(s[:57], "") + "..."
	}
	return strconv.Quote(s)
}
