package llb

import (
	"fmt"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/pybuild/pybuild/llb/plan"
)

// named is what the progress shows of a step: one line, whatever a project is called.
func named(text string) bk.ConstraintsOpt { return bk.WithCustomName(plan.Line(text)) }

// prepared has the progress show as one what takes no time. What steps are called and
// how they are grouped is in no cache key.
func prepared() bk.ConstraintsOpt {
	return bk.ProgressGroup("pybuild-prepare", "[internal] lay out pybuild's scripts and the project's manifests", false)
}

// downloads has the progress show the wheels of a plan as one line, of however many.
func (g *graph) downloads() bk.ConstraintsOpt {
	if g.wheels == nil {
		files, bytes, all := map[string]bool{}, int64(0), true
		for _, s := range g.plan.Steps {
			for _, m := range s.Mounts {
				if d := m.From.Download; d != nil && !files[d.SHA256] {
					files[d.SHA256], bytes, all = true, bytes+d.Size, all && d.Size > 0
				}
			}
		}
		name := fmt.Sprintf("[packages] download %s", plan.Count(len(files), "wheel"))
		if all {
			name += " (" + plan.Megabytes(bytes) + ")"
		}
		g.wheels = bk.ProgressGroup("pybuild-wheels-"+g.plan.Platform, name, false)
	}
	return g.wheels
}
