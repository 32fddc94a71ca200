package explain

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/pybuild/pybuild/llb/plan"
)

// Text is the explanation for people: what was decided, the image as a tree of what it is
// made of, and what a change runs again.
func (e *Explanation) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s for %s\n\nDecided\n", e.Target, e.Platform)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, d := range e.Decisions {
		reason := d.Reason
		if at := d.At.String(); at != "" && !strings.Contains(reason, at) {
			reason += " (" + at + ")"
		}
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\n", d.What, d.Value, reason)
	}
	_ = w.Flush()
	b.WriteString("\nImage: each step, and below it what it runs again for\n")
	t := &tree{e: e, out: &b, seen: map[string]bool{}}
	t.image()
	e.changes(&b)
	e.runs(&b)
	return plan.Printable(b.String())
}

// tree prints the image.
type tree struct {
	e    *Explanation
	out  *strings.Builder
	seen map[string]bool
}

func (t *tree) image() {
	refs := append([]plan.Ref{t.e.Root}, t.e.Layers...)
	for i, r := range refs {
		last := i == len(refs)-1
		if r.Step != "" {
			t.step(r.Step, "  ", last)
			continue
		}
		t.line("  ", last, t.e.Images[r.Image].Ref)
	}
	t.others()
}

// others are steps whose results planning reads, or nobody.
func (t *tree) others() {
	var ids []string
	for _, s := range t.e.Steps {
		if !t.seen[s.ID] && !slices.ContainsFunc(t.e.Steps, func(o plan.Step) bool { return slices.Contains(t.e.Keys[o.ID], Input{Step, s.ID}) }) {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) > 0 {
		t.out.WriteString("\nRead while planning\n")
	}
	for i, id := range ids {
		t.step(id, "  ", i == len(ids)-1)
	}
}

// line prints one node, and returns what stands before those below it.
func (t *tree) line(before string, last bool, text string) string {
	branch, below := "├─ ", "│  "
	if last {
		branch, below = "└─ ", "   "
	}
	t.out.WriteString(before + branch + text + "\n")
	return before + below
}

func (t *tree) step(id, before string, last bool) {
	s := t.e.Step(id)
	if s == nil {
		return
	}
	name := s.Name
	if size := t.e.Sizes[id]; size > 0 && !strings.Contains(name, " MB)") {
		name += " (" + plan.Megabytes(size) + " of wheels)"
	}
	if t.seen[id] {
		t.line(before, last, name+", as above")
		return
	}
	t.seen[id] = true
	below := t.line(before, last, name)
	inputs := shown(t.e.Keys[id])
	if notes := notes(*s); notes != "" {
		bar := "│  "
		if len(inputs) == 0 {
			bar = "   "
		}
		t.out.WriteString(below + bar + "with " + notes + "\n")
	}
	for i, in := range inputs {
		if in.Kind == Step {
			t.step(in.Name, below, i == len(inputs)-1)
			continue
		}
		t.line(below, i == len(inputs)-1, in.Name)
	}
}

// shown are the inputs that people know. Wheels are one line, and so are variables;
// the command and pybuild's scripts change with pybuild alone.
func shown(key []Input) []Input {
	var all []Input
	var wheels []string
	for _, in := range key {
		switch in.Kind {
		case Wheel:
			wheels = append(wheels, in.Name)
		case Command, Scripts, Variable:
		default:
			all = append(all, in)
		}
	}
	switch {
	case len(wheels) == 1:
		all = append(all, Input{Wheel, wheels[0]})
	case len(wheels) > 3:
		all = append(all, Input{Wheel, fmt.Sprintf("%d wheels: %s and %d more", len(wheels), strings.Join(wheels[:2], ", "), len(wheels)-2)})
	case len(wheels) > 1:
		all = append(all, Input{Wheel, strings.Join(wheels, ", ")})
	}
	// What is read directly stands above what other steps make.
	slices.SortStableFunc(all, func(x, y Input) int { return isStep(x) - isStep(y) })
	return all
}

func isStep(in Input) int {
	if in.Kind == Step {
		return 1
	}
	return 0
}

// notes are what a step has beside its key.
func notes(s plan.Step) string {
	var notes []string
	if s.Offline {
		notes = append(notes, "no network")
	}
	for _, m := range s.Mounts {
		switch m.Kind {
		case plan.Secret:
			notes = append(notes, "secret "+m.ID)
		case plan.SSH:
			notes = append(notes, "agent "+m.ID)
		case plan.Cache:
			notes = append(notes, "cache "+m.Target)
		}
	}
	return strings.Join(notes, ", ")
}

// runs prints what the container runs and how.
func (e *Explanation) runs(b *strings.Builder) {
	b.WriteString("\nContainer\n")
	c := e.Config
	for _, line := range []struct{ name, value string }{
		{"user", c.User}, {"workdir", c.Workdir}, {"volumes", strings.Join(c.Volumes, " ")}, {"runs", strings.Join(append(slices.Clone(c.Entrypoint), c.Cmd...), " ")},
	} {
		if line.value != "" {
			fmt.Fprintf(b, "  %s %s\n", line.name, line.value)
		}
	}
	for _, port := range c.Ports {
		fmt.Fprintf(b, "  port %d\n", port)
	}
	if h := c.Healthcheck; h != nil && len(h.Command) > 0 {
		fmt.Fprintf(b, "  healthy by %s\n", strings.Join(h.Command, " "))
	}
}
