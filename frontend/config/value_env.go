package config

import (
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
)

// checkBuildEnv refuses passwords, which would stay in the build's record.
func checkBuildEnv(s string) *diag.Error {
	if diag.HasCredential(s) {
		return mistake("PB601", "pass it with --secret and name it in secrets of [build]", "the value looks like a URL with a password, which everyone who sees the build could read")
	}
	return nil
}

// checkRuntimeEnv refuses passwords, which would stay in the image.
func checkRuntimeEnv(s string) *diag.Error {
	if diag.HasCredential(s) {
		return mistake("PB601", "pass it when the container starts, as with docker run --env", "the value looks like a URL with a password, which everyone who pulls the image could read")
	}
	return nil
}

// checkWord refuses passwords in commands, which are part of the image.
func checkWord(s string) *diag.Error {
	m := checkRuntimeEnv(s)
	if m != nil {
		m.Hint = "have the program read it from a variable, and pass that when the container starts, as with docker run --env"
	}
	return m
}

// pairs reads a table of names and strings.
func pairs(into *map[string]string, name, ok check) func(value) {
	return func(v value) {
		*into = map[string]string{}
		for _, e := range v.entries(name) {
			if s, got := e.prose(); got && e.passes(ok(s)) {
				(*into)[e.path[len(e.path)-1]] = s
			}
		}
	}
}

// runtimeEnv reads a table of names and strings, or false to remove a default.
func runtimeEnv(into *map[string]*string) func(value) {
	return func(v value) {
		*into = map[string]*string{}
		for _, e := range v.entries(checkEnvName) {
			key := e.path[len(e.path)-1]
			if e.raw == false {
				(*into)[key] = nil
			} else if s, got := e.prose(); got && e.passes(checkRuntimeEnv(s)) {
				(*into)[key] = &s
			}
		}
	}
}

// labels reads a table of label names and strings.
func labels(into *map[string]string) func(value) {
	return func(v value) {
		*into = map[string]string{}
		for _, e := range v.entries(checkLabel) {
			if inner, ok := e.raw.(map[string]any); ok && len(inner) > 0 {
				e.fail(mistake("PB005", "quote a name that has dots: "+quote(e.leaf(len(v.path)))+` = "..."`,
					"label %s should be a string, but its dots make tables of it", show(e.name())))
			} else if s, got := e.prose(); got && e.passes(checkLabelValue(s)) {
				(*into)[e.path[len(e.path)-1]] = s
			}
		}
	}
}

func checkLabelValue(s string) *diag.Error {
	m := checkRuntimeEnv(s)
	if m != nil {
		m.Hint = "leave the password out"
	}
	return m
}

func checkLabel(s string) *diag.Error {
	if labelName.MatchString(s) {
		return nil
	}
	return mistake("PB007", "a label is letters, digits, and - _ . / within", "%s is not the name of a label", show(s))
}

// leaf joins the keys below the first depth ones, down to the first value.
func (v value) leaf(depth int) string {
	for {
		keys := v.r.file.Keys(v.path...)
		if len(keys) == 0 {
			return strings.Join(v.path[depth:], ".")
		}
		v = v.child(keys[0])
	}
}

// entries returns the values of a table whose keys pass.
func (v value) entries(name check) []value {
	if _, ok := v.raw.(map[string]any); !ok {
		hint := ""
		if s, isText := v.raw.(string); isText {
			if key, text, found := strings.Cut(s, "="); found && envName.MatchString(key) {
				hint = "write " + v.name() + " = { " + key + " = " + quote(text) + " }"
			}
		}
		if hint == "" {
			hint = "start it with a line " + v.r.header(v.path[len(v.r.root):]...)
		}
		v.wrongType("a table", hint)
		return nil
	}
	var entries []value
	for _, key := range v.r.file.Keys(v.path...) {
		e := v.child(key)
		if m := name(key); m != nil {
			e.failKey(m)
			continue
		}
		entries = append(entries, e)
	}
	return entries
}
