package project

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

const pipfileHint = "run `pipenv lock` and commit Pipfile.lock"

// The sections of a Pipfile.lock for [packages] and [dev-packages].
const (
	pipfileDefault = "default"
	pipfileDevelop = "develop"
)

// PipfileLock is a Pipfile.lock.
// (https://pipenv.pypa.io/en/latest/pipfile.html, and plette's lockfiles.py)
type PipfileLock struct {
	Name string
	Data []byte

	manifest *Pipfile
	file     *jsonFile
	meta     pipfileMeta
	sections map[string]map[string]pipfilePackage
	keys     map[string]map[string]string // of each section, by normalised name
}

type pipfileMeta struct {
	Hash     map[string]string `json:"hash"`
	Spec     int               `json:"pipfile-spec"`
	Requires struct {
		Python     string `json:"python_version"`
		FullPython string `json:"python_full_version"`
	} `json:"requires"`
	Sources []struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	} `json:"sources"`
}

// pipfilePackage is one package of a section.
type pipfilePackage struct {
	Version      string   `json:"version"`
	Hashes       []string `json:"hashes"`
	Markers      string   `json:"markers"`
	Index        string   `json:"index"`
	Extras       []string `json:"extras"`
	Git          string   `json:"git"`
	Hg           string   `json:"hg"`
	Svn          string   `json:"svn"`
	Bzr          string   `json:"bzr"`
	Ref          string   `json:"ref"`
	Subdirectory string   `json:"subdirectory"`
	Path         string   `json:"path"`
	File         string   `json:"file"`
	Editable     bool     `json:"editable"`

	marker marker
}

// ParsePipfileLock reads a Pipfile.lock; name is what messages call it, p the
// Pipfile beside it, nil if there is none.
func ParsePipfileLock(name string, data []byte, p *Pipfile) (*PipfileLock, error) {
	var raw map[string]json.RawMessage
	file, err := parseJSON(name, data, &raw, pipfileHint)
	if err != nil {
		return nil, err
	}
	if err := checkLockCredentials(name, file.data, "write the credential as ${NAME} in the Pipfile, revoke it, and run `pipenv lock` again"); err != nil {
		return nil, err
	}
	l := &PipfileLock{Name: name, Data: file.data, manifest: p, file: file, sections: map[string]map[string]pipfilePackage{}, keys: map[string]map[string]string{}}
	if err := l.decode(raw["_meta"], &l.meta, "_meta"); err != nil {
		return nil, err
	}
	// Pipenv has written 6 since 2018.
	if l.meta.Spec != 6 {
		return nil, l.mistake("PB107", file.keyAt("_meta", "pipfile-spec"), "lock with a Pipenv of today",
			"%s has the pipfile-spec %d, and this pybuild reads 6", name, l.meta.Spec)
	}
	for _, section := range sortedKeys(raw) {
		if section == "_meta" {
			continue
		}
		var packages map[string]pipfilePackage
		if err := l.decode(raw[section], &packages, section); err != nil {
			return nil, err
		}
		var values map[string]map[string]any
		if err := l.decode(raw[section], &values, section); err != nil {
			return nil, err
		}
		if err := tooMany(file.keyAt(section), file.data, "package", len(packages)); err != nil {
			return nil, err
		}
		l.keys[section] = map[string]string{}
		for _, key := range sortedKeys(packages) {
			pkg := packages[key]
			if !nameRule.MatchString(key) {
				return nil, l.mistake("PB108", file.keyAt(section, key), pipfileHint, "%q is not the name of a package", key)
			}
			if pkg.marker, err = pipfileMarker(pkg.Markers, values[key]); err != nil {
				return nil, l.mistake("PB108", file.keyAt(section, key), pipfileHint, "%s: %v", key, err)
			}
			for _, h := range pkg.Hashes {
				if _, _, err := parseSum(h); err != nil {
					return nil, l.mistake("PB108", file.keyAt(section, key, "hashes"), pipfileHint, "%s: %v", key, err)
				}
			}
			packages[key] = pkg
			if _, ok := l.keys[section][NormalizeName(key)]; !ok {
				l.keys[section][NormalizeName(key)] = key
			}
		}
		l.sections[section] = packages
	}
	return l, nil
}

func (l *PipfileLock) decode(raw json.RawMessage, v any, section string) error {
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return l.mistake("PB108", l.file.keyAt(section), pipfileHint, "%s: %v", section, err)
	}
	return nil
}

