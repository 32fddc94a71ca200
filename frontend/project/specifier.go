package project

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"deps.dev/util/semver"
)

// clauseRule is one clause of a version specifier (PEP 440, PEP 345's
// parentheses are gone by now), in what is seen of a text.
var clauseRule = regexp.MustCompile(`^(===|==|~=|!=|<=|>=|<|>)\s*([^\s\pC\pZ]+)$`)

// trimSpecifier checks the shape of a version specifier (PEP 440) and takes the
// spaces out. Versions are left to the installer, who knows more of them.
func trimSpecifier(spec string) (string, error) {
	var clauses []string
	for clause := range strings.SplitSeq(spec, ",") {
		clause = strings.TrimSpace(clause)
		if clause == "" {
			continue
		}
		m := clauseRule.FindStringSubmatch(clause)
		if m == nil {
			if strings.IndexAny(clause, "0123456789") == 0 {
				return "", fmt.Errorf("%q should start with an operator, such as ==%s", clause, clause)
			}
			return "", fmt.Errorf("%q is not a version specifier, such as >=1.0", clause)
		}
		clauses = append(clauses, m[1]+m[2])
	}
	return strings.Join(clauses, ","), nil
}

// canonSpecifier is a form of a specifier that is equal for those which uv
// takes for equal: the order of clauses does not matter, nor do repeated ones,
// nor zeros at the end, except after ~= and before .*, where they mean
// something. (Tested with `uv lock --check` of 0.13.9: `===1.5` does match a
// lock with `===1.5.0`, `~=0.14.0` does not match `~=0.14`.)
func canonSpecifier(spec string) string {
	var clauses []string
	for clause := range strings.SplitSeq(spec, ",") {
		m := clauseRule.FindStringSubmatch(strings.TrimSpace(clause))
		if m == nil {
			continue
		}
		clauses = append(clauses, m[1]+canonVersion(m[1], m[2]))
	}
	slices.Sort(clauses)
	return strings.Join(slices.Compact(clauses), ",")
}

// versionParts splits a canonical version into epoch, release and the rest.
var versionParts = regexp.MustCompile(`^(?:(\d+)!)?(\d+(?:\.\d+)*)(.*)$`)

func canonVersion(op, version string) string {
	version = strings.ToLower(version)
	v, err := semver.PyPI.Parse(version)
	if err != nil || v.IsWildcard() {
		return strings.TrimPrefix(version, "v")
	}
	m := versionParts.FindStringSubmatch(v.Canon(true))
	if m == nil {
		return version
	}
	epoch, release, rest := strings.TrimLeft(m[1], "0"), m[2], m[3]
	for strings.HasSuffix(release, ".0") {
		release = strings.TrimSuffix(release, ".0")
	}
	if op == "~=" {
		// How many numbers were written says which of them may move.
		written := versionParts.FindStringSubmatch(strings.TrimPrefix(version, "v"))
		if written != nil {
			rest += fmt.Sprintf(" of %d", strings.Count(written[2], ".")+1)
		}
	}
	return epoch + "!" + release + rest
}

// pythonRange is a set of Python versions that a requires-python allows.
type pythonRange []*semver.Constraint

// parsePythonRange reads a requires-python (PEP 440 specifier).
func parsePythonRange(spec string) (pythonRange, error) {
	var r pythonRange
	for clause := range strings.SplitSeq(spec, ",") {
		clause = strings.TrimSpace(clause)
		if clause == "" {
			continue
		}
		if !clauseRule.MatchString(clause) {
			return nil, fmt.Errorf("%q is not a version specifier, such as >=3.12", clause)
		}
		// The library does not know ===, which for Python's own versions is ==.
		clause = strings.Replace(clause, "===", "==", 1)
		c, err := semver.PyPI.ParseConstraint(clause)
		if err != nil {
			return nil, fmt.Errorf("%q is not a version specifier: %w", clause, err)
		}
		r = append(r, c)
	}
	return r, nil
}

// allows reports whether a version of Python fits.
func (r pythonRange) allows(v *semver.Version) bool {
	for _, c := range r {
		if !c.MatchVersion(v) {
			return false
		}
	}
	return true
}

// lastPatch bounds the patch releases that are tried: CPython's longest series
// had 20.
const lastPatch = 32

// allowsMinor reports whether any patch release of a minor version such as
// "3.12" fits.
func (r pythonRange) allowsMinor(minor string) bool {
	for patch := range lastPatch {
		v, err := semver.PyPI.Parse(fmt.Sprintf("%s.%d", minor, patch))
		if err == nil && r.allows(v) {
			return true
		}
	}
	return false
}

// pythons are the releases of Python that ranges are told apart by, in order.
var pythons = sync.OnceValue(func() []*semver.Version {
	var all []*semver.Version
	add := func(text string) {
		if v, err := semver.PyPI.Parse(text); err == nil {
			all = append(all, v)
		}
	}
	add("2.7.18")
	for minor := range lastPatch {
		for patch := range lastPatch {
			add(fmt.Sprintf("3.%d.%d", minor, patch))
		}
	}
	for _, other := range []string{"3.99.0", "4.0.0", "4.1.0", "5.0.0"} {
		add(other)
	}
	return all
})

// samePythons reports whether two ranges go from the same release of Python to
// the same one. uv rewrites what was written (`==3.12.*`, `~=3.12.0` and
// `>=3.12,<3.13` are the same to it), so no form of the text would tell; and it
// does not mind what is left out in between (`!=3.13.1`), so a lock that
// differs there would stay as it is. (Tested with `uv lock` of 0.13.9.)
func samePythons(a, b pythonRange) bool {
	versions := pythons()
	if slices.IndexFunc(versions, a.allows) != slices.IndexFunc(versions, b.allows) {
		return false
	}
	for _, v := range slices.Backward(versions) {
		if inA, inB := a.allows(v), b.allows(v); inA || inB {
			return inA && inB
		}
	}
	return true
}
