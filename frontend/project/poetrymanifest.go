package project

import (
	"errors"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// mainGroup is Poetry's name of the dependencies that are in no group.
const mainGroup = "main"

// PoetryManifest is what a pyproject.toml asks of Poetry: [project] and
// [dependency-groups] since Poetry 2, [tool.poetry] before, or both, the one
// adding to the other. (poetry-core's factory.py and dependency_group.py)
type PoetryManifest struct {
	File *tomlfile.File
	// Python is the range of Pythons in Poetry's language; PythonAt its place.
	Python   string
	PythonAt plan.Location
	// Groups are the names of the groups without "main", normalised and sorted.
	Groups []string
	// Extras are the names of what each extra installs, both normalised.
	Extras map[string][]string

	deps []poetryDep
}

// poetryDep is a dependency in the terms of Poetry.
type poetryDep struct {
	name string
	// group is normalised; list is what the file calls the table.
	group, list string
	at          plan.Location
	extras      []string
	// text is the constraint as written; constraints all have to hold.
	text        string
	constraints []constraint
	when        marker
	pythons     pySet
	optional    bool
	inExtras    []string
	// git, url and path are other sources than an index; ref is of git.
	git, ref, url, path string
}

// ReadPoetryManifest reads what a pyproject.toml asks of Poetry.
func ReadPoetryManifest(p *Pyproject) (*PoetryManifest, error) {
	m := &PoetryManifest{File: p.File, Extras: map[string][]string{}}
	if p.RequiresPython != "" {
		m.Python, m.PythonAt = p.RequiresPython, p.File.At("project", "requires-python")
	}
	err := errors.Join(m.readMain(p), m.readGroups(p))
	if err != nil {
		return nil, err
	}
	for _, d := range m.deps {
		if d.group != mainGroup {
			m.Groups = append(m.Groups, d.group)
		}
	}
	for _, name := range append(p.File.Keys("tool", "poetry", "group"), sortedKeys(p.Groups)...) {
		m.Groups = append(m.Groups, NormalizeName(name))
	}
	m.Groups = sortedUnique(m.Groups)
	return m, nil
}

// readMain reads the main dependencies and the extras.
func (m *PoetryManifest) readMain(p *Pyproject) error {
	var ours []poetryDep
	for _, r := range p.Dependencies {
		ours = append(ours, pep508Dep(r, mainGroup, "project.dependencies"))
	}
	for _, extra := range sortedKeys(p.Optional) {
		for _, r := range p.Optional[extra] {
			d := pep508Dep(r, mainGroup, "project.optional-dependencies."+extra)
			d.optional, d.inExtras = true, []string{extra}
			ours = append(ours, d)
			m.Extras[extra] = append(m.Extras[extra], d.name)
		}
	}
	theirs, err := m.readTable(mainGroup, "tool", "poetry", "dependencies")
	if err != nil {
		return err
	}
	if len(ours) == 0 {
		if err := m.readExtras(theirs); err != nil {
			return err
		}
	}
	m.deps = append(m.deps, enrich(ours, theirs, p.IsDynamic("dependencies") || p.IsDynamic("optional-dependencies"))...)
	return nil
}

// readExtras reads [tool.poetry.extras], which names optional dependencies.
func (m *PoetryManifest) readExtras(deps []poetryDep) error {
	var extras map[string][]string
	if err := m.File.Decode(&extras, "tool", "poetry", "extras"); err != nil {
		return err
	}
	for _, extra := range sortedKeys(extras) {
		name := NormalizeName(extra)
		if _, ok := m.Extras[name]; !ok {
			m.Extras[name] = nil // without dependencies so far
		}
		for i := range deps {
			// Poetry leaves out what is no dependency.
			if slices.Contains(normalNames(extras[extra]), deps[i].name) {
				deps[i].inExtras = append(deps[i].inExtras, name)
				m.Extras[name] = append(m.Extras[name], deps[i].name)
			}
		}
	}
	return nil
}

// readGroups reads [dependency-groups] (PEP 735), [tool.poetry.group], and
// tool.poetry.dev-dependencies, which was the group dev before there were any.
func (m *PoetryManifest) readGroups(p *Pyproject) error {
	ours := map[string][]poetryDep{}
	for _, group := range sortedKeys(p.Groups) {
		for _, item := range p.Groups[group] {
			if item.Include == "" {
				ours[group] = append(ours[group], pep508Dep(item.Requirement, group, "dependency-groups."+group))
			}
		}
	}
	theirs, includes := map[string][]poetryDep{}, map[string][]string{}
	for _, name := range m.File.Keys("tool", "poetry", "group") {
		group := NormalizeName(name)
		deps, err := m.readTable(group, "tool", "poetry", "group", name, "dependencies")
		if err != nil {
			return err
		}
		theirs[group] = append(theirs[group], deps...)
		var include []string
		if err := m.File.Decode(&include, "tool", "poetry", "group", name, "include-groups"); err != nil {
			return err
		}
		includes[group] = append(includes[group], normalNames(include)...)
	}
	dev, err := m.readTable("dev", "tool", "poetry", "dev-dependencies")
	if err != nil {
		return err
	}
	theirs["dev"] = append(theirs["dev"], dev...)
	all := map[string][]poetryDep{}
	for _, group := range sortedUnique(append(sortedKeys(ours), sortedKeys(theirs)...)) {
		all[group] = enrich(ours[group], theirs[group], false)
		for _, item := range p.Groups[group] {
			if item.Include != "" {
				includes[group] = append(includes[group], item.Include)
			}
		}
	}
	for _, group := range sortedKeys(all) {
		for _, included := range reachable(group, includes) {
			for _, d := range all[included] {
				d.group = group
				m.deps = append(m.deps, d)
			}
		}
	}
	return nil
}

// reachable are a group and those that it includes, directly or not.
func reachable(group string, includes map[string][]string) []string {
	found := []string{group}
	for i := 0; i < len(found); i++ {
		for _, next := range includes[found[i]] {
			if !slices.Contains(found, next) {
				found = append(found, next)
			}
		}
	}
	return found
}

// enrich adds what [tool.poetry] says of dependencies that are listed by the
// standards: a source, a narrower constraint, or markers.
func enrich(ours, theirs []poetryDep, dynamic bool) []poetryDep {
	if len(ours) == 0 {
		return theirs
	}
	var all []poetryDep
	used := map[string]bool{}
	for _, d := range ours {
		used[d.name] = true
		enriched := false
		for _, t := range theirs {
			if t.name != d.name {
				continue
			}
			e := d
			e.constraints = append(slices.Clone(d.constraints), t.constraints...)
			e.when = joinMarkers(markerAnd, d.when, t.when)
			e.pythons = d.pythons.and(t.pythons)
			e.extras = sortedUnique(append(slices.Clone(d.extras), t.extras...))
			if d.git+d.url+d.path == "" {
				e.git, e.ref, e.url, e.path = t.git, t.ref, t.url, t.path
			}
			if t.text != "" && t.text != "*" {
				e.text = strings.Trim(d.text+","+t.text, ",")
			}
			all, enriched = append(all, e), true
		}
		if !enriched {
			all = append(all, d)
		}
	}
	for _, t := range theirs {
		if dynamic && !used[t.name] {
			all = append(all, t)
		}
	}
	return all
}

// pep508Dep converts a requirement of the standards.
func pep508Dep(r Requirement, group, list string) poetryDep {
	d := poetryDep{name: r.Name, group: group, list: list, at: r.At, extras: r.Extras, text: r.Specifier, pythons: allPythons()}
	if c, err := parseConstraint(r.Specifier); err == nil && r.Specifier != "" {
		d.constraints = append(d.constraints, c)
	}
	if m, err := parseMarker(r.Marker); err == nil {
		d.when = m
	}
	switch {
	case strings.HasPrefix(r.URL, "git+"):
		d.git, d.ref = splitGitRef(strings.TrimPrefix(r.URL, "git+"))
	case strings.HasPrefix(r.URL, "file:"):
		d.path = filePath(r.URL)
	case r.URL != "" && !isURL(r.URL):
		d.path = r.URL
	default:
		d.url = r.URL
	}
	return d
}

// splitGitRef splits a pip style git URL at its revision.
func splitGitRef(location string) (repository, ref string) {
	location, _, _ = strings.Cut(location, "#")
	i := strings.LastIndexByte(location, '@')
	if i < 0 || i < strings.LastIndexByte(location, '/') {
		return location, ""
	}
	return location[:i], location[i+1:]
}
