package config

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// asString says how to write the value as a string.
func (v value) asString() string {
	key, raw := v.name(), v.raw
	if list, ok := raw.([]any); ok && len(list) == 1 {
		raw = list[0]
	}
	if isIndex(v.path[len(v.path)-1]) {
		key = ""
	} else {
		key += " = "
	}
	switch raw := raw.(type) {
	case string:
		return "write " + key + quote(raw)
	case int64, float64, bool, time.Time:
		return "write " + key + quote(v.wouldBe())
	}
	return ""
}

// wouldBe is the text of a value that lacks its quotes.
func (v value) wouldBe() string {
	return strings.Trim(v.r.file.Text(v.path...), `[] "'`)
}

// asNumber says how to write the value as a number.
func (v value) asNumber() string {
	s, ok := v.raw.(string)
	if ok && s != "" && strings.Trim(s, "0123456789") == "" {
		return fmt.Sprintf("write %s = %s", v.name(), s)
	}
	return ""
}

// listOf says how to write a string as the list of its words.
func listOf(v value) string {
	s, ok := v.raw.(string)
	if !ok {
		return fmt.Sprintf("write %s = [...]", v.name())
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
	return fmt.Sprintf("write %s = %s", v.name(), quoteAll(words))
}

// execForm says how to write a command line as a list.
func execForm(v value) string {
	s, ok := v.raw.(string)
	switch {
	case !ok:
		return fmt.Sprintf(`write %s = ["program", "argument"]`, v.name())
	case strings.ContainsAny(s, "$&|;<>*`\"'\\(){}~\n"):
		return fmt.Sprintf(`write %s = ["program", "argument"]; no shell reads it, so if one is needed: ["sh", "-c", "..."]`, v.name())
	}
	return fmt.Sprintf("write %s = %s", v.name(), quoteAll(strings.Fields(s)))
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quote makes a TOML string.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}
