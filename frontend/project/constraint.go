package project

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"deps.dev/util/semver"
)

// constraint is a set of versions in Poetry's own language, which holds PEP
// 440's: alternatives of which all clauses hold.
// (https://python-poetry.org/docs/dependency-specification/)
type constraint [][]clause

// clause is one clause of PEP 440.
type clause struct {
	op, text string // text without a wildcard
	version  *semver.Version
	numbers  []string // of the release, without leading zeros
	wildcard bool
}

// release is a version with what comparisons need of it, made once.
type release struct {
	version, public *semver.Version // public is without a local part
	numbers         []string
}

func releaseOf(v *semver.Version) release {
	text := v.Canon(true)
	r := release{version: v, public: v, numbers: versionNumbers(text)}
	if public, _, ok := strings.Cut(text, "+"); ok {
		if p, err := semver.PyPI.Parse(public); err == nil {
			r.public = p
		}
	}
	return r
}

var (
	poetryOr     = regexp.MustCompile(`\s*\|\|?\s*`)
	poetryAnd    = regexp.MustCompile(`\s*,\s*|\s+`)
	poetryClause = regexp.MustCompile(`^(\^|~=|~|===|==|=|!=|<>|<=|>=|<|>)?(.+)$`)
	// operatorSpace lets a clause be split at spaces.
	operatorSpace = regexp.MustCompile(`([\^~=!<>])\s+`)
)

// parseConstraint reads a constraint of Poetry. Parentheses only ever enclose
// the whole of it, or an alternative.
func parseConstraint(text string) (constraint, error) {
	var c constraint
	plain := strings.NewReplacer("(", " ", ")", " ").Replace(text)
	for _, alternative := range poetryOr.Split(strings.TrimSpace(plain), -1) {
		var all []clause
		for _, part := range poetryAnd.Split(operatorSpace.ReplaceAllString(strings.TrimSpace(alternative), "$1"), -1) {
			if part == "" {
				continue
			}
			clauses, err := parsePoetryClause(part)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", text, err)
			}
			all = append(all, clauses...)
		}
		c = append(c, all)
	}
	return c, nil
}

// parsePoetryClause turns one clause of Poetry into those of PEP 440.
func parsePoetryClause(text string) ([]clause, error) {
	if text == "*" || text == "x" || text == "X" {
		return nil, nil
	}
	m := poetryClause.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("%q is not a version constraint", text)
	}
	op, version := m[1], m[2]
	switch op {
	case "", "=":
		op = "=="
	case "<>":
		op = "!="
	case "^", "~":
		release := versionParts.FindStringSubmatch(strings.TrimPrefix(version, "v"))
		if release == nil {
			return nil, fmt.Errorf("%q is not a version", version)
		}
		upper, err := nextVersion(release[2], op)
		if err != nil {
			return nil, err
		}
		if release[1] != "" {
			upper = release[1] + "!" + upper
		}
		return parseClauses(">="+version, "<"+upper)
	}
	return parseClauses(op + version)
}

// nextVersion is the first version that a caret (the leftmost number that is
// not zero stays) or a tilde (the minor version stays) does not allow.
func nextVersion(release, op string) (string, error) {
	numbers := strings.Split(release, ".")
	keep := min(2, len(numbers)) - 1
	if op == "^" {
		keep = slices.IndexFunc(numbers, func(n string) bool { return strings.Trim(n, "0") != "" })
		if keep < 0 {
			keep = len(numbers) - 1
		}
	}
	n, err := strconv.Atoi(numbers[keep])
	if err != nil {
		return "", fmt.Errorf("%q is not a version", release)
	}
	return strings.Join(append(slices.Clone(numbers[:keep]), strconv.Itoa(n+1)), "."), nil
}

func parseClauses(texts ...string) ([]clause, error) {
	var all []clause
	for _, text := range texts {
		c, err := parseClause(text)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// parseClause reads a clause of PEP 440.
func parseClause(text string) (clause, error) {
	m := clauseRule.FindStringSubmatch(text)
	if m == nil {
		return clause{}, fmt.Errorf("%q is not a version specifier", text)
	}
	c := clause{op: m[1], text: m[2]}
	if trimmed, ok := strings.CutSuffix(c.text, ".*"); ok && (c.op == "==" || c.op == "!=") {
		c.text, c.wildcard = trimmed, true
	}
	var err error
	if c.version, err = semver.PyPI.Parse(c.text); err != nil || c.version.IsWildcard() {
		return c, fmt.Errorf("%q is not a version", c.text)
	}
	c.numbers = versionNumbers(c.text)
	return c, nil
}

// allows compares as PEP 440 says, apart from its rule that pre-releases are
// left out unless asked for: what is locked was asked for.
func (c clause) allows(r release) bool {
	if c.wildcard {
		return startsWith(r.numbers, c.numbers) == (c.op == "==")
	}
	v := r.public
	if strings.Contains(c.text, "+") {
		v = r.version
	}
	order := v.Compare(c.version)
	switch c.op {
	case "==", "===":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "~=":
		return order >= 0 && startsWith(r.numbers, c.numbers[:max(0, len(c.numbers)-1)])
	}
	return false
}

// startsWith compares the first numbers of a release; those that are not
// written are zero.
func startsWith(have, wanted []string) bool {
	for i, n := range wanted {
		other := ""
		if i < len(have) {
			other = have[i]
		}
		if n != other {
			return false
		}
	}
	return true
}

// versionNumbers is the release part of a version, zeros being "".
func versionNumbers(text string) []string {
	m := versionParts.FindStringSubmatch(strings.TrimPrefix(strings.ToLower(text), "v"))
	if m == nil {
		return nil
	}
	numbers := strings.Split(m[2], ".")
	for i := range numbers {
		numbers[i] = strings.TrimLeft(numbers[i], "0")
	}
	return numbers
}

// allows reports whether a version fits.
func (c constraint) allows(r release) bool {
	return slices.ContainsFunc(c, func(all []clause) bool {
		return !slices.ContainsFunc(all, func(one clause) bool { return !one.allows(r) })
	})
}

// allowsText is allows for a version in a lock. What cannot be compared fits:
// to call a good lock stale is worse than to miss a change. So does a
// pre-release of a version that fits, on which tools differ.
func (c constraint) allowsText(version string) bool {
	v, err := semver.PyPI.Parse(version)
	if err != nil || c.allows(releaseOf(v)) {
		return true
	}
	m := versionParts.FindStringSubmatch(strings.ToLower(version))
	if m == nil || !strings.ContainsAny(m[3], "abcrd") {
		return false
	}
	final, err := semver.PyPI.Parse(strings.TrimSuffix(strings.ToLower(version), m[3]))
	return err != nil || c.allows(releaseOf(final))
}

// specifier is the constraint as a version specifier (PEP 440), which has no
// alternatives: false if there are any.
func (c constraint) specifier() (string, bool) {
	if len(c) != 1 {
		return "", false
	}
	var clauses []string
	for _, one := range c[0] {
		text := one.op + one.text
		if one.wildcard {
			text += ".*"
		}
		clauses = append(clauses, text)
	}
	return strings.Join(clauses, ","), true
}

// pythons are the releases of Python that the constraint allows.
func (c constraint) pythons() pySet {
	var any pySet
	for _, alternative := range c {
		all := allPythons()
		for _, one := range alternative {
			all = all.and(one.pythons(fullVersion))
		}
		any = any.or(all)
	}
	return any
}
