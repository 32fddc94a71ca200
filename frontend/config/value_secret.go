package config

import (
	"fmt"
	"strings"
)

// AuthHeader is the start of the ids of secrets that the engine itself sends to a
// host; the rest is its name. It is BuildKit's own form.
const AuthHeader = "HTTP_AUTH_HEADER_"

// netrcTarget is where uv, pip and git all look for the file.
const netrcTarget = "/root/.netrc"

// secrets reads a list whose elements are ids, or tables.
func secrets(into *[]Secret) func(value) {
	return func(v value) {
		*into = []Secret{}
		taken := map[string]value{}
		for _, e := range v.list("a list of ids", listOf) {
			s, ok := e.secret()
			if !ok {
				continue
			}
			for _, place := range []string{s.Env, s.Target} {
				if first, twice := taken[place]; twice && place != "" {
					e.fail(mistake("PB017", "give one of the two another place", "%s has a secret already, on line %d", place, v.r.file.At(first.path...).Start.Line))
				} else {
					taken[place] = e
				}
			}
			*into = append(*into, s)
		}
	}
}

// secret reads one id or table.
func (v value) secret() (Secret, bool) {
	var s Secret
	before := len(v.r.mistakes)
	switch v.raw.(type) {
	case map[string]any:
		v.table(*secretTable(&s))
		if v.exclusive("env", "target"); !v.has("id") {
			v.fail(mistake("PB017", `write { id = "...", env = "..." }`, "the secret has no id"))
		}
	case string:
		text(&s.ID, checkID)(v)
	default:
		v.wrongType("an id or a table", `write "NAME" or { id = "...", env = "NAME" }`)
	}
	if len(v.r.mistakes) > before {
		return s, false
	}
	switch {
	case s.Env != "" || s.Target != "" || strings.HasPrefix(s.ID, AuthHeader):
	case s.ID == "netrc":
		s.Target = netrcTarget
	case envName.MatchString(s.ID):
		s.Env = s.ID
	default:
		v.fail(mistake("PB017", fmt.Sprintf(`write { id = %s, env = "NAME" } or { id = %[1]s, target = "/path" }`, quote(s.ID)),
			"%s is no name of a variable, so say where its value goes", show(s.ID)))
		return s, false
	}
	return s, true
}

// ssh reads true for the default agent, or a list of ids.
func ssh(into *[]string) func(value) {
	return func(v value) {
		switch raw := v.raw.(type) {
		case bool:
			if raw {
				*into = []string{"default"}
			}
		case []any:
			texts(into, checkID)(v)
		case string:
			v.wrongType("true, false or a list of ids", listOf(v))
		default:
			v.wrongType("true, false or a list of ids", "write ssh = true")
		}
	}
}
