package project

import (
	"bytes"
	"regexp"
	"strings"

	"deps.dev/util/semver"
)

// Requirements renders the packages that are not local in pip's format for
// requirements files. Every dependency is listed, so it is to be installed
// without looking for more (--no-deps).
func (s *LockedSet) Requirements() ([]byte, error) {
	return s.render(func(p SetPackage) bool { return p.Path == "" })
}

// LocalRequirements renders the local packages in pip's format, with paths
// relative to the context's root. Directories have no hashes, so an install
// that requires them needs a list of their own.
func (s *LockedSet) LocalRequirements() ([]byte, error) {
	return s.render(func(p SetPackage) bool { return p.Path != "" })
}

func (s *LockedSet) render(take func(SetPackage) bool) ([]byte, error) {
	var b bytes.Buffer
	for _, p := range s.Packages {
		if !take(p) {
			continue
		}
		target, err := s.target(p)
		if err != nil {
			return nil, err
		}
		b.WriteString(target)
		if p.Marker != "" {
			b.WriteString(" ; " + p.Marker)
		}
		for _, h := range p.Hashes {
			b.WriteString(" \\\n    --hash=" + h)
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// notInLine are what would end a requirement, or its line, early.
var notInLine = regexp.MustCompile(`[\s\x00-\x1f\x7f\\]`)

// target is the requirement up to its marker.
func (s *LockedSet) target(p SetPackage) (string, error) {
	for _, text := range []string{p.Version, p.URL, p.Path} {
		if notInLine.MatchString(text) {
			return "", s.mistake("PB120", p.At, "use a name without blanks", "%s has %q, which cannot be written in a line of requirements", p.Name, text)
		}
	}
	if _, err := semver.PyPI.Parse(p.Version); err != nil && p.Version != "" {
		return "", s.mistake("PB120", p.At, "lock again with the tool that wrote the file", "%s has the version %q, which is none by PEP 440", p.Name, p.Version)
	}
	name := p.Name
	if len(p.Extras) > 0 {
		name += "[" + strings.Join(p.Extras, ",") + "]"
	}
	switch {
	case p.Path != "" && p.Editable:
		return "-e ./" + p.Path, nil
	case p.Path != "":
		return "./" + p.Path, nil
	case p.URL != "":
		return name + " @ " + p.URL, nil
	case p.Version == "":
		return "", s.mistake("PB120", p.At, "lock again with the tool that wrote the file", "%s has no version", p.Name)
	case len(p.Hashes) == 0:
		return "", s.mistake("PB120", p.At, "lock again with an index that serves hashes", "%s has no hash, so what is installed could change", name+"=="+p.Version)
	}
	return name + "==" + p.Version, nil
}
