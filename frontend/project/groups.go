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
	walk := groupWalk{Pyproject: p}
	for _, name := range sortedKeys(p.Groups) {
		if err := walk.visit(name); err != nil {
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
// groups (PEP 735), each of them once.
func (p *Pyproject) Group(name string) ([]Requirement, error) {
	walk := groupWalk{Pyproject: p, found: []Requirement{}}
	if err := walk.visit(NormalizeName(name)); err != nil {
		return nil, err
	}
	return walk.found, nil
}

// groupWalk gathers the requirements of groups. Each group is visited once: a few that
// include each other twice would else be more than any machine can list.
type groupWalk struct {
	*Pyproject
	parents []string
	open    map[string]bool // the parents
	done    map[string]bool
	found   []Requirement
}

func (w *groupWalk) visit(name string) error {
	if w.done == nil {
		w.open, w.done = map[string]bool{}, map[string]bool{}
	}
	if w.done[name] {
		return nil
	}
	w.done[name], w.open[name] = true, true
	w.parents = append(w.parents, name)
	defer func() { w.open[name], w.parents = false, w.parents[:len(w.parents)-1] }()
	for _, item := range w.Groups[name] {
		if item.Include == "" {
			w.found = append(w.found, item.Requirement)
			continue
		}
		if _, ok := w.Groups[item.Include]; !ok {
			return mistake("PB104", w.File, item.At, "groups are: "+strings.Join(sortedKeys(w.Groups), ", "),
				"dependency group %q includes %q, which does not exist", name, item.Include)
		}
		if w.open[item.Include] {
			return mistake("PB104", w.File, item.At, "remove one of the includes",
				"dependency groups include each other: %s -> %s", strings.Join(w.parents, " -> "), item.Include)
		}
		if err := w.visit(item.Include); err != nil {
			return err
		}
	}
	return nil
}
