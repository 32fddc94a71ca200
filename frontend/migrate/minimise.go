package migrate

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// minimise leaves out what makes no difference.
func (f *found) minimise(p *proposed, decided *plan.Plan) {
	want := essence(decided)
	for _, e := range slices.Clone(f.all) {
		if !e.same || strings.HasPrefix(e.table, "target.") {
			continue
		}
		other := keys{slices.Clone(f.all)}
		other.drop(e.table, e.name)
		if e.name == "module" || e.name == "script" {
			other.drop(e.table, "args")
		}
		if got, err := p.plan(other, ""); err == nil && essence(got) == want {
			f.keys = other
			if e.name != "project" && e.name != "server" {
				f.leave(e.at, or(f.written(e.at), keyName(e.name)), "%s needs no key: pybuild decides so by itself", short(keyName(e.name)+" = "+tomlValue(e.value)))
			}
		}
	}
}

// written is the line of the file at a place.
func (f *found) written(at plan.Location) string {
	lines := strings.Split(string(f.data), "\n")
	if at.File != f.file || at.Start.Line < 1 || at.Start.Line > len(lines) {
		return ""
	}
	return strings.TrimRight(strings.TrimSpace(lines[at.Start.Line-1]), " \\")
}

// essence is a plan without its reasons.
func essence(p *plan.Plan) string {
	other := *p
	other.Decisions = nil
	other.Steps = slices.Clone(p.Steps)
	for i := range other.Steps {
		other.Steps[i].At = plan.Location{}
	}
	other.Images = map[string]plan.Image{}
	for name, image := range p.Images {
		image.At, image.Reason = plan.Location{}, ""
		other.Images[name] = image
	}
	data, err := json.Marshal(other)
	if err != nil {
		return err.Error()
	}
	return string(data)
}
