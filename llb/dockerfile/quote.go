package dockerfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
)

// UnwritableError is a text that a Dockerfile has no form for.
type UnwritableError struct{ What string }

func (e *UnwritableError) Error() string { return e.What + " cannot be written into a Dockerfile" }

// Each of these escapes what one reader of a Dockerfile obeys.
var (
	inQuotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`)
	inWord   = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `'`, `\'`, `$`, `\$`)
	inFlag   = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `'`, `\'`, ` `, `\ `)
)

// quote is a value of ENV or LABEL as it is. Lines end an instruction, quoted or not.
func (w *writer) quote(what, value string) string {
	if strings.ContainsAny(value, "\r\n\x00") {
		w.cannot("%s, which has lines,", what)
	}
	return `"` + inQuotes.Replace(value) + `"`
}

// word is a word in which the builder looks for quotes and variables.
func word(text string) string {
	return inWord.Replace(text)
}

// paths are the sources and the destination of COPY or ADD, in the form that may hold
// blanks.
func paths(words ...string) string {
	all := make([]string, 0, len(words))
	for _, one := range words {
		all = append(all, word(one))
	}
	return execForm(all)
}

// field is a key and a value among those of a mount, which are comma-separated (CSV) in a
// flag. The parser of flags takes bytes for letters.
func (w *writer) field(key, value string) string {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		w.cannot("the path or name %q of a mount", value)
	}
	text := key + "=" + word(value)
	if strings.ContainsAny(text, `,"`) {
		text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return flag(text)
}

// flag is the value of a flag, whose parser looks for quotes and blanks before all others.
func flag(text string) string {
	return inFlag.Replace(text)
}

// notInStageName are what BuildKit takes in no name of a stage.
var notInStageName = regexp.MustCompile(`[^a-z0-9_.-]+`)

// stageName is a step's: of what is built from a directory its path is part.
func stageName(id string) string {
	lower := strings.ToLower(id)
	name := notInStageName.ReplaceAllString(lower, "-")
	if name != lower || len(name) > 100 {
		h := fnv.New32a()
		_, _ = h.Write([]byte(id))
		name = fmt.Sprintf("%s-%08x", name[:min(len(name), 100)], h.Sum32())
	}
	return name
}

// cannot keeps the first text that has no form.
func (w *writer) cannot(format string, args ...any) {
	if w.err == nil {
		w.err = &UnwritableError{fmt.Sprintf(format, args...)}
	}
}

// execForm is a command as JSON, in which no shell and no builder replaces anything.
func execForm(words []string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	// A list of strings has a form.
	_ = e.Encode(words)
	return strings.TrimSpace(b.String())
}
