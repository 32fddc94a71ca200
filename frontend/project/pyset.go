package project

import (
	"sort"
	"strings"
	"sync"

	"deps.dev/util/semver"
)

// pySet is a set of the releases of Python in pythons, a bit for each.
type pySet [17]uint64

func (s *pySet) add(i int)          { s[i/64] |= 1 << (i % 64) }
func (s pySet) has(i int) bool      { return s[i/64]&(1<<(i%64)) != 0 }
func (s pySet) empty() bool         { return s == pySet{} }
func (s pySet) within(o pySet) bool { return s.and(o) == s }

func (s pySet) and(o pySet) pySet {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

func (s pySet) or(o pySet) pySet {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

func (s pySet) without(o pySet) pySet {
	for i := range s {
		s[i] &^= o[i]
	}
	return s
}

// pythonRelease is a release of Python with its python_version (PEP 508).
type pythonRelease struct{ full, minor release }

var pythonReleases = sync.OnceValue(func() []pythonRelease {
	var all []pythonRelease
	for _, v := range pythons() {
		r := pythonRelease{full: releaseOf(v)}
		r.minor = r.full
		parts := strings.SplitN(v.Canon(true), ".", 3)
		if minor, err := semver.PyPI.Parse(strings.Join(parts[:min(2, len(parts))], ".")); err == nil {
			r.minor = releaseOf(minor)
		}
		all = append(all, r)
	}
	return all
})

// pythonsWhere collects the releases that a condition holds for.
func pythonsWhere(holds func(pythonRelease) bool) pySet {
	var s pySet
	for i, r := range pythonReleases() {
		if holds(r) {
			s.add(i)
		}
	}
	return s
}

// pythons are the releases of Python that a clause allows.
func (c clause) pythons(of func(pythonRelease) release) pySet {
	if c.wildcard || c.op == "~=" {
		return pythonsWhere(func(r pythonRelease) bool { return c.allows(of(r)) })
	}
	// They are in order: below the clause's version, at it, and above, it allows all or none.
	all := pythonReleases()
	at := sort.Search(len(all), func(i int) bool { return of(all[i]).version.Compare(c.version) >= 0 })
	above := sort.Search(len(all), func(i int) bool { return of(all[i]).version.Compare(c.version) > 0 })
	var s pySet
	for _, part := range [][2]int{{0, at}, {at, above}, {above, len(all)}} {
		if part[0] == part[1] || !c.allows(of(all[part[0]])) {
			continue
		}
		for i := part[0]; i < part[1]; i++ {
			s.add(i)
		}
	}
	return s
}

// fullVersion is python_full_version, and minorVersion is python_version.
func fullVersion(r pythonRelease) release  { return r.full }
func minorVersion(r pythonRelease) release { return r.minor }

var allPythons = sync.OnceValue(func() pySet {
	return pythonsWhere(func(pythonRelease) bool { return true })
})

// pythonMarker decides a comparison with a version of Python for every release;
// false if it is none.
func pythonMarker(m marker) (pySet, bool) {
	of := fullVersion
	switch m.name {
	case "python_version":
		of = minorVersion
	case "python_full_version":
	default:
		return pySet{}, false
	}
	if m.op == "in" || m.op == "not in" {
		// A list of versions, by convention.
		listed := strings.FieldsFunc(m.value, func(r rune) bool { return strings.ContainsRune(" ,|", r) })
		var any pySet
		for _, text := range listed {
			c, err := parseClause("==" + text)
			if err != nil {
				return pySet{}, false
			}
			any = any.or(c.pythons(of))
		}
		if m.op == "not in" {
			return allPythons().without(any), true
		}
		return any, true
	}
	c, err := parseClause(m.op + m.value)
	if err != nil {
		return pySet{}, false
	}
	return c.pythons(of), true
}

// pythonRanges renders a set of releases as ranges among those of the lock.
func pythonRanges(set, lock pySet) []marker {
	var ranges []marker
	versions := pythons()
	first, open := true, false
	var current []marker
	for i, v := range versions {
		if !lock.has(i) {
			continue
		}
		switch in := set.has(i); {
		case in && !open:
			open, current = true, nil
			if !first {
				current = append(current, pythonBoundMarker(">=", v))
			}
		case !in && open:
			open = false
			ranges = append(ranges, joinMarkers(markerAnd, append(current, pythonBoundMarker("<", v))...))
		}
		first = false
	}
	if open {
		ranges = append(ranges, joinMarkers(markerAnd, current...))
	}
	return ranges
}

func pythonBoundMarker(op string, v *semver.Version) marker {
	text := v.Canon(true)
	if minor, ok := strings.CutSuffix(text, ".0"); ok && strings.Count(text, ".") == 2 {
		return marker{kind: markerIs, name: "python_version", op: op, value: minor}
	}
	return marker{kind: markerIs, name: "python_full_version", op: op, value: text}
}
