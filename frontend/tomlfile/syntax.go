package tomlfile

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/pybuild/pybuild/frontend/diag"
)

// contentError explains what the decoder refuses in a file whose syntax is
// right: a key written twice, a number or date that cannot be.
func (f *File) contentError(err error) *diag.Error {
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		return f.errorAt("PB002", span{}, strings.TrimPrefix(err.Error(), "toml: "), "", err)
	}
	clash := buildIndex(f.Data, true).clash
	if !clash.again.empty() && !strings.Contains(strings.ToLower(parse.Message), "invalid") {
		name := f.Data[clash.again.start:clash.again.end]
		return f.errorAt("PB003", clash.again, fmt.Sprintf("%s is defined twice", name),
			fmt.Sprintf("it is already on line %d; keep one of them", f.position(clash.first.start).Line), err)
	}
	at := span{parse.Position.Start, parse.Position.Start + parse.Position.Len}
	hint := ""
	switch {
	case strings.Contains(parse.Message, "leading zero"):
		hint = "leave out the leading zeros, or quote it if it is not a number"
	case strings.Contains(parse.Message, "datetime"):
		hint = "quote it if it is not a date"
	}
	return f.errorAt("PB002", at, lowerFirst(parse.Message), hint, err)
}

// syntaxError explains what the parser refuses.
func (f *File) syntaxError(err error) *diag.Error {
	var parse *unstable.ParserError
	if !errors.As(err, &parse) {
		return f.errorAt("PB002", span{}, lowerFirst(err.Error()), "", err)
	}
	// A highlight is a slice of the data: its capacity tells its offset.
	start := len(f.Data) - cap(parse.Highlight)
	if start < 0 || start > len(f.Data) {
		start = len(f.Data)
	}
	s := span{start, start + len(parse.Highlight)}
	m := mistake{said: parse.Message, at: s, rest: f.Data[start:], before: f.Data[:start]}
	m.lineStart, m.line = lineAround(f.Data, start)
	if strings.Contains(parse.Message, "nested more than") {
		// What is cut off here would take the parser's stack.
		return f.tooDeep(m.at)
	}
	message, hint := m.explain()
	return f.errorAt("PB002", m.at, message, hint, err)
}

// mistake is a place where the syntax breaks, with what stands around it.
type mistake struct {
	said         string // the parser's message
	at           span   // moved where people look elsewhere than the parser
	line         string
	lineStart    int
	before, rest []byte
}

var (
	// The shape of `key = value # comment` on one line, for a value that is
	// not quoted.
	assignment = regexp.MustCompile(`^\s*([^=\s][^=]*?)\s*=\s*((?:[^#\s].*?)?)\s*(?:(?:^|\s)#.*)?$`)
	// The start of a list or an inline table.
	opening = regexp.MustCompile(`(?m)^[ \t]*[\w."'-]+[ \t]*=[ \t]*[\[{]`)
	// A line that would start a table, if the list above it were closed.
	tableHeader = regexp.MustCompile(`^\s*\[{1,2}\s*[\w."'-]+\s*\]{1,2}\s*(?:#.*)?$`)
	// A second `key =` within a value.
	secondKey      = regexp.MustCompile(`\s[\w.-]+\s*=`)
	dockerfileWord = regexp.MustCompile(`^(FROM|RUN|COPY|ADD|ENV|ARG|CMD|ENTRYPOINT|WORKDIR|EXPOSE|USER|LABEL)$`)
)

// explain recognises the common mistakes; otherwise the parser's words stand.
func (m *mistake) explain() (message, hint string) {
	said := func(part string) bool { return strings.Contains(m.said, part) }
	switch {
	case said("escape"):
		return `a backslash in a "..." string starts an escape, and this one is unknown`,
			`use single quotes, '...', or double the backslash, \\`
	case said("basic strings cannot have new lines"), said("unterminated basic"):
		return `this string has no closing quote`, `add the missing "`
	case said("literal strings cannot have new lines"), said("unterminated literal"):
		return `this string has no closing quote`, `add the missing '`
	case said("not terminated by"):
		return lowerFirst(m.said), ""
	case said("array is incomplete"):
		m.lookAtOpening()
		return "this list is not closed", "add the missing ]"
	case said("inline table is incomplete"):
		m.lookAtOpening()
		return "this inline table is not closed", "add the missing }"
	case said("after array value"):
		return "the list goes on without a comma", "add a comma, or the ] that closes the list, before this"
	case said("after inline table"):
		return "the inline table goes on without a comma", "add a comma, or the } that closes the table, before this"
	case said("close table name"), said("close array table"):
		return "this table header is not closed", "write [name], or [[name]] for a list of tables"
	case said("expected newline but got U+000D"):
		return "a lone carriage return is no line ending", "end lines with LF or CR LF"
	case said("leading zero"):
		return lowerFirst(m.said), "leave out the leading zeros, or quote it if it is not a number"
	case said("after key"):
		return m.noEquals()
	case said("start of key"):
		return m.badKey()
	case said("start of value"), said("expected keyword"), said("expected newline"), said("not end of input"),
		said("expected digit"), said("expected number"), said("expected value but"):
		return m.badValue()
	}
	return lowerFirst(m.said), ""
}

// lookAtOpening moves the place from the end of the file, where the parser
// noticed, to the list or table that was never closed.
func (m *mistake) lookAtOpening() {
	if all := opening.FindAllIndex(m.before, -1); all != nil {
		end := all[len(all)-1][1]
		m.at = span{end - 1, end}
	}
}

