package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
)

// unknown reports a key that its table does not have.
func (v value) unknown(t table, child value) {
	name := child.path[len(child.path)-1]
	r := v.r
	below := v.path[len(r.root):]
	where := r.header(below...)
	if slices.ContainsFunc(below, isIndex) {
		where = v.name()
	}
	message := fmt.Sprintf("unknown key %s in %s", show(name), where)
	if len(v.path) == 0 {
		message = fmt.Sprintf("unknown key %s at the top level", show(name))
	}
	homes := r.homes(r.top, name, nil)
	known, isFamous := famous(simplify(name))
	hint := ""
	switch near := diag.Nearest(name, t.names()); {
	case len(homes) > 0:
		message = fmt.Sprintf("%s belongs in %s", show(name), enumerate(homes, "or"))
		if slices.Contains(homes, "the top level") {
			message = fmt.Sprintf("%s belongs at the top level", show(name))
		}
		if len(v.path) > len(r.root) {
			message += ", not in " + where
		}
	case isFamous:
		hint = r.withValue(known, child)
	case near != "":
		hint = fmt.Sprintf("did you mean %q?", near)
	default:
		hint = fmt.Sprintf("%s has %s", where, enumerate(t.names(), "and"))
		if other, home := r.nearestElsewhere(name); other != "" {
			hint = fmt.Sprintf("did you mean %q in %s?", other, home)
		}
	}
	child.failKey(mistake("PB004", hint, "%s", message))
}

// written is a hint with an example, which stands for a value of the user's.
var written = regexp.MustCompile(`^write (\S+) = .+?(?: in \[(\w+)\])?$`)

// withValue is a hint with the value that the user gave in place of the example, where the
// key takes it.
func (r *reader) withValue(hint string, given value) string {
	m := written.FindStringSubmatchIndex(hint)
	text := r.file.Text(given.path...)
	if m == nil || text == "" || len(text) > 60 || strings.Contains(text, "\n") {
		return hint
	}
	trial := &reader{file: r.file, root: r.root, top: schema(Default())}
	t, end := trial.top, len(hint)
	if m[4] >= 0 {
		home, _ := t.find(hint[m[4]:m[5]])
		t, end = *home.table, m[4]-len(" in [")
	}
	k, _ := t.find(hint[m[2]:m[3]])
	if k.read == nil {
		return hint
	}
	if k.read(value{r: trial, path: given.path, raw: given.raw}); len(trial.mistakes) > 0 {
		return hint
	}
	return hint[:m[3]] + " = " + text + hint[end:]
}

// homes returns the headers of the tables that have a key of that name; of
// those, the outermost.
func (r *reader) homes(t table, name string, path []string) []string {
	if _, ok := t.find(name); ok {
		return []string{r.header(path...)}
	}
	var homes, inner []string
	for _, k := range t.keys {
		if k.table == nil {
			continue
		}
		below := append(slices.Clone(path), k.name)
		if _, ok := k.table.find(name); ok {
			homes = append(homes, r.header(below...))
		} else {
			inner = append(inner, r.homes(*k.table, name, below)...)
		}
	}
	if homes == nil {
		return inner
	}
	return homes
}

// nearestElsewhere looks for a misspelt key in all the tables.
func (r *reader) nearestElsewhere(name string) (near, home string) {
	var all []string
	homes := map[string]string{}
	for _, t := range r.top.keys {
		if t.table == nil {
			continue
		}
		for _, other := range t.table.names() {
			if homes[other] == "" {
				homes[other] = r.header(t.name)
			}
			all = append(all, other)
		}
	}
	near = diag.Nearest(name, all)
	return near, homes[near]
}

// expand writes the headers in a hint as this file has them.
func (r *reader) expand(hint string) string {
	for _, k := range r.top.keys {
		if k.table != nil {
			hint = strings.ReplaceAll(hint, "["+k.name+"]", r.header(k.name))
		}
	}
	return hint
}

func simplify(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}
