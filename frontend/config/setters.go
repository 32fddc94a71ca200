package config

import (
	"fmt"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// text reads a string of one line.
func text(into *string, ok check) func(value) {
	return func(v value) {
		if _, isText := v.raw.(string); !isText && v.example != "" && ok(v.wouldBe()) != nil {
			v.wrongType("a string", fmt.Sprintf("write %s = %s", v.name(), v.example))
		} else if s, got := v.line(); got && v.passes(ok(s)) {
			*into = s
		}
	}
}

// account reads the name of a user or group; the number has its own key.
func account(into *string, what, number string) func(value) {
	return func(v value) {
		if id, isInt := v.raw.(int64); isInt {
			v.wrongType("a name", fmt.Sprintf("write %s = %d", number, id))
			return
		}
		text(into, checkAccount(what, number))(v)
	}
}

// patterns reads a list of patterns, in their shortest form.
func patterns(into *[]string, ok check) func(value) {
	return func(v value) {
		texts(into, ok)(v)
		for i, p := range *into {
			rest, negated := strings.CutPrefix(p, "!")
			if (*into)[i] = path.Clean(rest); negated {
				(*into)[i] = "!" + path.Clean(rest)
			}
		}
	}
}

// texts reads a list of strings of one line each.
func texts(into *[]string, ok check) func(value) {
	return func(v value) {
		*into = []string{}
		for _, e := range v.list("a list of strings", listOf) {
			if s, got := e.line(); got && e.passes(ok(s)) {
				*into = append(*into, s)
			}
		}
	}
}

// words reads the exec form of a command. Words may hold newlines, since
// ["sh", "-c", ...] is a fair use of them.
func words(into *[]string, mayBeEmpty bool) func(value) {
	return func(v value) {
		list := v.list("a list of strings, one for each word", execForm)
		*into = []string{}
		for i, e := range list {
			s, got := e.prose()
			if got && i == 0 && s == "" && !mayBeEmpty {
				e.fail(mistake("PB013", "the first word is the program", "%s is empty", e.name()))
				continue
			}
			if got && e.passes(checkWord(s)) {
				*into = append(*into, s)
			}
		}
		if raw, isList := v.raw.([]any); isList && len(raw) == 0 && !mayBeEmpty {
			v.fail(mistake("PB013", "leave the key out, or name a program", "%s is empty", v.name()))
		}
	}
}

// boolean reads true or false.
func boolean(into *bool) func(value) {
	return func(v value) {
		b, ok := v.raw.(bool)
		if !ok {
			v.wrongType("true or false", fmt.Sprintf("write %s = true", v.name()))
			return
		}
		*into = b
	}
}

// maybe reads true or false where neither is the same as nothing.
func maybe(into **bool) func(value) {
	return func(v value) {
		b := false
		if _, ok := v.raw.(bool); ok {
			*into = &b
		}
		boolean(&b)(v)
	}
}

// integer reads a whole number between two bounds.
func integer(into *int, low, high int) func(value) {
	return func(v value) {
		n, ok := v.raw.(int64)
		switch {
		case !ok:
			hint := v.asNumber()
			if hint == "" {
				hint = v.likeExample()
			}
			v.wrongType("a whole number", hint)
		case n < int64(low) || n > int64(high):
			v.fail(mistake("PB006", v.likeExample(), "%s should be between %d and %d, but is %d", v.name(), low, high, n))
		default:
			*into = int(n)
		}
	}
}

// likeExample shows a good value of the key.
func (v value) likeExample() string {
	if v.example == "" {
		return "choose a number within these bounds"
	}
	return fmt.Sprintf("write one like %s = %s", v.name(), v.example)
}

// pointer reads a whole number where zero is not the same as nothing.
func pointer(into **int, low, high int) func(value) {
	return func(v value) {
		n := low - 1
		if integer(&n, low, high)(v); n >= low {
			*into = &n
		}
	}
}

// duration reads a time such as "30s".
func duration(into *time.Duration) func(value) {
	return func(v value) {
		s, ok := v.raw.(string)
		if !ok {
			hint := `write a number and its unit, such as "30s" or "1m30s"`
			if n, isInt := v.raw.(int64); isInt {
				hint = fmt.Sprintf(`write %s = "%ds" for seconds`, v.name(), n)
			}
			v.wrongType("a string with a unit", hint)
			return
		}
		d, err := time.ParseDuration(s)
		switch {
		case err != nil:
			v.fail(mistake("PB006", `write a number and its unit, such as "30s" or "1m30s"`, "%s is not a duration", show(s)))
		case d < time.Millisecond:
			v.fail(mistake("PB006", "write a number and its unit, such as \"30s\" or \"1m30s\"", "%s should be at least 1ms, but is %s", v.name(), d))
		default:
			*into = d
		}
	}
}

// passes reports the finding of a check, if there is one.
func (v value) passes(m *diag.Error) bool {
	if m != nil {
		v.fail(m)
	}
	return m == nil
}

// line returns a string that has no control characters, and none that are not seen.
func (v value) line() (string, bool) {
	return v.str(func(r rune) bool { return unicode.IsControl(r) || plan.Hidden(r) })
}

// prose returns a string that may hold newlines and tabs. Those of a file with
// Windows line endings become plain ones, as the shell and the image want them.
func (v value) prose() (string, bool) {
	if s, ok := v.raw.(string); ok {
		v.raw = strings.ReplaceAll(s, "\r\n", "\n")
	}
	return v.str(func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
}

func (v value) str(refused func(rune) bool) (string, bool) {
	s, ok := v.raw.(string)
	if !ok {
		v.wrongType("a string", v.asString())
		return "", false
	}
	if i := strings.IndexFunc(s, refused); i >= 0 {
		v.fail(mistake("PB014", "remove it", "%s holds the character %q, which makes no sense here", v.name(), []rune(s[i:])[0]))
		return "", false
	}
	return s, true
}

// list returns the elements of a list.
func (v value) list(want string, fix func(value) string) []value {
	n := 0
	switch raw := v.raw.(type) {
	case []any:
		n = len(raw)
	case []map[string]any:
		n = len(raw)
	default:
		v.wrongType(want, fix(v))
		return nil
	}
	elements := make([]value, n)
	for i := range n {
		elements[i] = v.child(fmt.Sprint(i))
	}
	return elements
}
