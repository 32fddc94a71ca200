package planner

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// Explain is a plan for people: what was decided and why, what each step runs
// again for, and what the image is.
func Explain(p *plan.Plan, resolved *Resolved) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s for %s\n\nDecided\n", p.Target, p.Platform)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, d := range p.Decisions {
		reason := d.Reason
		if at := d.At.String(); at != "" && !strings.Contains(reason, at) {
			reason += " (" + at + ")"
		}
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\n", d.What, d.Value, reason)
	}
	_ = w.Flush()
	b.WriteString("\nSteps\n")
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "  %s\n", s.Name)
		if causes := causes(p, s); len(causes) > 0 {
			fmt.Fprintf(&b, "      runs again for a change of %s\n", strings.Join(causes, ", "))
		}
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
		if len(notes) > 0 {
			fmt.Fprintf(&b, "      with %s\n", strings.Join(notes, ", "))
		}
	}
	b.WriteString("\nImage\n  " + p.Images["base"].Ref + "\n")
	sizes := layerSizes(p, resolved)
	for _, layer := range p.Layers {
		if s := p.Step(layer.Step); s != nil {
			fmt.Fprintf(&b, "  + %s%s\n", strings.TrimPrefix(s.Name, "["+s.Stage+"] "), sizes[s.ID])
		}
	}
	c := p.Config
	for _, line := range []struct{ name, value string }{
		{"user", c.User}, {"workdir", c.Workdir}, {"runs", strings.Join(append(slices.Clone(c.Entrypoint), c.Cmd...), " ")},
	} {
		if line.value != "" {
			fmt.Fprintf(&b, "  %s %s\n", line.name, line.value)
		}
	}
	for _, port := range c.Ports {
		fmt.Fprintf(&b, "  port %d\n", port)
	}
	if h := c.Healthcheck; h != nil && len(h.Command) > 0 {
		fmt.Fprintf(&b, "  healthy by %s\n", strings.Join(h.Command, " "))
	}
	return b.String()
}

// causes are the trees that are in the key of a step, as people know them.
func causes(p *plan.Plan, s plan.Step) []string {
	var all []string
	add := func(text string) {
		if text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	var ref func(r plan.Ref)
	ref = func(r plan.Ref) {
		switch {
		case r.Image != "" && len(r.Paths) > 0:
			add(strings.Join(r.Paths, ", ") + " of " + p.Images[r.Image].Ref)
		case r.Image != "":
			add(p.Images[r.Image].Ref)
		case r.Step != "":
			if from := p.Step(r.Step); from != nil {
				add("\"" + from.Name + "\"")
			}
		case r.Download != nil:
			add(r.Download.Name)
		case len(r.Files) > 0:
			add("the locked requirements")
		case len(r.Paths) > 0 && r.Context != "":
			add(strings.Join(trimmed(r.Paths), ", "))
		case r.Context == plan.Files:
			add("the app's files")
		case r.Context != "":
			add("the context")
		}
		for _, below := range r.Stack {
			ref(below)
		}
	}
	ref(s.On)
	for _, m := range s.Mounts {
		if m.Kind == plan.Bind {
			ref(m.From)
		}
	}
	return all
}

func trimmed(paths []string) []string {
	all := make([]string, 0, len(paths))
	for _, p := range paths {
		all = append(all, strings.TrimPrefix(p, "/"))
	}
	return all
}

// layerSizes are the sizes of the wheels in layers, where the lock tells.
func layerSizes(p *plan.Plan, resolved *Resolved) map[string]string {
	sizes := map[string]string{}
	if resolved == nil {
		return sizes
	}
	for _, s := range p.Steps {
		total, all := int64(0), true
		for _, m := range s.Mounts {
			if m.From.Download == nil {
				continue
			}
			i := slices.IndexFunc(resolved.Wheels, func(w project.Wheel) bool { return w.File.Name == m.From.Download.Name })
			if i < 0 || resolved.Wheels[i].File.Size == 0 {
				all = false
				continue
			}
			total += resolved.Wheels[i].File.Size
		}
		if total > 0 && all && !strings.Contains(s.Name, " MB)") {
			sizes[s.ID] = " (" + size(total) + " of wheels)"
		}
	}
	return sizes
}