// noEquals explains a key that no equals sign follows.
func (m *mistake) noEquals() (message, hint string) {
	line := strings.TrimSpace(m.line)
	word, after, _ := strings.Cut(line, " ")
	message = "there is no = after the key"
	hint = "every line is key = value, [table] or # comment"
	if bytes.ContainsAny(m.before[m.lineStart:], "={[") {
		return message, "within an inline table, too, it is key = value"
	}
	switch parts := assignment.FindStringSubmatch(line); {
	case dockerfileWord.MatchString(word):
		return "this looks like a Dockerfile, but pybuild reads TOML", "a whole file may be as short as: python = \"3.12\"\nof a Dockerfile, pybuild migrate writes one: docker run --rm -v \"$PWD:/src\" org/pybuild migrate"
	case bytes.HasPrefix(m.rest, []byte(":")) && strings.HasSuffix(line, ":"):
		return message + "; this looks like YAML", fmt.Sprintf("write [%s] to start a table", strings.TrimSuffix(line, ":"))
	case bytes.HasPrefix(m.rest, []byte(":")):
		key, value, _ := strings.Cut(line, ":")
		return message, fmt.Sprintf("write = instead of the colon: %s = %s", key, strings.TrimSpace(value))
	case parts != nil && !strings.ContainsAny(parts[1], `"'`):
		return message, fmt.Sprintf("quote a key that is more than letters, digits, - and _: %q = %s", parts[1], parts[2])
	case after != "" && !strings.ContainsAny(line, "#="):
		return message, fmt.Sprintf("write %s = %s", word, quoted(strings.TrimSpace(after)))
	}
	return message, hint
}

// badKey explains a line that starts with no key.
func (m *mistake) badKey() (message, hint string) {
	switch c, _ := utf8.DecodeRune(m.rest); {
	case c == '=':
		return "there is no key before =", "write a name in front of it, or leave the line out"
	case c == '{' && len(bytes.TrimSpace(m.before)) == 0:
		return "this looks like JSON, but pybuild reads TOML", `write key = "value", one a line`
	case c == '[' || (c == ']' && strings.HasPrefix(strings.TrimSpace(m.line), "[")) || c == '\n' || c == '\r':
		return "a name is missing here", "write [name] to start a table"
	case c == ']' || c == '}':
		return fmt.Sprintf("nothing is open that %c could close", c), "remove it"
	case isCurly(c):
		return "these quotes are typographic", `use the straight ones: "`
	default:
		return fmt.Sprintf("a key cannot start with %q", c), `quote a key that is more than letters, digits, - and _: "a key" = "value"`
	}
}

// badValue explains a value that is none of TOML's.
func (m *mistake) badValue() (message, hint string) {
	if tableHeader.MatchString(m.line) {
		m.lookAtOpening()
		return "this list is not closed", "add the missing ]"
	}
	key, value := "", ""
	if parts := assignment.FindStringSubmatchIndex(m.line); parts != nil {
		key, value = m.line[parts[2]:parts[3]], m.line[parts[4]:parts[5]]
		if value == "" {
			return key + " has no value", fmt.Sprintf(`write %s = "...", or leave the line out`, key)
		}
		// A value that stands alone is the mistake as a whole; within lists
		// and strings it is where the parser stopped.
		if !strings.ContainsAny(value[:1], "[{\"'") && !secondKey.MatchString(value) {
			m.at = span{m.lineStart + parts[4], m.lineStart + parts[5]}
			return badWord(key, value)
		}
	}
	if strings.Contains(m.said, "expected newline") {
		return "the line goes on after its value", "write one key = value a line; a comment starts with #"
	}
	word, _, _ := strings.Cut(string(m.rest), "\n")
	if i := strings.IndexAny(word, ",]}#"); i >= 0 {
		word = word[:i]
	}
	word = strings.TrimSpace(word)
	m.at.end = max(m.at.end, m.at.start+len(word))
	return badWord("", word)
}

// badWord explains a bare word that stands for a value, of key if known.
func badWord(key, word string) (message, hint string) {
	c, _ := utf8.DecodeRuneInString(word)
	lower := strings.ToLower(word)
	switch {
	case word == "" || c == ',':
		return "a value is missing here", "write one, or leave the key out"
	case isCurly(c):
		return "these quotes are typographic", `use the straight ones: "`
	case lower == "true" || lower == "false":
		return word + " is not a TOML value", "write true and false in lower case"
	case lower == "none" || lower == "null" || lower == "nil" || lower == "~":
		return "TOML has no " + word, "leave the key out"
	case key == "":
		return word + " is not quoted", "write " + quoted(word)
	}
	return fmt.Sprintf("the value of %s is not quoted", key), fmt.Sprintf("write %s = %s", key, quoted(word))
}

func isCurly(c rune) bool { return strings.ContainsRune("“”„‘’«»", c) }

// quoted makes a TOML string of what was meant as one.
func quoted(s string) string {
	s = strings.Trim(s, `"'`)
	if strings.ContainsAny(s, `\"`) && !strings.Contains(s, "'") {
		return "'" + s + "'"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func lineAround(data []byte, offset int) (start int, line string) {
	start = bytes.LastIndexByte(data[:offset], '\n') + 1
	end := len(data)
	if i := bytes.IndexByte(data[start:], '\n'); i >= 0 {
		end = start + i
	}
	return start, strings.TrimRight(string(data[start:end]), "\r")
}

func lowerFirst(s string) string {
	s = strings.TrimSuffix(s, ".")
	r, size := utf8.DecodeRuneInString(s)
	return strings.ToLower(string(r)) + s[size:]
}
