package project

import (
	"cmp"
	"strings"

	"deps.dev/util/pypi"
)

// Best returns the wheel that an installer takes for a target: that with the
// most specific tag and, among equals, the highest build tag (PEP 427). It is
// false if none fits.
func (r Ranks) Best(wheels []File) (File, bool) {
	var best File
	var bestBuild pypi.WheelBuildTag
	bestRank, found := 0, false
	for _, w := range wheels {
		info, err := pypi.ParseWheelName(w.Name)
		if err != nil {
			continue // installers skip names that are not a wheel's
		}
		rank, ok := r.of(info.Platforms)
		if !ok {
			continue
		}
		if !found || cmp.Or(cmp.Compare(bestRank, rank), compareBuild(info.BuildTag, bestBuild)) > 0 {
			best, bestBuild, bestRank, found = w, info.BuildTag, rank, true
		}
	}
	return best, found
}

// compareBuild orders build tags: first the number, then the rest (PEP 427).
func compareBuild(a, b pypi.WheelBuildTag) int {
	return cmp.Or(cmp.Compare(a.Num, b.Num), strings.Compare(a.Tag, b.Tag))
}

// Installed is a package that will be installed.
type Installed struct{ Name, Version string }

// BuildReason says why a package has to be built.
type BuildReason string

// Why a package has to be built, or cannot be installed.
const (
	BuildSdist     BuildReason = "no wheel fits, so it is built from its sdist"
	BuildVCS       BuildReason = "it comes from a repository"
	BuildDirectory BuildReason = "it comes from a directory"
	BuildArchive   BuildReason = "it comes from a source archive"
	BuildNothing   BuildReason = "no wheel fits and there is no sdist"
	BuildUnknown   BuildReason = "the lock does not contain it"
)

// Build is a package that has no usable wheel.
type Build struct {
	Installed
	Reason BuildReason
}

// NeedsBuild returns those of the packages that have no wheel for the target in
// the lock, in the given order. Packages without a version are found by name.
func NeedsBuild(packages []Installed, lock *Pylock, t Target) []Build {
	r, byName := t.Ranks(), lock.byName()
	var builds []Build
	for _, p := range packages {
		if reason := r.reason(p, byName[NormalizeName(p.Name)]); reason != "" {
			builds = append(builds, Build{p, reason})
		}
	}
	return builds
}

// reason is "" if some entry for the package has a wheel: a lock may have
// several, for different environments.
func (r Ranks) reason(p Installed, entries []PylockPackage) BuildReason {
	reason := BuildUnknown
	for _, locked := range entries {
		if !sameVersion(p.Version, locked.Version) {
			continue
		}
		reason = r.buildReason(locked)
		if reason == "" {
			return ""
		}
	}
	return reason
}

func sameVersion(a, b string) bool {
	return a == "" || b == "" || pypi.CanonVersion(a) == pypi.CanonVersion(b)
}

func (r Ranks) buildReason(p PylockPackage) BuildReason {
	switch {
	case p.VCS != nil:
		return BuildVCS
	case p.Directory != nil:
		return BuildDirectory
	case p.Archive != nil && !strings.HasSuffix(p.Archive.Name, ".whl"):
		return BuildArchive
	case p.Archive != nil:
		p.Wheels = []File{*p.Archive}
	}
	if _, ok := r.Best(p.Wheels); ok {
		return ""
	}
	if p.Sdist != nil {
		return BuildSdist
	}
	return BuildNothing
}
