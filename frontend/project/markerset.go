package project

import (
	"slices"
	"strings"
)

// markerTerm holds for these releases of Python where all comparisons hold.
type markerTerm struct {
	pythons pySet
	atoms   []atom // sorted by their text
}

// atom is a comparison with its text, by which it is told from others.
type atom struct {
	marker
	text string
}

// markerSet is a marker as a list of terms of which one has to hold. The
// releases of Python are kept as a set, so that ranges which follow each other
// merge. No term means never.
type markerSet []markerTerm

// maxTerms bounds a markerSet: what is longer is replaced by what its terms
// have in common, which holds wherever one of them did.
const maxTerms = 16

// maxAtoms bounds a term in the same way: it holds wherever it did.
const maxAtoms = 64

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
		return markerSet{{pythons: allPythons(), atoms: []atom{{m, m.String()}}}}
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
	if len(s)*len(o) > 4*maxTerms {
		// Both hold in fewer places than this.
		s, o = markerSet{s.common()}, markerSet{o.common()}
	}
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
			m := opposite(a.marker)
			none = append(none, markerTerm{pythons: allPythons(), atoms: []atom{{m, m.String()}}})
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

// unite merges two lists of comparisons; what could not be said is left out.
func unite(a, b []atom) []atom {
	all := make([]atom, 0, len(a)+len(b))
	for _, list := range [][]atom{a, b} {
		for _, m := range list {
			if m.kind == markerIs {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b atom) int { return strings.Compare(a.text, b.text) })
	all = slices.CompactFunc(all, sameAtom)
	return all[:min(len(all), maxAtoms)]
}

func sameAtom(a, b atom) bool { return a.text == b.text }

// normal merges terms that differ in the releases of Python only, drops those
// that a wider one covers, and bounds the rest.
func (s markerSet) normal() markerSet {
	var merged markerSet
	for _, t := range s {
		if t.never() {
			continue
		}
		i := slices.IndexFunc(merged, func(o markerTerm) bool { return slices.EqualFunc(o.atoms, t.atoms, sameAtom) })
		if i < 0 {
			merged = append(merged, t)
		} else {
			merged[i].pythons = merged[i].pythons.or(t.pythons)
		}
	}
	var kept markerSet
	for _, t := range merged {
		covered := slices.ContainsFunc(merged, func(o markerTerm) bool {
			return len(o.atoms) < len(t.atoms) && t.pythons.within(o.pythons) && containsAll(t.atoms, o.atoms)
		})
		if !covered {
			kept = append(kept, t)
		}
	}
	if len(kept) > maxTerms {
		return markerSet{kept.common()}
	}
	slices.SortFunc(kept, func(a, b markerTerm) int {
		return slices.CompareFunc(a.atoms, b.atoms, func(a, b atom) int { return strings.Compare(a.text, b.text) })
	})
	return kept
}

// common is what all terms agree on.
func (s markerSet) common() markerTerm {
	all := s[0]
	for _, t := range s[1:] {
		all.pythons = all.pythons.or(t.pythons)
		all.atoms = slices.DeleteFunc(slices.Clone(all.atoms), func(m atom) bool { return !containsAll(t.atoms, []atom{m}) })
	}
	return all
}

func containsAll(list, wanted []atom) bool {
	for _, m := range wanted {
		if !slices.ContainsFunc(list, func(o atom) bool { return sameAtom(o, m) }) {
			return false
		}
	}
	return true
}

// always reports that nothing is excluded.
func (s markerSet) always() bool {
	return len(s) == 1 && len(s[0].atoms) == 0 && s[0].pythons == allPythons()
}

// equal reports whether two sets that are normal are the same.
func (s markerSet) equal(o markerSet) bool {
	return slices.EqualFunc(s, o, func(a, b markerTerm) bool {
		return a.pythons == b.pythons && slices.EqualFunc(a.atoms, b.atoms, sameAtom)
	})
}

// marker renders the set for the releases of Python that the lock is for.
func (s markerSet) marker(lock pySet) marker {
	var terms []marker
	for _, t := range s {
		for _, python := range pythonRanges(t.pythons.and(lock), lock) {
			all := []marker{python}
			for _, a := range t.atoms {
				all = append(all, a.marker)
			}
			terms = append(terms, joinMarkers(markerAnd, all...))
		}
	}
	return joinMarkers(markerOr, terms...)
}
