package project

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// marker is an environment marker (PEP 508): a comparison of a variable with a
// text, or others joined. Only what the locks of other tools need is decided
// here: extras, which those locks keep in markers, and the version of Python.
type marker struct {
	kind markerKind
	args []marker // of markerAnd and markerOr
	// name op value is the comparison, with the variable on the left.
	name, op, value string
}

type markerKind uint8

const (
	markerTrue markerKind = iota
	markerFalse
	markerIs
	markerAnd
	markerOr
)

// markerToken are the words of a marker; anything else is a mistake.
var markerToken = regexp.MustCompile(`^[ \t\r\n]*(?:([()])|(===|==|~=|!=|<=|>=|<|>)|"([^"]*)"|'([^']*)'|([A-Za-z_][A-Za-z0-9_.]*))`)

// maxMarkerDepth bounds the parentheses of a marker.
const maxMarkerDepth = 50

// parseMarker reads a marker; an empty one holds everywhere.
func parseMarker(text string) (marker, error) {
	if strings.TrimSpace(text) == "" {
		return marker{}, nil
	}
	p := markerParser{rest: text}
	p.next()
	m, err := p.or(0)
	if err == nil && p.kind != 0 {
		err = fmt.Errorf("%q does not end after %q", text, text[:len(text)-len(p.rest)-len(p.word)])
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

// joinMarkers makes an and or an or, without what is decided.
func joinMarkers(kind markerKind, args ...marker) marker {
	neutral, decided := markerTrue, markerFalse
	if kind == markerOr {
		neutral, decided = markerFalse, markerTrue
	}
	var all []marker
	for _, m := range args {
		switch {
		case m.kind == decided:
			return m
		case m.kind == neutral:
		case m.kind == kind:
			all = append(all, m.args...)
		case !slices.ContainsFunc(all, func(o marker) bool { return o.String() == m.String() }):
			all = append(all, m)
		}
	}
	switch len(all) {
	case 0:
		return marker{kind: neutral}
	case 1:
		return all[0]
	}
	return marker{kind: kind, args: all}
}

// String renders a marker; "" holds everywhere. One that never holds has no
// text: see never.
func (m marker) String() string {
	switch m.kind {
	case markerIs:
		quote := `"`
		if strings.Contains(m.value, quote) {
			quote = "'"
		}
		value := quote + m.value + quote
		if op, ok := strings.CutSuffix(m.op, " reversed"); ok {
			return value + " " + op + " " + m.name
		}
		return m.name + " " + m.op + " " + value
	case markerAnd, markerOr:
		word := " and "
		if m.kind == markerOr {
			word = " or "
		}
		parts := make([]string, 0, len(m.args))
		for _, arg := range m.args {
			s := arg.String()
			if arg.kind == markerOr {
				s = "(" + s + ")"
			}
			parts = append(parts, s)
		}
		return strings.Join(parts, word)
	}
	return ""
}

func (m marker) never() bool { return m.kind == markerFalse }

// decide replaces the comparisons that the function knows the result of.
func (m marker) decide(known func(marker) (result, ok bool)) marker {
	switch m.kind {
	case markerIs:
		if result, ok := known(m); ok {
			if result {
				return marker{kind: markerTrue}
			}
			return marker{kind: markerFalse}
		}
	case markerAnd, markerOr:
		args := make([]marker, 0, len(m.args))
		for _, arg := range m.args {
			args = append(args, arg.decide(known))
		}
		return joinMarkers(m.kind, args...)
	}
	return m
}

// withExtras decides the comparisons with extra: `extra == "x"` asks whether x
// is among those that were chosen, which are normalised. In a lock it may also
// be `"x" in extras`, or in dependency_groups (PEP 751), which are of a package
// and not the project's, so that none is chosen.
func (m marker) withExtras(extras []string) marker {
	return m.decide(func(m marker) (bool, bool) {
		switch m.name {
		case "extra":
		case "extras", "dependency_groups":
			in := m.name == "extras" && slices.Contains(extras, NormalizeName(m.value))
			return in == (m.op == "in reversed"), m.op == "in reversed" || m.op == "not in reversed"
		default:
			return false, false
		}
		chosen := slices.Contains(extras, NormalizeName(m.value))
		switch m.op {
		case "==", "===":
			return chosen, true
		case "!=":
			return !chosen, true
		}
		return false, false
	})
}

// linuxValues are the variables of PEP 508 that are the same in every image.
func linuxValue(name string) (string, bool) {
	switch name {
	case "sys_platform", "sys.platform":
		return "linux", true
	case "platform_system":
		return "Linux", true
	case "os_name", "os.name":
		return "posix", true
	}
	return "", false
}

// neverOnLinux reports a marker that holds in no image: those are of Linux. A
// lock may not even pin what such a marker is about, since Pipenv locks for the
// system that it runs on.
func (m marker) neverOnLinux() bool {
	return m.decide(func(m marker) (bool, bool) {
		value, ok := linuxValue(m.name)
		switch {
		case !ok:
		case m.op == "==" || m.op == "===":
			return value == m.value, true
		case m.op == "!=":
			return value != m.value, true
		case m.op == "in":
			return strings.Contains(m.value, value), true
		case m.op == "not in":
			return !strings.Contains(m.value, value), true
		}
		return false, false
	}).never()
}
