package project

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// readTable reads a table of dependencies, such as [tool.poetry.dependencies].
// Its key python is no package.
func (m *PoetryManifest) readTable(group string, path ...string) ([]poetryDep, error) {
	if value, ok := m.File.Value(path...); ok {
		if _, isTable := value.(map[string]any); !isTable {
			return nil, mistake("PB103", m.File, m.File.At(path...), "write it like httpx = \"^0.28\", one a line",
				"%s should be a table", strings.Join(path, "."))
		}
	}
	var deps []poetryDep
	var errs []error
	for _, key := range m.File.Keys(path...) {
		keyPath := append(slices.Clone(path), key)
		value, _ := m.File.Value(keyPath...)
		at := m.File.KeyAt(keyPath...)
		if NormalizeName(key) == "python" {
			if text, ok := value.(string); ok && group == mainGroup {
				m.Python, m.PythonAt = text, m.File.At(keyPath...)
			}
			if _, err := parseConstraint(m.Python); err != nil {
				errs = append(errs, mistake("PB105", m.File, at, "write a range such as \">=3.12\"", "python: %v", err))
			}
			continue
		}
		for _, one := range asList(value) {
			d, err := readPoetryDep(key, one)
			if err != nil {
				errs = append(errs, mistake("PB103", m.File, at, "write it like httpx = \"^0.28\", or httpx = { version = \"^0.28\", extras = [\"http2\"] }",
					"%s: %v", key, err))
				continue
			}
			d.group, d.list, d.at = group, strings.Join(path, "."), at
			deps = append(deps, d)
		}
	}
	return deps, errors.Join(errs...)
}

// asList makes a list of one value, or of the types that TOML lists have.
func asList(value any) []any {
	switch v := value.(type) {
	case []any:
		return v
	case []map[string]any:
		var all []any
		for _, table := range v {
			all = append(all, table)
		}
		return all
	}
	return []any{value}
}

// readPoetryDep reads one constraint of a dependency, in a manifest or in a
// lock: a version, or a table.
func readPoetryDep(name string, value any) (poetryDep, error) {
	d := poetryDep{name: NormalizeName(name), pythons: allPythons()}
	table, isTable := value.(map[string]any)
	text := func(key string) string {
		s, _ := table[key].(string)
		return s
	}
	switch v := value.(type) {
	case string:
		d.text = v
	case map[string]any:
		d.text = text("version")
	default:
		return d, errors.New("should be a version, a table, or a list of them")
	}
	if !nameRule.MatchString(name) {
		return d, fmt.Errorf("%q is not the name of a package", name)
	}
	if d.text != "" {
		c, err := parseConstraint(d.text)
		if err != nil {
			return d, err
		}
		d.constraints = append(d.constraints, c)
	}
	if !isTable {
		return d, nil
	}
	d.optional, _ = table["optional"].(bool)
	d.git, d.url, d.path = text("git"), text("url"), text("path")+text("file")
	d.ref = text("rev") + text("tag") + text("branch")
	for _, e := range asList(table["extras"]) {
		if s, ok := e.(string); ok {
			d.extras = append(d.extras, s)
		}
	}
	d.extras = normalNames(d.extras)
	var err error
	if d.when, err = parseMarker(text("markers")); err != nil {
		return d, err
	}
	if platform := text("platform"); platform != "" {
		m, err := platformMarker(platform)
		if err != nil {
			return d, err
		}
		d.when = joinMarkers(markerAnd, d.when, m)
	}
	if python := text("python"); python != "" {
		c, err := parseConstraint(python)
		if err != nil {
			return d, fmt.Errorf("python: %w", err)
		}
		d.pythons = c.pythons()
	}
	return d, nil
}

// platformMarker is Poetry's older key platform: values of sys_platform, with
// != for all others and || between them.
func platformMarker(text string) (marker, error) {
	var all []marker
	for _, one := range poetryOr.Split(text, -1) {
		op, value := "==", strings.TrimSpace(one)
		if rest, ok := strings.CutPrefix(value, "!="); ok {
			op, value = "!=", strings.TrimSpace(rest)
		}
		value = strings.TrimSpace(strings.TrimLeft(value, "="))
		if value == "" || strings.ContainsAny(value, " \"'") {
			return marker{}, fmt.Errorf("%q is not a platform, such as linux", text)
		}
		all = append(all, marker{kind: markerIs, name: "sys_platform", op: op, value: value})
	}
	return joinMarkers(markerOr, all...), nil
}

// condition is when a dependency applies.
func (d poetryDep) condition(extras []string) markerSet {
	s := setOf(d.when.withExtras(extras))
	return s.and(markerSet{{pythons: d.pythons}})
}

// allows reports whether a locked version fits all constraints.
func (d poetryDep) allows(version string) bool {
	return !slices.ContainsFunc(d.constraints, func(c constraint) bool { return !c.allowsText(version) })
}

// direct reports another source than an index.
func (d poetryDep) direct() bool { return d.git+d.url+d.path != "" }
