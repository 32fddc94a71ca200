package project

import (
	"slices"
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

var allPythons = sync.OnceValue(func() pySet {
	return pythonsWhere(func(pythonRelease) bool { return true })
})

// pythonMarker decides a comparison with a version of Python for every release;
// false if it is none.
func pythonMarker(m marker) (pySet, bool) {
	of := func(r pythonRelease) release { return r.full }
	switch m.name {
	case "python_version":
		of = func(r pythonRelease) release { return r.minor }
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
			any = any.or(pythonsWhere(func(r pythonRelease) bool { return c.allows(of(r)) }))
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
	return pythonsWhere(func(r pythonRelease) bool { return c.allows(of(r)) }), true
}

// markerTerm holds for these releases of Python where all comparisons hold.
type markerTerm struct {
	pythons pySet
	atoms   []marker // sorted by their text
}

// markerSet is a marker as a list of terms of which one has to hold. The
// releases of Python are kept as a set, so that ranges which follow each other
// merge. No term means never.
type markerSet []markerTerm

// maxTerms bounds a markerSet: what is longer is replaced by what its terms
// have in common, which holds wherever one of them did.
const maxTerms = 24

func everywhere() markerSet { return markerSet{{pythons: allPythons()}} }

// setOf converts a marker, whose extras are decided.
func setOf(m marker) markerSet {
	switch m.kind {
	case markerTrue:
		return everywhere()
	case markerIs:
		if s, ok := pythonMarker(m); ok {
			return markerSet{{pythons: s}}.normal()
		}
		return markerSet{{pythons: allPythons(), atoms: []marker{m}}}
	case markerAnd:
		s := everywhere()
		for _, arg := range m.args {
			s = s.and(setOf(arg))
		}
		return s
	case markerOr:
		var s markerSet
		for _, arg := range m.args {
			s = s.or(setOf(arg))
		}
		return s
	}
	return nil
}

func (s markerSet) or(o markerSet) markerSet {
	return append(slices.Clone(s), o...).normal()
}

func (s markerSet) and(o markerSet) markerSet {
	var all markerSet
	for _, a := range s {
		for _, b := range o {
			t := markerTerm{pythons: a.pythons.and(b.pythons), atoms: unite(a.atoms, b.atoms)}
			if !t.never() {
				all = append(all, t)
			}
		}
	}
	return all.normal()
}

// not holds wherever s does not, or nearly so for a long one: it may hold in
// more places.
func (s markerSet) not() markerSet {
	all := everywhere()
	for _, t := range s {
		var none markerSet
		if rest := allPythons().without(t.pythons); !rest.empty() {
			none = append(none, markerTerm{pythons: rest})
		}
		for _, a := range t.atoms {
			none = append(none, markerTerm{pythons: allPythons(), atoms: []marker{opposite(a)}})
		}
		all = all.and(none)
	}
	return all
}

// opposite is the comparison that holds where m does not.
func opposite(m marker) marker {
	opposites := [][2]string{{"==", "!="}, {"<", ">="}, {">", "<="}, {"in", "not in"}, {"in reversed", "not in reversed"}}
	for _, pair := range opposites {
		if m.op == pair[0] {
			m.op = pair[1]
			return m
		} else if m.op == pair[1] {
			m.op = pair[0]
			return m
		}
	}
	return marker{kind: markerTrue} // nothing can be said
}

// never reports that comparisons exclude each other.
func (t markerTerm) never() bool {
	if t.pythons.empty() {
		return true
	}
	for i, a := range t.atoms {
		for _, b := range t.atoms[i+1:] {
			if a.name != b.name {
				continue
			}
			if a.op == "==" && b.op == "==" && a.value != b.value || a.value == b.value && (a.op == "==" && b.op == "!=" || a.op == "!=" && b.op == "==") {
				return true
			}
		}
	}
	return false
}

func unite(a, b []marker) []marker {
	all := slices.Clone(a)
	for _, m := range b {
		if m.kind == markerIs {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b marker) int { return strings.Compare(a.String(), b.String()) })
	return slices.CompactFunc(all, func(a, b marker) bool { return a.String() == b.String() })
}

// normal merges terms that differ in the releases of Python only, drops those
// that a wider one covers, and bounds the rest.
func (s markerSet) normal() markerSet {
	var merged markerSet
	for _, t := range s {
		if t.never() {
			continue
		}
		i := slices.IndexFunc(merged, func(o markerTerm) bool { return o.key() == t.key() })
		if i < 0 {
			merged = append(merged, t)
		} else {
			merged[i].pythons = merged[i].pythons.or(t.pythons)
		}
	}
	var kept markerSet
	for i, t := range merged {
		covered := slices.ContainsFunc(merged, func(o markerTerm) bool {
			return o.key() != t.key() && t.pythons.within(o.pythons) && containsAll(t.atoms, o.atoms)
		})
		if !covered {
			kept = append(kept, merged[i])
		}
	}
	if len(kept) > maxTerms {
		return markerSet{kept.common()}
	}
	slices.SortFunc(kept, func(a, b markerTerm) int { return strings.Compare(a.key(), b.key()) })
	return kept
}

// common is what all terms agree on.
func (s markerSet) common() markerTerm {
	all := s[0]
	for _, t := range s[1:] {
		all.pythons = all.pythons.or(t.pythons)
		all.atoms = slices.DeleteFunc(slices.Clone(all.atoms), func(m marker) bool { return !containsAll(t.atoms, []marker{m}) })
	}
	return all
}

func containsAll(list, wanted []marker) bool {
	for _, m := range wanted {
		if !slices.ContainsFunc(list, func(o marker) bool { return o.String() == m.String() }) {
			return false
		}
	}
	return true
}

func (t markerTerm) key() string {
	var b strings.Builder
	for _, m := range t.atoms {
		b.WriteString(m.String() + "\n")
	}
	return b.String()
}

// equal reports whether two sets that are normal are the same.
func (s markerSet) equal(o markerSet) bool {
	return slices.EqualFunc(s, o, func(a, b markerTerm) bool { return a.pythons == b.pythons && a.key() == b.key() })
}

// marker renders the set for the releases of Python that the lock is for.
func (s markerSet) marker(lock pySet) marker {
	var terms []marker
	for _, t := range s {
		for _, python := range pythonRanges(t.pythons.and(lock), lock) {
			terms = append(terms, joinMarkers(markerAnd, append([]marker{python}, t.atoms...)...))
		}
	}
	return joinMarkers(markerOr, terms...)
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
