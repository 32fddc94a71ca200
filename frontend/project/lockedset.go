package project

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"deps.dev/util/semver"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// The locks of other tools, all at the root of the build context.
const (
	PoetryLockFile  = "poetry.lock"
	PdmLockFile     = "pdm.lock"
	PipfileFile     = "Pipfile"
	PipfileLockFile = "Pipfile.lock"
)

// OtherLock is a lock that a tool other than uv wrote, with the manifest that
// it was made from.
type OtherLock interface {
	// Set chooses what is installed.
	Set(Selection) (*LockedSet, error)
	// Stale compares the lock with its manifest: what no longer fits is an
	// error, and a content hash that differs for no reason that shows a warning.
	Stale() ([]diag.Warning, error)
	// RequiresPython is the range of Pythons that the lock was made for, as a
	// version specifier (PEP 440), and its place; "" where the lock does not say.
	RequiresPython() (string, plan.Location)
}

// LockedSet is what a lock of another tool installs.
type LockedSet struct {
	// File is the lock's name, Source its text.
	File   string
	Source []byte
	// Packages are sorted by name, version and marker. A name may be there
	// twice, with markers that tell the versions apart.
	Packages []SetPackage
	// Warnings are about what is installed otherwise than the lock says.
	Warnings []diag.Warning
}

// SetPackage is one package of a LockedSet. It comes from an index unless URL
// or Path is set.
type SetPackage struct {
	// Name is normalised (PEP 503).
	Name    string
	Version string
	// Extras are normalised, sorted and unique.
	Extras []string
	// Marker is an environment marker (PEP 508) that holds no extra; "" for
	// everywhere.
	Marker string
	// Hashes are "algorithm:sum", sorted and unique.
	Hashes []string
	// URL is a direct reference (PEP 508), of an archive or of a repository as
	// git+URL@COMMIT.
	URL string
	// Path is a directory or an archive relative to the context's root, cleaned.
	Path     string
	Editable bool
	// Index is the URL of the index that the lock names; "" for the default.
	Index string
	// At is the place in the lock.
	At plan.Location
}

// VCS reports a package from a repository, which pip's hash mode refuses.
func (p SetPackage) VCS() bool { return p.URL != "" && vcsURL.MatchString(p.URL) }

// HasVCS reports whether a package comes from a repository. Such a set cannot
// be installed with --require-hashes; uv verifies the other hashes without it.
func (s *LockedSet) HasVCS() bool { return slices.ContainsFunc(s.Packages, SetPackage.VCS) }

// Indexes are the URLs of the indexes that the lock names, sorted.
func (s *LockedSet) Indexes() []string {
	var urls []string
	for _, p := range s.Packages {
		if p.Index != "" {
			urls = append(urls, p.Index)
		}
	}
	slices.Sort(urls)
	return slices.Compact(urls)
}

// LocalSources are the paths in the context that the packages come from, "."
// among them where the lock installs the project itself. Sorted.
func (s *LockedSet) LocalSources() []string {
	var paths []string
	for _, p := range s.Packages {
		if p.Path != "" {
			paths = append(paths, p.Path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func (s *LockedSet) mistake(code string, at plan.Location, hint, format string, args ...any) *diag.Error {
	return &diag.Error{Code: code, At: at, Source: s.Source, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// finish orders the packages and what they list.
func (s *LockedSet) finish() {
	for i := range s.Packages {
		p := &s.Packages[i]
		p.Extras, p.Hashes = normalNames(p.Extras), sortedUnique(p.Hashes)
		s.oneHash(p)
	}
	slices.SortFunc(s.Packages, func(a, b SetPackage) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version),
			strings.Compare(a.Marker, b.Marker), strings.Compare(a.URL, b.URL), strings.Compare(a.Path, b.Path))
	})
}

// oneHash drops the hashes of a URL where there are several. Pipenv
// writes those of all files of the release, and uv refuses more than one.
func (s *LockedSet) oneHash(p *SetPackage) {
	if p.URL == "" || p.VCS() || len(p.Hashes) == 1 {
		return
	}
	count := "no hash"
	if len(p.Hashes) > 1 {
		count = "several hashes"
	}
	p.Hashes = nil
	s.Warnings = append(s.Warnings, diag.Warning{Rule: "UnverifiedFile", At: p.At, Source: s.Source,
		Message: "the file of " + p.Name + " is not verified, since the lock has " + count + " for its one URL",
		Hint:    "take it from an index, or move to a lock that has the hash of the file"})
}

// normalNames normalises names (PEP 503, 685), sorts them and drops repeated
// ones.
func normalNames(names []string) []string {
	var all []string
	for _, n := range names {
		all = append(all, NormalizeName(n))
	}
	return sortedUnique(all)
}

func sortedUnique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// checkVersions refuses two versions of one package in the same environment,
// which no installer takes.
func (s *LockedSet) checkVersions(hint string) error {
	first := 0 // of the packages of this name, which follow each other
	for i, p := range s.Packages {
		if p.Name != s.Packages[first].Name {
			first = i
		}
		for _, q := range s.Packages[first:i] {
			if p.Marker == q.Marker || p.Marker == "" || q.Marker == "" {
				return s.mistake("PB117", p.At, hint, "%s is locked in the versions %s (line %d) and %s for the same environment",
					p.Name, q.Version, q.At.Start.Line, p.Version)
			}
		}
	}
	return nil
}

// checkLockCredentials looks at the whole text of a lock, which holds no URL
// but those of packages and indexes, and reports the first credential.
func checkLockCredentials(name string, data []byte, hint string) error {
	for i, line := range bytes.Split(data, []byte("\n")) {
		if start, end, ok := diag.Credential(line); ok {
			at := plan.Location{File: name,
				Start: plan.Position{Line: i + 1, Column: start + 1},
				End:   plan.Position{Line: i + 1, Column: end + 1}}
			return credentialMistake(at, data, hint)
		}
	}
	return nil
}

// pythonSpecifier keeps a range that can be read, "" for what cannot.
func pythonSpecifier(spec string) string {
	if _, err := parsePythonRange(spec); err != nil {
		return ""
	}
	return spec
}

// compareVersions orders versions by PEP 440, and what is none by its text.
func compareVersions(a, b string) int {
	v, errA := semver.PyPI.Parse(a)
	w, errB := semver.PyPI.Parse(b)
	if errA != nil || errB != nil {
		return strings.Compare(a, b)
	}
	return v.Compare(w)
}
