package config

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// relations reports keys that are right by themselves but not together.
func (r *reader) relations(c *Config) {
	at := func(path ...string) value { return r.value(append(slices.Clone(r.root), path...)) }
	tables := []value{at("serve")}
	for _, name := range slices.Sorted(maps.Keys(c.Targets)) {
		tables = append(tables, at("target", name))
	}
	for _, serve := range tables {
		serve.exclusive("app", "module", "script", "command")
		serve.belongs("server", "app")
		serve.belongs("workers", "app")
		serve.needs("args", "module", "script")
	}

	// Without the promise uv takes what packages are built with from an index, and a lock
	// of that would pin nothing.
	at("build").needs("requires", "hermetic")

	if runtime := at("runtime"); c.Runtime.User == "root" && c.Runtime.UID != nil && *c.Runtime.UID != 0 {
		runtime.child("uid").fail(mistake("PB015", "leave out one of them", "root has uid 0, but uid is %d", *c.Runtime.UID))
	}
	workdir := c.Runtime.Workdir
	if workdir == "" {
		workdir = "/app"
	}
	if raw, isList := at("runtime", "volumes").raw.([]any); isList {
		for i, volume := range raw {
			if dir, ok := volume.(string); ok && within(dir, workdir) {
				at("runtime", "volumes", strconv.Itoa(i)).fail(mistake("PB015", "name a directory in it, such as "+quote(path.Join(workdir, "data"))+", or one beside it, such as \"/data\"",
					"the volume %s would hide the app, which lies in %s", show(dir), workdir))
			}
		}
	}
}

func (v value) has(key string) bool { return v.r.file.Has(append(slices.Clone(v.path), key)...) }

// exclusive reports every key but the first of those that exclude each other.
func (v value) exclusive(keys ...string) {
	first := ""
	for _, name := range v.r.file.Keys(v.path...) {
		switch {
		case !slices.Contains(keys, name):
		case first == "":
			first = name
		default:
			line := v.r.file.KeyAt(v.child(first).path...).Start.Line
			v.child(name).failKey(mistake("PB015", "keep one of "+enumerate(keys, "and"),
				"%s cannot stand beside %s, which is on line %d", name, first, line))
		}
	}
}

// belongs reports a key that is of an app beside what is none. Alone it is of
// the app that the source has.
func (v value) belongs(key, other string) {
	if slices.ContainsFunc([]string{"command", "module", "script"}, v.has) {
		v.needs(key, other)
	}
}

// needs reports a key that means nothing without one of others.
func (v value) needs(key string, others ...string) {
	if !v.has(key) || slices.ContainsFunc(others, v.has) {
		return
	}
	hint := fmt.Sprintf("add %s, or leave %s out", enumerate(others, "or"), key)
	for _, name := range []string{"command", "module", "script", "app"} {
		if v.has(name) {
			hint = fmt.Sprintf("%s has none; leave %s out", name, key)
			if key == "args" {
				hint = "put the arguments into command"
				if name == "app" {
					hint = "to pass arguments to the server, write the whole command"
				}
			}
			break
		}
	}
	v.child(key).failKey(mistake("PB016", hint, "%s needs %s", key, enumerate(others, "or")))
}

// enumerate joins words as people do: a, b and c.
func enumerate(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}
