package migrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// key is a key of the proposal.
type key struct {
	table, name string // "" is the top level
	// value is a string, a number, a boolean, a list of strings or raw TOML.
	value any
	at    plan.Location
	// places are those of a list's strings.
	places []plan.Location
	// same reports that the key is left out where pybuild decides the same.
	same bool
}

// raw is a value that is written as it is.
type raw string

// keys are those of the proposal, in the order of their being found.
type keys struct{ all []key }

// set writes a key, over what an earlier instruction says.
func (k *keys) set(table, name string, value any, at plan.Location) {
	k.drop(table, name)
	k.all = append(k.all, key{table: table, name: name, value: value, at: at})
}

// maybe writes a key that is left out where pybuild decides the same.
func (k *keys) maybe(table, name string, value any, at plan.Location) {
	k.set(table, name, value, at)
	k.all[len(k.all)-1].same = true
}

// add puts a string into a list.
func (k *keys) add(table, name, value string, at plan.Location) {
	for i, e := range k.all {
		if e.table == table && e.name == name {
			if list := e.value.([]string); !slices.Contains(list, value) {
				k.all[i].value, k.all[i].places = append(list, value), append(e.places, at)
			}
			return
		}
	}
	k.set(table, name, []string{value}, at)
	k.all[len(k.all)-1].places = []plan.Location{at}
}

// list is a list of strings.
func (k *keys) list(table, name string) []string {
	list, _ := k.get(table, name).([]string)
	return list
}

// placeOf is the place of a string of a list.
func (k *keys) placeOf(table, name, value string) plan.Location {
	for _, e := range k.of(table) {
		if list, ok := e.value.([]string); ok && e.name == name {
			if i := slices.Index(list, value); i >= 0 && i < len(e.places) {
				return e.places[i]
			}
		}
	}
	return k.keyAt(table, name)
}

// remove takes a string out of a list.
func (k *keys) remove(table, name, value string) {
	for i, e := range k.all {
		list, ok := e.value.([]string)
		at := slices.Index(list, value)
		if !ok || at < 0 || e.table != table || e.name != name {
			continue
		}
		k.all[i].value = slices.Delete(slices.Clone(list), at, at+1)
		k.all[i].places = slices.Delete(slices.Clone(e.places), at, at+1)
		if len(list) == 1 {
			k.drop(table, name)
		} else {
			k.all[i].at = k.all[i].places[0]
		}
		return
	}
}

// keyAt is the place that a key is from.
func (k *keys) keyAt(table, name string) plan.Location {
	for _, e := range k.all {
		if e.table == table && e.name == name {
			return e.at
		}
	}
	return plan.Location{}
}

func (k *keys) drop(table, name string) {
	k.all = slices.DeleteFunc(k.all, func(e key) bool { return e.table == table && e.name == name })
}

func (k *keys) dropTable(table string) {
	k.all = slices.DeleteFunc(k.all, func(e key) bool { return e.table == table })
}

func (k *keys) get(table, name string) any {
	for _, e := range k.all {
		if e.table == table && e.name == name {
			return e.value
		}
	}
	return nil
}

// of are the keys of a table.
func (k *keys) of(table string) []key {
	var of []key
	for _, e := range k.all {
		if e.table == table {
			of = append(of, e)
		}
	}
	return of
}

// tables are in the order of the reference.
func (k *keys) tables() []string {
	order := []string{"", "build", "build.env", "build.args", "runtime", "runtime.env", "runtime.labels", "serve", "serve.healthcheck"}
	for _, e := range k.all {
		if !slices.Contains(order, e.table) {
			order = append(order, e.table)
		}
	}
	return order
}

// order is that of keys in the reference; those of free tables come as they are.
var order = []string{
	"python", "base", "input", "package", "project", "groups", "extras", "secrets", "ssh", "packages", "user", "uid", "gid", "owner", "include", "exclude", "workdir", "volumes",
	"app", "server", "module", "script", "args", "entrypoint", "command", "workers", "port", "healthcheck", "stop-signal", "path", "interval", "timeout", "start-period", "start-interval", "retries",
}

// text writes the keys as TOML, each with the line that it is from.
func (k *keys) text() string {
	var b strings.Builder
	for _, table := range k.tables() {
		of := k.of(table)
		if len(of) == 0 {
			continue
		}
		b.WriteString("\n")
		if table != "" {
			b.WriteString("[" + table + "]\n")
		}
		slices.SortStableFunc(of, func(a, b key) int { return slices.Index(order, a.name) - slices.Index(order, b.name) })
		for _, e := range of {
			fmt.Fprintf(&b, "%s = %s", keyName(e.name), tomlValue(e.value))
			if e.at.File != "" {
				fmt.Fprintf(&b, "  # %s:%d", plan.Printable(e.at.File), e.at.Start.Line)
				lines := []int{e.at.Start.Line}
				for _, place := range e.places {
					if line := place.Start.Line; !slices.Contains(lines, line) {
						lines = append(lines, line)
						fmt.Fprintf(&b, ", %d", line)
					}
				}
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func tomlValue(value any) string {
	switch v := value.(type) {
	case raw:
		return string(v)
	case string:
		return quote(v)
	case []string:
		words := make([]string, 0, len(v))
		for _, word := range v {
			words = append(words, quote(word))
		}
		return "[" + strings.Join(words, ", ") + "]"
	}
	return fmt.Sprint(value)
}

// keyName quotes the names that TOML wants quotes around.
func keyName(name string) string {
	plain := func(r rune) bool {
		return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if name != "" && !strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) {
		return name
	}
	return quote(name)
}

// quote is a basic string of TOML: what strconv escapes otherwise than TOML becomes \u.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case !strconv.IsPrint(r):
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
