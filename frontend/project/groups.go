package project

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// GroupItem is one element of a dependency group (PEP 735): a requirement, or
// another group to include.
type GroupItem struct {
	Requirement Requirement
	// Include is the normalised name of a group; Requirement is empty then.
	Include string
	At      plan.Location
}

// readGroups reads [dependency-groups] (PEP 735) and uv's older
// tool.uv.dev-dependencies, which uv adds to the group "dev".
func (p *Pyproject) readGroups() error {
	p.Groups = map[string][]GroupItem{}
	var errs []error
	for _, name := range p.File.Keys("dependency-groups") {
		group := NormalizeName(name)
		p.Groups[group] = append(p.Groups[group], p.readGroup(&errs, "dependency-groups", name)...)
	}
	if p.File.Has("tool", "uv", "dev-dependencies") {
		p.Groups["dev"] = append(p.Groups["dev"], p.readGroup(&errs, "tool", "uv", "dev-dependencies")...)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, name := range sortedKeys(p.Groups) {
		if _, err := p.Group(name); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (p *Pyproject) readGroup(errs *[]error, path ...string) []GroupItem {
	value, _ := p.File.Value(path...)
	var elements []any
	switch list := value.(type) {
	case []any:
		elements = list
	case []map[string]any: // the decoder's type for a list of tables only
		for _, table := range list {
			elements = append(elements, table)
		}
	default:
		*errs = append(*errs, mistake("PB104", p.File, p.File.At(path...), "write it like [\"pytest>=8\"]",
			"%s should be a list of requirements", strings.Join(path, ".")))
	}
	items := []GroupItem{}
	for i, element := range elements {
		elementPath := append(slices.Clone(path), strconv.Itoa(i))
		item := GroupItem{At: p.File.At(elementPath...)}
		switch v := element.(type) {
		case string:
			r, err := p.parseOne(v, elementPath...)
			if err != nil {
				*errs = append(*errs, err)
				continue
			}
			item.Requirement = r
		case map[string]any:
			include, ok := v["include-group"].(string)
			if !ok || len(v) != 1 {
				*errs = append(*errs, mistake("PB104", p.File, item.At, "write it like {include-group = \"test\"}",
					"a table in a dependency group may only hold include-group"))
				continue
			}
			item.Include = NormalizeName(include)
		default:
			*errs = append(*errs, mistake("PB104", p.File, item.At, "write it like \"pytest>=8\"",
				"an element of a dependency group should be a string or {include-group = ...}"))
			continue
		}
		items = append(items, item)
	}
	return items
}

// Group returns the requirements of a dependency group with its included
// groups (PEP 735).
func (p *Pyproject) Group(name string) ([]Requirement, error) {
	return p.flatten(NormalizeName(name), nil)
}

func (p *Pyproject) flatten(name string, parents []string) ([]Requirement, error) {
	rs := []Requirement{}
	parents = append(parents, name)
	for _, item := range p.Groups[name] {
		if item.Include == "" {
			rs = append(rs, item.Requirement)
			continue
		}
		if _, ok := p.Groups[item.Include]; !ok {
			return nil, mistake("PB104", p.File, item.At, "groups are: "+strings.Join(sortedKeys(p.Groups), ", "),
				"dependency group %q includes %q, which does not exist", name, item.Include)
		}
		if slices.Contains(parents, item.Include) {
			return nil, mistake("PB104", p.File, item.At, "remove one of the includes",
				"dependency groups include each other: %s -> %s", strings.Join(parents, " -> "), item.Include)
		}
		included, err := p.flatten(item.Include, parents)
		if err != nil {
			return nil, err
		}
		rs = append(rs, included...)
	}
	return rs, nil
}
