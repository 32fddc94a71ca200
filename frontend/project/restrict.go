package project

import (
	"slices"
	"strings"
)

// Restrict drops from a lock the files that the requirements' hashes do not
// allow: a requirement with hashes admits those files only (pip's
// hash-checking mode).
func (r *Requirements) Restrict(lock *Pylock) {
	allowed := map[string][]string{}
	for _, e := range r.Entries {
		for _, hash := range e.Hashes {
			name := NormalizeName(e.Requirement.Name)
			allowed[name] = append(allowed[name], hash)
		}
	}
	for i := range lock.Packages {
		p := &lock.Packages[i]
		hashes, ok := allowed[p.Name]
		if !ok {
			continue
		}
		p.Wheels = slices.DeleteFunc(p.Wheels, func(f File) bool { return !f.matches(hashes) })
		if p.Sdist != nil && !p.Sdist.matches(hashes) {
			p.Sdist = nil
		}
	}
}

// matches reports whether one of the file's hashes is in "algorithm:sum" form
// among the given.
func (f File) matches(hashes []string) bool {
	for algorithm, sum := range f.Hashes {
		if slices.ContainsFunc(hashes, func(h string) bool { return strings.EqualFold(h, algorithm+":"+sum) }) {
			return true
		}
	}
	return false
}