func (l *PipfileLock) mistake(code string, at plan.Location, hint, format string, args ...any) *diag.Error {
	return &diag.Error{Code: code, At: at, Source: l.Data, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// pipfileMarker joins markers with the keys that are variables of markers, as
// in `sys_platform = "== 'win32'"`.
func pipfileMarker(text string, table map[string]any) (marker, error) {
	m, err := parseMarker(text)
	if err != nil {
		return m, err
	}
	for _, name := range []string{"os_name", "sys_platform", "platform_machine", "platform_python_implementation", "platform_release",
		"platform_system", "platform_version", "python_version", "python_full_version", "implementation_name", "implementation_version"} {
		comparison, ok := table[name].(string)
		if !ok {
			continue
		}
		one, err := parseMarker(name + " " + comparison)
		if err != nil {
			return m, err
		}
		m = joinMarkers(markerAnd, m, one)
	}
	return m, nil
}

// Set implements OtherLock. Pipenv knows no extras; its groups are the
// categories of the Pipfile, of which dev-packages is called dev here too.
func (l *PipfileLock) Set(sel Selection) (*LockedSet, error) {
	for _, extra := range sel.Extras {
		e := sel.unknown("extra", extra, nil)
		e.Hint = "Pipenv knows none: name a category of the Pipfile in groups"
		return nil, e
	}
	sections := []string{pipfileDefault}
	for _, group := range sel.Groups {
		section, err := l.section(sel, group)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(sections, section) {
			sections = append(sections, section)
		}
	}
	s := &LockedSet{File: l.Name, Source: l.Data}
	places := map[string]int{} // of s.Packages, by name
	var markers [][]marker     // of each, of which one has to hold
	for _, section := range sections {
		for _, key := range sortedKeys(l.sections[section]) {
			pkg := l.sections[section][key]
			m := pkg.marker.withExtras(nil)
			if m.never() || m.neverOnLinux() || pkg.unlocked() && len(setOf(m).and(l.pythons())) == 0 {
				continue
			}
			p, err := l.setPackage(section, key, pkg)
			if err != nil {
				return nil, err
			}
			at, ok := places[p.Name]
			if !ok {
				at, places[p.Name] = len(s.Packages), len(s.Packages)
				s.Packages, markers = append(s.Packages, p), append(markers, nil)
			}
			q := &s.Packages[at]
			if q.Version != p.Version {
				s.Warnings = append(s.Warnings, diag.Warning{Rule: "LockConflict", At: p.At, Source: l.Data,
					Message: fmt.Sprintf("%s is locked as %s in %s and as %s in default, which is the one taken", p.Name, p.Version, section, q.Version),
					Hint:    "run `pipenv lock` with a Pipenv from 2023 or later, which locks categories together"})
				continue
			}
			markers[at] = append(markers[at], m)
			q.Extras, q.Hashes = append(q.Extras, p.Extras...), append(q.Hashes, p.Hashes...)
		}
	}
	for i := range s.Packages {
		s.Packages[i].Marker = joinMarkers(markerOr, markers[i]...).String()
	}
	s.finish()
	return s, nil
}

// pythons are the releases of Python that the lock is for.
func (l *PipfileLock) pythons() markerSet {
	spec, _ := l.RequiresPython()
	c, err := parseConstraint(spec)
	if err != nil {
		return everywhere()
	}
	return markerSet{{pythons: c.pythons()}}
}

// section is the part of the lock for a group.
func (l *PipfileLock) section(sel Selection, group string) (string, error) {
	switch NormalizeName(group) {
	case "dev", "develop", "dev-packages":
		return pipfileDevelop, nil
	case "default", "packages":
		return pipfileDefault, nil
	}
	for _, section := range sortedKeys(l.sections) {
		if NormalizeName(section) == NormalizeName(group) {
			return section, nil
		}
	}
	return "", sel.unknown("group", group, sortedKeys(l.sections))
}

// Python is the version of Python that the lock was made for; nil if it does
// not say.
func (l *PipfileLock) Python() *PythonRequest {
	requires := l.meta.Requires
	for _, r := range []struct{ key, text string }{{"python_full_version", requires.FullPython}, {"python_version", requires.Python}} {
		if r.text != "" && r.text != "*" {
			return &PythonRequest{Text: r.text, At: l.file.keyAt("_meta", "requires", r.key), Source: l.Data}
		}
	}
	return nil
}

// RequiresPython implements OtherLock.
func (l *PipfileLock) RequiresPython() (string, plan.Location) {
	r := l.Python()
	switch {
	case r == nil:
		return "", plan.Location{}
	}
	// A patch release is no reason to refuse another one.
	numbers := strings.Split(r.Text, ".")
	return pythonSpecifier("==" + strings.Join(numbers[:min(2, len(numbers))], ".") + ".*"), r.At
}

// Stale implements OtherLock.
func (l *PipfileLock) Stale() ([]diag.Warning, error) { return pipfileComparison{l}.run() }
