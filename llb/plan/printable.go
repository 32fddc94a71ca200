package plan

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hidden reports what a terminal would obey and not show: control characters, and
// those that turn the direction of a text or take no room.
func Hidden(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp))
}

// Printable is a text with what is hidden in it as escapes, as \x1b and \u202e, so
// that nobody's name or message draws on somebody's terminal. What is no UTF-8 would
// not come over the gateway.
func Printable(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, Hidden) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case !Hidden(r):
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// longest is how much of a name a progress shows.
const longest = 300

// Line is a text as one printable line, cut where it is longer than anybody reads.
func Line(text string) string {
	return Printable(strings.ReplaceAll(Shorten(text, longest), "\n", `\n`))
}

// Shorten cuts a text after a number of bytes.
func Shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "..."
}
