package project

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"deps.dev/util/pypi"
)

// Target is what wheels are chosen for.
type Target struct {
	// Python is "3.12", or "3.13t" for a free-threaded build.
	Python string
	// OS and Arch are Go's names, such as "linux" and "arm64".
	OS, Arch string
	// Libc is "glibc" or "musl", LibcVersion such as "2.36" or "1.2".
	Libc, LibcVersion string
}

var twoNumbers = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})(?:\.\d+)?(t)?$`)

// machines are the names that platform tags have for Go's architectures
// (`uname -m`).
var machines = map[string]string{
	"amd64": "x86_64", "386": "i686", "arm64": "aarch64", "arm": "armv7l",
	"ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64", "loong64": "loongarch64",
}

// Tags returns the compatibility tags (PEP 425) of the target, the best first,
// in the order of packaging.tags.sys_tags, which pip and uv follow. It is nil
// for a target without wheels.
func (t Target) Tags() []pypi.PEP425Tag {
	python := twoNumbers.FindStringSubmatch(t.Python)
	if python == nil || python[1] != "3" || (t.OS != "linux" && t.OS != "") {
		return nil
	}
	minor, _ := strconv.Atoi(python[2])
	platforms := t.platforms()
	var tags []pypi.PEP425Tag
	add := func(python, abi string, platforms ...string) {
		for _, p := range platforms {
			tags = append(tags, pypi.PEP425Tag{Python: python, ABI: abi, Platform: p})
		}
	}
	// The stable ABI of free-threaded builds is another one (PEP 803).
	stable := "abi3" + python[3]
	cp := fmt.Sprintf("cp3%d", minor)
	add(cp, cp+python[3], platforms...)
	add(cp, stable, platforms...)
	add(cp, "none", platforms...)
	for older := minor - 1; older >= 2; older-- { // abi3 began with 3.2 (PEP 384)
		add(fmt.Sprintf("cp3%d", older), stable, platforms...)
	}
	pure := []string{fmt.Sprintf("py3%d", minor), "py3"}
	for older := minor - 1; older >= 0; older-- {
		pure = append(pure, fmt.Sprintf("py3%d", older))
	}
	for _, py := range pure {
		add(py, "none", platforms...)
	}
	add(cp, "none", "any")
	for _, py := range pure {
		add(py, "none", "any")
	}
	return tags
}

// legacyManylinux are the names from before PEP 600, by glibc's minor version
// (PEP 513, 571 and 599).
var legacyManylinux = map[int]string{17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}

// platforms returns the platform tags: linux, then manylinux (PEP 600) or
// musllinux (PEP 656) from the newest to the oldest.
func (t Target) platforms() []string {
	machine := machines[t.Arch]
	if machine == "" {
		return nil
	}
	platforms := []string{"linux_" + machine}
	libc := twoNumbers.FindStringSubmatch(t.LibcVersion)
	if libc == nil {
		return platforms
	}
	minor, _ := strconv.Atoi(libc[2])
	switch {
	case t.Libc == "musl" && libc[1] == "1":
		for ; minor >= 0; minor-- {
			platforms = append(platforms, fmt.Sprintf("musllinux_1_%d_%s", minor, machine))
		}
	case t.Libc == "glibc" && libc[1] == "2":
		oldest := 17
		if machine == "x86_64" || machine == "i686" {
			oldest = 5
		}
		for ; minor >= oldest; minor-- {
			platforms = append(platforms, fmt.Sprintf("manylinux_2_%d_%s", minor, machine))
			if legacy := legacyManylinux[minor]; legacy != "" {
				platforms = append(platforms, legacy+"_"+machine)
			}
		}
	}
	return platforms
}

// Ranks are the places of tags in the order of preference.
type Ranks map[pypi.PEP425Tag]int

// Ranks are those of the target's tags, which are some thousand: who looks for many wheels
// asks once.
func (t Target) Ranks() Ranks {
	r := Ranks{}
	for i, tag := range t.Tags() {
		r[tag] = i
	}
	return r
}

// of returns the best rank of a wheel's tags.
func (r Ranks) of(tags []pypi.PEP425Tag) (int, bool) {
	best, found := 0, false
	for _, tag := range tags {
		// packaging compares tags in lower case.
		tag = pypi.PEP425Tag{Python: strings.ToLower(tag.Python), ABI: strings.ToLower(tag.ABI), Platform: strings.ToLower(tag.Platform)}
		if rank, ok := r[tag]; ok && (!found || rank < best) {
			best, found = rank, true
		}
	}
	return best, found
}
