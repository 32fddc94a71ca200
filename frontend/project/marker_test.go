package project

import (
	"fmt"
	"strings"
	"testing"
)

func TestMarker(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"os_name=='posix'", `os_name == "posix"`},
		{`'3.8'<= python_version`, `python_version >= "3.8"`},
		{`"linux" in sys_platform`, `"linux" in sys_platform`},
		{`python_version not in '3.0, 3.1'`, `python_version not in "3.0, 3.1"`},
		{`(a == "1" or b == "2") and ((c == "3"))`, `(a == "1" or b == "2") and c == "3"`},
		{`a == "1" and (b == "2" and a == "1")`, `a == "1" and b == "2"`},
		{`a == '"'`, `a == '"'`},
		{`extra == "On" and os_name == "nt" or extra == "off"`, `os_name == "nt"`},
		{`extra == "off" and os_name == "nt"`, "never"},
		{`extra != "off"`, ""},
		{`os_name == "nt" or extra != "on"`, `os_name == "nt"`},
		{`"on" in extras and "dev" not in dependency_groups`, ""},
		{`"dev" in dependency_groups`, "never"},
	} {
		m, err := parseMarker(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		m = m.withExtras([]string{"on"})
		got := m.String()
		if m.never() {
			got = "never"
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
	for _, text := range []string{"a", "a ==", `a == "1" and`, `(a == "1"`, `a == "1")`, `a == b`, `"a" == "b"`, `a == "1`, "a ? b",
		`a not "x"`, strings.Repeat("(", 100) + `a == "1"` + strings.Repeat(")", 100)} {
		if _, err := parseMarker(text); err == nil {
			t.Errorf("%q is a marker", text)
		}
	}
}

func TestNeverOnLinux(t *testing.T) {
	for text, want := range map[string]bool{
		`sys_platform == "win32"`:                                   true,
		`platform_system == "Windows" and python_version < "3.11"`:  true,
		`os_name == "nt" or sys_platform == "darwin"`:               true,
		`os_name == "nt" or implementation_name == "pypy"`:          false,
		`sys_platform != "win32"`:                                   false,
		`sys_platform == "linux"`:                                   false,
		`python_version < "3"`:                                      false,
		`sys_platform in "win32 darwin" or sys_platform != "linux"`: true,
	} {
		m, err := parseMarker(text)
		if err != nil || m.neverOnLinux() != want {
			t.Errorf("%s: %v, %v", text, m.neverOnLinux(), err)
		}
	}
}

func set(t *testing.T, text string) markerSet {
	t.Helper()
	m, err := parseMarker(text)
	if err != nil {
		t.Fatal(err)
	}
	return setOf(m)
}

func TestMarkerSet(t *testing.T) {
	c, err := parseConstraint("^3.9")
	if err != nil {
		t.Fatal(err)
	}
	lock := c.pythons()
	for _, c := range []struct{ text, want string }{
		{`python_version >= "3.9"`, ""},
		{`python_version >= "3.8" and python_version < "3.11"`, `python_version < "3.11"`},
		{`python_version < "3.11" or python_version >= "3.11"`, ""},
		{`python_version < "3.11" and python_version >= "3.11"`, "never"},
		{`python_version < "3.10" or python_version >= "3.12"`, `python_version < "3.10" or python_version >= "3.12"`},
		{`python_full_version < "3.11.3"`, `python_full_version < "3.11.3"`},
		{`python_version == "3.11"`, `python_version >= "3.11" and python_version < "3.12"`},
		{`python_version in "3.11 3.12"`, `python_version >= "3.11" and python_version < "3.13"`},
		{`python_version != "3.9"`, `python_version >= "3.10"`},
		{`sys_platform == "a" and sys_platform == "b"`, "never"},
		{`sys_platform == "a" or sys_platform == "a" and os_name == "b"`, `sys_platform == "a"`},
		{`sys_platform == "a" and python_version < "3.11" or sys_platform == "a" and python_version >= "3.11"`, `sys_platform == "a"`},
	} {
		m := set(t, c.text).marker(lock)
		got := m.String()
		if m.never() {
			got = "never"
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
	both := set(t, `python_version < "3.11" and sys_platform == "a"`)
	if got := both.and(both.not()); len(got) != 0 {
		t.Errorf("a and not a: %s", got.marker(lock))
	}
	if got := both.or(both.not()).marker(lock); got.String() == "" && got.never() {
		t.Errorf("a or not a: %s", got)
	}
	// What is too long becomes what the terms have in common.
	var many []string
	for i := range 3 * maxTerms {
		many = append(many, fmt.Sprintf(`os_name == "posix" and platform_release == "%d"`, i))
	}
	if got := set(t, strings.Join(many, " or ")).marker(lock).String(); got != `os_name == "posix"` {
		t.Errorf("not bounded: %s", got)
	}
}

// A graph of many conditions in cycles ends.
func TestWalkEnds(t *testing.T) {
	const n = 40
	g := &lockGraph{}
	for i := range n {
		node := graphNode{base: i, pythons: allPythons()}
		for j := range n {
			when := set(t, fmt.Sprintf(`platform_release == "%d" and platform_version != "%d"`, i*j%17, (i+j)%13))
			node.edges = append(node.edges, graphEdge{to: []int{j}, when: when})
			if j > 0 {
				node.edges = append(node.edges, graphEdge{to: []int{j, j - 1}, when: when})
			}
		}
		g.nodes = append(g.nodes, node)
	}
	when := g.walk([]graphEdge{{to: []int{0}, when: everywhere()}})
	for i, s := range when {
		if len(s) == 0 || len(s) > maxTerms {
			t.Errorf("node %d has %d terms", i, len(s))
		}
	}
}
