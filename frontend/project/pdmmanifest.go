package project

import (
	"errors"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// pdmManifest is what a pyproject.toml asks of PDM, by group: "default" for
// project.dependencies, the extras, [dependency-groups] (PEP 735), and
// [tool.pdm.dev-dependencies]. All names are normalised.
type pdmManifest struct {
	groups map[string][]pdmDep
	// overridden and excluded are the names of tool.pdm.resolution.
	overridden, excluded []string
}

// pdmDep is a dependency, in the manifest or in the lock.
type pdmDep struct {
	Requirement
	name   string
	extras []string
	spec   constraint
	when   marker
	list   string
	// via is the extra of the project itself that the group takes it from.
	via string
}

func (d pdmDep) allows(version string) bool { return d.Specifier == "" || d.spec.allowsText(version) }

// readPdmDep reads a requirement (PEP 508), or one of PDM's own form for
// editable ones, `-e URL#egg=NAME`.
func readPdmDep(text string) (pdmDep, error) {
	if rest, ok := strings.CutPrefix(strings.TrimSpace(text), "-e "); ok {
		location := strings.TrimSpace(rest)
		name := fragment(location, "egg")
		if name == "" {
			name = urlFileName(strings.TrimSuffix(location, "/"))
		}
		r := Requirement{Name: NormalizeName(name), URL: location, Raw: text}
		return pdmDep{Requirement: r, name: r.Name}, nil
	}
	r, err := ParseRequirement(text)
	if err != nil {
		return pdmDep{}, err
	}
	return pdmDepOf(r)
}

func pdmDepOf(r Requirement) (pdmDep, error) {
	d := pdmDep{Requirement: r, name: r.Name, extras: r.Extras}
	var err error
	if d.when, err = parseMarker(r.Marker); err != nil {
		return d, err
	}
	if r.Specifier != "" {
		d.spec, err = parseConstraint(r.Specifier)
	}
	return d, err
}

func readPdmManifest(p *Pyproject) (*pdmManifest, error) {
	m := &pdmManifest{groups: map[string][]pdmDep{pdmDefault: nil}}
	var errs []error
	add := func(group, list string, rs []Requirement) {
		if _, ok := m.groups[group]; !ok {
			m.groups[group] = nil
		}
		for _, r := range rs {
			d, err := pdmDepOf(r)
			if err != nil {
				errs = append(errs, mistake("PB103", p.File, r.At, "write it like \"httpx>=0.27\" (PEP 508)", "not a valid requirement: %v", err))
				continue
			}
			d.list = list
			m.groups[group] = append(m.groups[group], d)
		}
	}
	add(pdmDefault, "project.dependencies", p.Dependencies)
	for _, extra := range sortedKeys(p.Optional) {
		add(extra, "project.optional-dependencies."+extra, p.Optional[extra])
	}
	for _, group := range sortedKeys(p.Groups) {
		rs, err := p.Group(group)
		if err != nil {
			return nil, err
		}
		add(group, "dependency-groups."+group, rs)
	}
	errs = append(errs, m.readDev(p), m.readResolution(p))
	m.expandSelf(NormalizeName(p.Name))
	return m, errors.Join(errs...)
}

// readDev reads [tool.pdm.dev-dependencies], whose requirements were tables in
// PDM's first form.
func (m *pdmManifest) readDev(p *Pyproject) error {
	var errs []error
	for _, key := range p.File.Keys("tool", "pdm", "dev-dependencies") {
		group := NormalizeName(key)
		if _, ok := m.groups[group]; !ok {
			m.groups[group] = nil
		}
		value, _ := p.File.Value("tool", "pdm", "dev-dependencies", key)
		for i, element := range asList(value) {
			path := []string{"tool", "pdm", "dev-dependencies", key, itoa(i)}
			var d pdmDep
			err := errors.New("it should be a string")
			switch v := element.(type) {
			case string:
				d, err = readPdmDep(v)
			case map[string]any:
				d, err = readPdmTable(v)
			}
			d.At, d.list = p.File.At(path...), "tool.pdm.dev-dependencies."+group
			if err != nil {
				errs = append(errs, mistake("PB103", p.File, d.At, "write it like \"httpx>=0.27\" (PEP 508)", "not a valid requirement: %v", err))
				continue
			}
			m.groups[group] = append(m.groups[group], d)
		}
	}
	return errors.Join(errs...)
}

// readPdmTable reads a requirement with a source, { git = URL, name = NAME }.
func readPdmTable(table map[string]any) (pdmDep, error) {
	text := func(key string) string {
		s, _ := table[key].(string)
		return s
	}
	r := Requirement{Name: NormalizeName(text("name")), URL: text("url")}
	switch {
	case !nameRule.MatchString(r.Name):
		return pdmDep{}, errors.New("it has no name")
	case text("git") != "":
		r.URL = "git+" + text("git")
		if ref := text("ref"); ref != "" {
			r.URL += "@" + ref
		}
	case text("path") != "":
		r.URL = text("path")
	}
	return pdmDepOf(r)
}

// readResolution reads the names whose requirements are not the manifest's.
func (m *pdmManifest) readResolution(p *Pyproject) error {
	for _, name := range p.File.Keys("tool", "pdm", "resolution", "overrides") {
		m.overridden = append(m.overridden, NormalizeName(name))
	}
	// A file of constraints is as good as overrides, and may name anything.
	value, _ := p.File.Value("tool", "pdm", "resolution", "excludes")
	for _, v := range asList(value) {
		if s, ok := v.(string); ok {
			m.excluded = append(m.excluded, NormalizeName(s))
		}
	}
	return nil
}

// expandSelf replaces requirements on extras of the project itself by those.
func (m *pdmManifest) expandSelf(self string) {
	expanded := map[string][]pdmDep{}
	for _, group := range sortedKeys(m.groups) {
		included := []string{group}
		var deps []pdmDep
		for i := 0; i < len(included); i++ {
			for _, d := range m.groups[included[i]] {
				if d.name != self || self == "" {
					if i > 0 {
						d.via = included[i]
					}
					deps = append(deps, d)
					continue
				}
				for _, extra := range d.extras {
					if !slices.Contains(included, extra) {
						included = append(included, extra)
					}
				}
			}
		}
		expanded[group] = deps
	}
	m.groups = expanded
}

// at is the place of a dependency, which older lists may lack.
func (d pdmDep) at() plan.Location { return d.Requirement.At }
