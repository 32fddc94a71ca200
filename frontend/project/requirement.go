package project

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"deps.dev/util/pypi"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// Requirement is one dependency specifier (PEP 508).
type Requirement struct {
	// Name is normalised (PEP 503).
	Name string
	// Extras are normalised (PEP 685), sorted and unique.
	Extras []string
	// Specifier is the version specifier (PEP 440) without spaces; "" allows
	// any version.
	Specifier string
	// Marker is the environment marker as written.
	Marker string
	// URL is the target of a direct reference, `name @ URL`.
	URL string
	// Raw is the requirement as written.
	Raw string
	// At is the place it was written at.
	At plan.Location
}

// String renders the requirement for people, without its marker.
func (r Requirement) String() string {
	s := r.Name
	if len(r.Extras) > 0 {
		s += "[" + strings.Join(r.Extras, ",") + "]"
	}
	if r.URL != "" {
		return s + " @ " + diag.MaskText(r.URL)
	}
	return s + r.Specifier
}

// NormalizeName is the form of a project, extra or group name that comparisons
// use (PEP 503).
func NormalizeName(name string) string { return pypi.CanonPackageName(name) }

var (
	// nameRule is the rule for names of projects (PEP 508), and by PEP 685 and
	// PEP 735 of extras and groups.
	nameRule = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	// nameStart takes the name off a requirement, nameEnd being whatever may
	// follow it.
	nameStart = regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t]*(?:$|[\[(;<=!>~@ \t])`)
	// directReference is PEP 508's url_req up to the URL.
	directReference = regexp.MustCompile(`^([A-Za-z0-9._-]+)[ \t]*(?:\[([^\]]*)\])?[ \t]*@[ \t]*(.*)$`)
	// urlMarker is the marker of a URL requirement. The semicolon needs a space
	// before it, since URLs may hold semicolons.
	urlMarker = regexp.MustCompile(`^(.*?)[ \t]+;(.*)$`)
)

// ParseRequirement reads a dependency specifier by PEP 508. Markers are kept,
// not read: deciding them is the installer's business.
func ParseRequirement(text string) (Requirement, error) {
	s := strings.TrimSpace(text)
	r := Requirement{Raw: text}
	if s == "" {
		return r, fmt.Errorf("empty requirement")
	}
	if !nameStart.MatchString(s) {
		return r, fmt.Errorf("%q does not start with the name of a package", diag.MaskText(s))
	}
	var extras string
	if m := directReference.FindStringSubmatch(s); m != nil {
		r.Name, extras, r.URL = NormalizeName(m[1]), m[2], strings.TrimSpace(m[3])
		if u := urlMarker.FindStringSubmatch(r.URL); u != nil {
			r.URL, r.Marker = u[1], strings.TrimSpace(u[2])
		}
		if r.URL == "" {
			return r, fmt.Errorf("%q has no URL after the @", s)
		}
	} else {
		d, err := pypi.ParseDependency(s)
		if err != nil {
			return r, err
		}
		r.Name, extras, r.Marker = d.Name, d.Extras, d.Environment
		if r.Specifier, err = trimSpecifier(d.Constraint); err != nil {
			return r, fmt.Errorf("%q: %w", diag.MaskText(s), err)
		}
	}
	for extra := range strings.SplitSeq(extras, ",") {
		extra = strings.TrimSpace(extra)
		switch {
		case extra == "":
		case !nameRule.MatchString(extra):
			return r, fmt.Errorf("%q: %q is not the name of an extra", diag.MaskText(s), extra)
		default:
			r.Extras = append(r.Extras, NormalizeName(extra))
		}
	}
	slices.Sort(r.Extras)
	r.Extras = slices.Compact(r.Extras)
	return r, nil
}

// extraMarker finds the extras that a marker asks for (PEP 508).
var extraMarker = regexp.MustCompile(`\bextra\s*==\s*(?:'([^']*)'|"([^"]*)")|(?:'([^']*)'|"([^"]*)")\s*==\s*extra\b`)

// markerExtras returns the extras in a marker, normalised, sorted and unique.
func markerExtras(marker string) []string {
	var extras []string
	for _, m := range extraMarker.FindAllStringSubmatch(marker, -1) {
		extras = append(extras, NormalizeName(m[1]+m[2]+m[3]+m[4]))
	}
	slices.Sort(extras)
	return slices.Compact(extras)
}
