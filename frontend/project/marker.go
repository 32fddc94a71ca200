package project

import (
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

// joinMarkers makes an and or an or, without what is decided.
func joinMarkers(kind markerKind, args ...marker) marker {
	neutral, decided := markerTrue, markerFalse
	if kind == markerOr {
		neutral, decided = markerFalse, markerTrue
	}
	var all []marker
	seen := map[string]bool{}
	add := func(list ...marker) {
		for _, m := range list {
			if text := m.String(); !seen[text] {
				seen[text] = true
				all = append(all, m)
			}
		}
	}
	for _, m := range args {
		switch m.kind {
		case decided:
			return m
		case neutral:
		case kind:
			add(m.args...)
		default:
			add(m)
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
