package project

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// entry reads one requirement with its options.
func (p *reqParser) entry(at plan.Location, text string, options []reqOption, editable, constraint bool) {
	e := RequirementLine{Location: at, Editable: editable}
	for _, o := range options {
		if o.name == "hash" && !p.hash(&e, o.value) {
			return
		}
	}
	if !p.target(&e, text) {
		return
	}
	if constraint {
		p.out.ConstraintEntries = append(p.out.ConstraintEntries, e)
		p.out.constraints[e.Requirement.Name] = append(p.out.constraints[e.Requirement.Name], e)
	} else {
		p.out.Entries = append(p.out.Entries, e)
	}
}

// hash adds a sum to a requirement. pip takes capital digits too.
func (p *reqParser) hash(e *RequirementLine, text string) bool {
	text = strings.ToLower(text)
	if _, _, err := parseSum(text); err != nil || !pipTakes(text) {
		p.fail("PB115", e.Location, "write it like --hash=sha256:<64 digits>", fmt.Sprintf("%.150q is not a hash that pip takes", text))
		return false
	}
	e.Hashes = append(e.Hashes, text)
	return true
}

// target finds out what a requirement is: a URL, a path, or a name.
func (p *reqParser) target(e *RequirementLine, text string) bool {
	at := e.Location
	switch {
	case isURL(text) || isPath(text) || e.Editable:
		rest, marker := text, ""
		if m := urlMarker.FindStringSubmatch(text); m != nil {
			rest, marker = m[1], strings.TrimSpace(m[2])
		}
		e.Requirement = Requirement{Marker: marker, Raw: text, At: at}
		if isURL(rest) {
			e.Requirement.URL = rest
			e.Requirement.Name = NormalizeName(fragment(rest, "egg"))
			if e.Requirement.Name == "" {
				e.Requirement.Name = fileProject(rest)
			}
			break
		}
		// Extras may follow a path: ./pkg[extra].
		if i := strings.LastIndexByte(rest, '['); i > 0 && strings.HasSuffix(rest, "]") {
			rest = rest[:i]
		}
		return p.local(e, rest)
	default:
		r, err := ParseRequirement(text)
		if err != nil {
			p.fail("PB103", at, requirementHint(text, "httpx>=0.27"), "not a valid requirement: "+err.Error())
			return false
		}
		r.At = at
		e.Requirement = r
	}
	location := e.Requirement.URL
	switch {
	case location == "":
	case strings.HasPrefix(location, "file:"):
		return p.local(e, filePath(location))
	case isPath(location) && !isURL(location):
		return p.local(e, location)
	case vcsURL.MatchString(location):
		e.VCS = true
	default:
		e.URL = true
		// pip takes the hash from a URL's fragment too.
		for _, algorithm := range []string{"sha256", "sha384", "sha512"} {
			if sum := fragment(location, algorithm); sum != "" && !p.hash(e, algorithm+":"+sum) {
				return false
			}
		}
	}
	return true
}

// local checks that a path is in the context.
func (p *reqParser) local(e *RequirementLine, target string) bool {
	clean, ok := inContext(target)
	if !ok {
		p.fail("PB114", e.Location, "move it into the project, or publish it to an index", "the path "+target+" leads out of the build context")
		return false
	}
	if envVar.MatchString(target) {
		p.fail("PB114", e.Location, "write the path itself", "a path with variables cannot be mounted")
		return false
	}
	if _, err := fs.Stat(p.fsys, clean); err != nil {
		p.fail("PB113", e.Location, "paths are relative to the build context; check that .dockerignore does not exclude it", clean+" is not in the build context")
		return false
	}
	e.LocalPath = clean
	if e.Requirement.Name == "" {
		e.Requirement.Name = fileProject(clean)
	}
	return true
}

var (
	urlScheme = regexp.MustCompile(`^(?:(?:git|hg|svn|bzr)(?:\+[a-z]+)?|https?|ftp|file):`)
	vcsURL    = regexp.MustCompile(`^(?:git|hg|svn|bzr)(?:\+[a-z]+)?:`)
	// archive are the names that pip takes for files without a directory.
	beforeVersion = regexp.MustCompile(`^.+?-[0-9]`)
	archive       = regexp.MustCompile(`\.(?:whl|zip|tar|tgz|tbz|txz|tar\.(?:gz|bz2|xz|lzma))(?:\[[^\]]*\])?$`)
)

func isURL(text string) bool { return urlScheme.MatchString(text) }

// isPath applies pip's rule: a path has a separator or starts with a dot, or is
// the name of an archive. A direct reference `name @ URL` is none.
func isPath(text string) bool {
	if m := urlMarker.FindStringSubmatch(text); m != nil {
		text = m[1]
	} else {
		text, _, _ = strings.Cut(text, ";")
	}
	text = strings.TrimSpace(text)
	if directReference.MatchString(text) || strings.ContainsAny(text, "<>=!~") {
		return strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/")
	}
	return strings.ContainsRune(text, '/') || strings.HasPrefix(text, ".") || archive.MatchString(text)
}

// fragment returns a value of a URL's fragment, such as egg=name.
func fragment(location, key string) string {
	_, frag, _ := strings.Cut(location, "#")
	for part := range strings.SplitSeq(frag, "&") {
		if k, v, ok := strings.Cut(part, "="); ok && k == key {
			v, _, _ = strings.Cut(v, "[")
			return v
		}
	}
	return ""
}

// fileProject is the project's name in the name of a wheel (PEP 427) or sdist
// (PEP 625); "" for anything else.
func fileProject(location string) string {
	name := path.Base(urlFileName(location))
	if !archive.MatchString(name) {
		return ""
	}
	project, _, _ := strings.Cut(name, "-")
	if !strings.HasSuffix(name, ".whl") {
		// Names of sdists may have dashes; versions start with a digit.
		project = strings.TrimRight(beforeVersion.FindString(name), "0123456789")
	}
	if project = strings.TrimSuffix(project, "-"); !nameRule.MatchString(project) {
		return ""
	}
	return NormalizeName(project)
}
