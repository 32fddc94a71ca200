package project

import (
	"fmt"
	"regexp"
	"strings"
)

// markerToken are the words of a marker; anything else is a mistake.
var markerToken = regexp.MustCompile(`^[ \t\r\n]*(?:([()])|(===|==|~=|!=|<=|>=|<|>)|"([^"\x00-\x1f\\]*)"|'([^'\x00-\x1f\\]*)'|([A-Za-z_][A-Za-z0-9_.]*))`)

// maxMarkerDepth bounds the parentheses of a marker.
const maxMarkerDepth = 50

// maxMarker is how long one may be: tools write no more than some hundred bytes.
const maxMarker = 64 << 10

// parseMarker reads a marker; an empty one holds everywhere.
func parseMarker(text string) (marker, error) {
	if strings.TrimSpace(text) == "" {
		return marker{}, nil
	}
	if len(text) > maxMarker {
		return marker{}, fmt.Errorf("an environment marker of more than %d bytes", maxMarker)
	}
	p := markerParser{rest: text}
	p.next()
	m, err := p.or(0)
	if err == nil && p.kind != 0 {
		read := len(text) - len(p.rest)
		if p.kind != '?' { // which is not taken off the rest
			read -= len(p.word)
		}
		err = fmt.Errorf("%q does not end after %q", text, text[:read])
	}
	if err != nil {
		return marker{}, fmt.Errorf("not an environment marker: %w", err)
	}
	return m, nil
}

// markerParser reads one word ahead. Its kind is 0 at the end, '(' and ')', '='
// for operators, 's' for strings, 'n' for names, and '?' for anything else.
type markerParser struct {
	rest, word string
	kind       byte
}

func (p *markerParser) next() {
	m := markerToken.FindStringSubmatchIndex(p.rest)
	if m == nil {
		p.kind, p.word = '?', strings.TrimSpace(p.rest)
		if p.word == "" {
			p.kind = 0
		}
		return
	}
	for group, kind := range map[int]byte{1: '(', 2: '=', 3: 's', 4: 's', 5: 'n'} {
		if start := m[2*group]; start >= 0 {
			p.word, p.kind = p.rest[start:m[2*group+1]], kind
		}
	}
	if p.kind == '(' {
		p.kind = p.word[0]
	}
	p.rest = p.rest[m[1]:]
}

func (p *markerParser) or(depth int) (marker, error)  { return p.join(depth, "or", markerOr, p.and) }
func (p *markerParser) and(depth int) (marker, error) { return p.join(depth, "and", markerAnd, p.one) }

func (p *markerParser) join(depth int, word string, kind markerKind, part func(int) (marker, error)) (marker, error) {
	var args []marker
	for {
		m, err := part(depth)
		if err != nil {
			return marker{}, err
		}
		args = append(args, m)
		if p.kind != 'n' || p.word != word {
			return joinMarkers(kind, args...), nil
		}
		p.next()
	}
}

func (p *markerParser) one(depth int) (marker, error) {
	if p.kind == '(' {
		if depth >= maxMarkerDepth {
			return marker{}, fmt.Errorf("more than %d parentheses in each other", maxMarkerDepth)
		}
		p.next()
		m, err := p.or(depth + 1)
		if err != nil {
			return m, err
		}
		if p.kind != ')' {
			return m, fmt.Errorf("a parenthesis is not closed")
		}
		p.next()
		return m, nil
	}
	left, leftKind := p.word, p.kind
	p.next()
	op := p.word
	switch {
	case p.kind == '=' || p.kind == 'n' && op == "in":
		p.next()
	case p.kind == 'n' && op == "not":
		p.next()
		if p.word != "in" {
			return marker{}, fmt.Errorf("no \"in\" after \"not\"")
		}
		op = "not in"
		p.next()
	default:
		return marker{}, fmt.Errorf("no comparison after %q", left)
	}
	right, rightKind := p.word, p.kind
	p.next()
	switch {
	case leftKind == 'n' && rightKind == 's':
		return marker{kind: markerIs, name: left, op: op, value: right}, nil
	case leftKind == 's' && rightKind == 'n':
		return marker{kind: markerIs, name: right, op: flipped(op), value: left}, nil
	}
	return marker{}, fmt.Errorf("%q should compare a name with a string", strings.TrimSpace(left+" "+op+" "+right))
}

// flipped is the operator with its sides exchanged; the others read the same.
// `"x" in name` asks for a part of the variable, for which there is no word.
func flipped(op string) string {
	switch op {
	case "<", "<=":
		return ">" + op[1:]
	case ">", ">=":
		return "<" + op[1:]
	case "in", "not in":
		return op + " reversed"
	}
	return op
}
