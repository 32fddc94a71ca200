package source

import (
	"strings"
	"unicode/utf8"

	"github.com/pybuild/pybuild/llb/plan"
)

// kind is the class of a token. Keywords are names: which of them are special
// depends on where they stand.
type kind uint8

const (
	name kind = iota
	number
	text
	operator
)

// token is a word of Python. Its text is a part of the source.
type token struct {
	kind         kind
	text         string
	line, column int32
}

func (t token) is(op string) bool  { return t.kind == operator && t.text == op }
func (t token) word(w string) bool { return t.kind == name && t.text == w }
func (t token) at() plan.Position  { return plan.Position{Line: int(t.line), Column: int(t.column)} }
func closes(t token) bool          { return t.is(")") || t.is("]") || t.is("}") }
func opens(t token) bool           { return t.is("(") || t.is("[") || t.is("{") }
func isSpace(c byte) bool          { return c == ' ' || c == '\t' || c == '\f' || c == '\r' }
func isDigit(c byte) bool          { return c >= '0' && c <= '9' }
func isLetter(c byte) bool         { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf }
func isWord(c byte) bool           { return isLetter(c) || isDigit(c) }

// line is a logical line: brackets and backslashes join physical ones.
type line struct {
	indent int // in columns, with tabs to multiples of eight
	tokens []token
}

// scanner splits a source into logical lines. It reads whatever it is given:
// what is not Python comes out as odd tokens, never as an error.
type scanner struct {
	source    string
	pos       int
	row       int32
	lineStart int
	depth     int // of brackets
	wasted    int // bytes read for nothing, which bounds the second looks
}

// scan reads the lines of a source.
func scan(source string) []line {
	s := &scanner{source: source, row: 1}
	var lines []line
	for s.pos < len(s.source) {
		if l := s.line(); len(l.tokens) > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

// line reads one logical line. Blank ones have no tokens.
func (s *scanner) line() line {
	s.depth = 0
	l := line{indent: s.indent()}
	for s.pos < len(s.source) {
		c := s.source[s.pos]
		switch {
		case c == '\n':
			s.newline()
			if s.depth == 0 || s.startsStatement() {
				return l
			}
		case isSpace(c):
			s.pos++
		case c == '#':
			s.pos = s.find("\n")
		case c == '\\' && s.joins():
		default:
			l.tokens = append(l.tokens, s.token())
		}
	}
	return l
}

func (s *scanner) indent() int {
	n := 0
	for ; s.pos < len(s.source); s.pos++ {
		switch s.source[s.pos] {
		case ' ':
			n++
		case '\t':
			n = n/8*8 + 8
		case '\f':
			n = 0
		default:
			return n
		}
	}
	return n
}

func (s *scanner) newline() {
	s.pos++
	s.row++
	s.lineStart = s.pos
}

// find is the offset of what comes next, else the end of the source.
func (s *scanner) find(what string) int {
	if i := strings.Index(s.source[s.pos:], what); i >= 0 {
		return s.pos + i
	}
	return len(s.source)
}

// joins skips a backslash at the end of a line.
func (s *scanner) joins() bool {
	rest := strings.TrimPrefix(s.source[s.pos+1:], "\r")
	if !strings.HasPrefix(rest, "\n") {
		return false
	}
	s.pos = len(s.source) - len(rest)
	s.newline()
	return true
}

// startsStatement reports that the next line starts with a keyword which no
// expression has. A bracket that is still open there was never closed, and the
// rest of the file should not be lost for it.
func (s *scanner) startsStatement() bool {
	rest := strings.TrimLeft(s.source[s.pos:min(len(s.source), s.pos+200)], " \t")
	end := 0
	for end < len(rest) && isWord(rest[end]) {
		end++
	}
	switch rest[:end] {
	case "def", "class", "import", "while", "try", "with", "return", "raise":
		return end < len(rest) && (isSpace(rest[end]) || rest[end] == ':')
	}
	return false
}

// operators of more than one byte, the longer first.
var operators = []string{"**=", "//=", ">>=", "<<=", "...", "!=", "==", "<=", ">=", "->", ":=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "**", "//", "<<", ">>"}

// token reads one token, which does not start with a space.
func (s *scanner) token() token {
	start := s.pos
	t := token{line: s.row, column: int32(start - s.lineStart + 1)}
	c := s.source[start]
	switch {
	case isDigit(c) || c == '.' && start+1 < len(s.source) && isDigit(s.source[start+1]):
		t.kind = number
		for s.pos < len(s.source) && (isWord(s.source[s.pos]) || s.source[s.pos] == '.') {
			s.pos++
		}
	case isLetter(c):
		for s.pos < len(s.source) && isWord(s.source[s.pos]) {
			s.pos++
		}
		if s.pos < len(s.source) && isQuote(s.source[s.pos]) && isPrefix(s.source[start:s.pos]) {
			t.kind = text
			s.quoted(strings.ToLower(s.source[start:s.pos]))
		}
	case isQuote(c):
		t.kind = text
		s.quoted("")
	default:
		t.kind = operator
		s.operator(c)
	}
	t.text = s.source[start:s.pos]
	return t
}

func (s *scanner) operator(c byte) {
	switch c {
	case '(', '[', '{':
		s.depth++
	case ')', ']', '}':
		s.depth = max(0, s.depth-1)
	default:
		for _, op := range operators {
			if strings.HasPrefix(s.source[s.pos:], op) {
				s.pos += len(op)
				return
			}
		}
	}
	s.pos++
}
