package project

import (
	"slices"
	"strings"

	"deps.dev/util/semver"
)

// Environment is what the markers of dependencies (PEP 508) ask of an image.
type Environment struct {
	// Python is the interpreter's version, such as "3.13.2" or "3.13".
	Python string
	// Machine is platform_machine, such as "aarch64".
	Machine string
}

// Machine is platform_machine of an architecture of OCI's.
func Machine(architecture string) string {
	switch architecture {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	case "386":
		return "i686"
	case "arm":
		return "armv7l"
	}
	return architecture
}

// Holds decides a marker, with the extras that were asked for. One that cannot be
// read holds: what is installed decides then.
func (e Environment) Holds(text string, extras []string) bool {
	m, err := parseMarker(text)
	if err != nil {
		return true
	}
	return !m.withExtras(extras).decide(func(m marker) (bool, bool) { return e.compare(m), true }).never()
}

// compare decides one comparison: by versions (PEP 440) where both sides are, else
// as texts.
func (e Environment) compare(m marker) bool {
	value := e.value(m.name)
	reversed := strings.HasSuffix(m.op, " reversed")
	switch op := strings.TrimSuffix(m.op, " reversed"); op {
	case "in", "not in":
		in := strings.Contains(m.value, value)
		if reversed {
			in = strings.Contains(value, m.value)
		}
		return in == (op == "in")
	case "===":
		return value == m.value
	}
	if strings.HasSuffix(m.name, "_version") {
		version, err := semver.PyPI.Parse(value)
		constraint, wrong := semver.PyPI.ParseConstraint(m.op + m.value)
		if err == nil && wrong == nil {
			return constraint.MatchVersion(version)
		}
	}
	order := strings.Compare(value, m.value)
	return slices.Contains(map[string][]int{"==": {0}, "!=": {-1, 1}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}[m.op], order)
}

// value is a variable of PEP 508.
func (e Environment) value(name string) string {
	if value, ok := linuxValue(name); ok {
		return value
	}
	python := strings.TrimSuffix(e.Python, "t")
	switch name {
	case "python_version":
		parts := strings.SplitN(python, ".", 3)
		return strings.Join(parts[:min(2, len(parts))], ".")
	case "python_full_version", "implementation_version":
		return python
	case "platform_machine", "platform.machine":
		return e.Machine
	case "implementation_name":
		return "cpython"
	case "platform_python_implementation", "platform.python_implementation", "python_implementation":
		return "CPython"
	}
	return ""
}
