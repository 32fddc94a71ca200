package explain

import (
	"slices"
	"strings"
)

// Change is something that can differ between two builds, and the steps that then run.
type Change struct {
	Of Input
	// Runs are the steps that read it. Follow are those that read their results, and
	// run only where those differ.
	Runs, Follow []string
}

// Changes are all that can differ, in the order of the plan. Wheels are one: another
// lock changes the steps themselves.
func (e *Explanation) Changes() []Change {
	var all []Change
	for _, s := range e.Steps {
		for _, in := range e.Keys[s.ID] {
			switch in.Kind {
			case Image, Files, Text:
			case Wheel:
				in.Name = "a wheel"
			case Scripts:
				in.Name = "pybuild's own scripts"
			default:
				continue
			}
			i := slices.IndexFunc(all, func(c Change) bool { return c.Of == in })
			if i < 0 {
				all, i = append(all, Change{Of: in}), len(all)
			}
			if !slices.Contains(all[i].Runs, s.ID) {
				all[i].Runs = append(all[i].Runs, s.ID)
			}
		}
	}
	for i, c := range all {
		all[i].Follow = e.after(c.Runs)
	}
	return all
}

// after are the steps that read the results of others, directly or not.
func (e *Explanation) after(steps []string) []string {
	reached := slices.Clone(steps)
	var follow []string
	for _, s := range e.Steps {
		if slices.Contains(reached, s.ID) {
			continue
		}
		if slices.ContainsFunc(e.Keys[s.ID], func(in Input) bool { return in.Kind == Step && slices.Contains(reached, in.Name) }) {
			reached, follow = append(reached, s.ID), append(follow, s.ID)
		}
	}
	return follow
}

// changes prints what each change runs again.
func (e *Explanation) changes(b *strings.Builder) {
	b.WriteString("\nA change of\n")
	for _, c := range e.Changes() {
		if c.Of.Kind == Scripts {
			continue // with a new version of pybuild
		}
		b.WriteString("  " + c.Of.Name + "\n")
		if len(c.Runs) == len(e.Steps) {
			b.WriteString("    runs all steps\n")
			continue
		}
		for _, id := range c.Runs {
			b.WriteString("    runs " + e.Step(id).Name + "\n")
		}
		for _, id := range c.Follow {
			b.WriteString("    then, if the result differs, " + e.Step(id).Name + "\n")
		}
	}
}
