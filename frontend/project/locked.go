package project

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Wheel is the file that a target installs of a locked package.
type Wheel struct {
	Installed
	// File has a URL and a SHA-256.
	File File
	// Index is the URL of the index that it is from; "" where the lock does not say.
	Index string
}

// Choose finds for each package the wheel that a target installs, where it can
// be fetched from its URL and verified; the others are left, with what the lock
// says of them.
func (l *Pylock) Choose(packages []Installed, t Target) (wheels []Wheel, rest []PylockPackage) {
	r, byName := t.Ranks(), l.byName()
	for _, p := range packages {
		locked, ok := find(byName, p, r)
		if !ok {
			rest = append(rest, PylockPackage{Name: NormalizeName(p.Name), Version: p.Version})
			continue
		}
		candidates := locked.Wheels
		if a := locked.Archive; a != nil && strings.HasSuffix(a.Name, ".whl") {
			candidates = []File{*a}
		}
		best, found := r.Best(candidates)
		if !found || best.Hashes["sha256"] == "" || !strings.HasPrefix(best.URL, "http") || path.Base(best.Name) != best.Name {
			rest = append(rest, locked)
			continue
		}
		wheels = append(wheels, Wheel{Installed: p, File: best, Index: locked.Index})
	}
	return wheels, rest
}

// byName are the packages by their normalised names: locks are large.
func (l *Pylock) byName() map[string][]PylockPackage {
	byName := map[string][]PylockPackage{}
	for _, p := range l.Packages {
		byName[p.Name] = append(byName[p.Name], p)
	}
	return byName
}

// find is the entry of a package: of several, for different environments, the
// first that has a wheel for the target.
func find(byName map[string][]PylockPackage, p Installed, r Ranks) (PylockPackage, bool) {
	var found []PylockPackage
	for _, locked := range byName[NormalizeName(p.Name)] {
		if sameVersion(p.Version, locked.Version) {
			found = append(found, locked)
		}
	}
	if i := slices.IndexFunc(found, func(f PylockPackage) bool { return r.buildReason(f) == "" }); i > 0 {
		return found[i], true
	}
	if len(found) == 0 {
		return PylockPackage{}, false
	}
	return found[0], true
}

// Requirement writes a locked package in pip's format for requirements files,
// with the hashes of all its files. Hashed is false for what has none.
func (p PylockPackage) Requirement() (line string, hashed bool) {
	switch {
	case p.VCS != nil:
		line = fmt.Sprintf("%s @ %s+%s@%s", p.Name, p.VCS.Type, strings.TrimPrefix(p.VCS.URL, p.VCS.Type+"+"), p.VCS.CommitID)
		if p.VCS.Subdirectory != "" {
			line += "#subdirectory=" + p.VCS.Subdirectory
		}
		return line, false
	case p.Archive != nil && p.Archive.URL != "":
		line = p.Name + " @ " + p.Archive.URL
		return withHashes(line, []File{*p.Archive})
	}
	files := slices.Clone(p.Wheels)
	if p.Sdist != nil {
		files = append(files, *p.Sdist)
	}
	if p.Version == "" {
		return p.Name, false
	}
	return withHashes(p.Name+"=="+p.Version, files)
}

func withHashes(line string, files []File) (string, bool) {
	var hashes []string
	for _, f := range files {
		if sum := f.Hashes["sha256"]; sum != "" {
			hashes = append(hashes, "sha256:"+sum)
		}
	}
	slices.Sort(hashes)
	for _, h := range slices.Compact(hashes) {
		line += " --hash=" + h
	}
	return line, len(hashes) > 0
}
