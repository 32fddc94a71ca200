package source

import (
	"strconv"
	"strings"
)

// maxNesting is how deep strings may lie within the fields of f-strings.
const maxNesting = 16

func isQuote(c byte) bool { return c == '"' || c == '\'' }

// isPrefix reports whether a word before a quote belongs to the string.
func isPrefix(word string) bool {
	if len(word) > 2 {
		return false
	}
	return strings.Trim(word, "rRbBuUfFtT") == ""
}

// quoted skips a string, whose prefix was read. One that is not closed ends
// with its line, or with the file if it has three quotes.
func (s *scanner) quoted(prefix string) {
	start := s.pos
	if strings.ContainsAny(prefix, "ft") && s.wasted <= len(s.source) {
		end, ok := formatted(s.source, start, 0)
		if ok {
			s.skip(end)
			return
		}
		// A broken field: take the string for an ordinary one.
		s.wasted += end - start
	}
	end, _ := plain(s.source, start)
	s.skip(end)
}

// skip moves to an offset and counts the lines on the way.
func (s *scanner) skip(end int) {
	for {
		i := strings.IndexByte(s.source[s.pos:end], '\n')
		if i < 0 {
			break
		}
		s.pos += i
		s.newline()
	}
	s.pos = end
}

// quotes is what closes the string that starts at an offset.
func quotes(source string, start int) string {
	if q := source[start : start+1]; strings.HasPrefix(source[start:], q+q+q) {
		return q + q + q
	}
	return source[start : start+1]
}

// plain is the end of the string at an offset, and whether it is closed.
func plain(source string, start int) (end int, ok bool) {
	q := quotes(source, start)
	for i := start + len(q); i < len(source); i++ {
		switch {
		case source[i] == '\\':
			i++
			if i+1 < len(source) && source[i] == '\r' && source[i+1] == '\n' {
				i++
			}
		case source[i] == '\n' && len(q) == 1:
			return i, false
		case source[i] == q[0] && strings.HasPrefix(source[i:], q):
			return i + len(q), true
		}
	}
	return len(source), false
}

// formatted is the end of the f-string at an offset. Its fields may hold any
// expression, strings with the same quotes among them (PEP 701).
func formatted(source string, start, nesting int) (end int, ok bool) {
	if nesting > maxNesting {
		return start, false
	}
	q := quotes(source, start)
	i := start + len(q)
	for i < len(source) {
		switch c := source[i]; {
		case c == '\\':
			i += 2
		case c == '\n' && len(q) == 1:
			return i, false
		case c == q[0] && strings.HasPrefix(source[i:], q):
			return i + len(q), true
		case strings.HasPrefix(source[i:], "{{"):
			i += 2
		case c == '{':
			if i, ok = field(source, i+1, q, nesting); !ok {
				return i, false
			}
		default:
			i++
		}
	}
	return len(source), false
}

// field is the end of a replacement field, after its opening brace.
func field(source string, i int, q string, nesting int) (end int, ok bool) {
	if nesting > maxNesting {
		return i, false
	}
	depth, start := 0, i
	for i < len(source) {
		switch c := source[i]; {
		case c == '}' && depth == 0:
			return i + 1, true
		case opensByte(c):
			depth++
			i++
		case c == ')' || c == ']' || c == '}':
			depth = max(0, depth-1)
			i++
		case isQuote(c):
			word := i
			for word > start && isWord(source[word-1]) {
				word--
			}
			prefix := source[word:i]
			if isPrefix(prefix) && strings.ContainsAny(prefix, "fFtT") {
				i, ok = formatted(source, i, nesting+1)
			} else {
				i, ok = plain(source, i)
			}
			if !ok {
				return i, false
			}
		case c == ':' && depth == 0:
			return spec(source, i+1, q, nesting)
		case c == '#' && len(q) == 3:
			for i < len(source) && source[i] != '\n' {
				i++
			}
		default:
			i++
		}
	}
	return len(source), false
}

// spec is the end of a field from its format specification on, in which
// quotes mean nothing but the end of the string.
func spec(source string, i int, q string, nesting int) (end int, ok bool) {
	for i < len(source) {
		switch c := source[i]; {
		case c == '}':
			return i + 1, true
		case c == '{':
			if i, ok = field(source, i+1, q, nesting+1); !ok {
				return i, false
			}
		case c == '\n' && len(q) == 1, strings.HasPrefix(source[i:], q):
			return i, false
		default:
			i++
		}
	}
	return len(source), false
}

func opensByte(c byte) bool { return c == '(' || c == '[' || c == '{' }

// literal is the value of a string token, if it is a plain one: f-strings and
// bytes have none.
func literal(t token) (string, bool) {
	if t.kind != text {
		return "", false
	}
	start := strings.IndexAny(t.text, `"'`)
	prefix := strings.ToLower(t.text[:start])
	if strings.ContainsAny(prefix, "bft") {
		return "", false
	}
	q := quotes(t.text, start)
	body := strings.TrimSuffix(t.text[start+len(q):], q)
	if strings.Contains(prefix, "r") || !strings.Contains(body, `\`) {
		return body, true
	}
	return unescape(body), true
}

// unescape resolves the escapes that names of modules and paths could have;
// others stay as they are.
func unescape(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		if strings.HasPrefix(s[1:], "\n") || strings.HasPrefix(s[1:], "\r\n") {
			s = s[strings.IndexByte(s, '\n')+1:]
			continue
		}
		c, _, rest, err := strconv.UnquoteChar(s, 0)
		switch {
		case isQuote(s[1]):
			b.WriteByte(s[1])
			rest = s[2:]
		case err != nil:
			b.WriteString(s[:2])
			rest = s[2:]
		default:
			b.WriteRune(c)
		}
		s = rest
	}
	return b.String() + s
}
