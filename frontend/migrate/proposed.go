package migrate

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// proposed is the project as a build would see it with the proposal.
type proposed struct {
	fsys fs.FS
	open func(fs.FS, *config.Config, string) (planner.Input, error)
	in   planner.Input
	// seen are the projects by the keys that reading them depends on.
	seen map[string]planner.Input
}

// read reads the project with what is proposed so far. Groups and the like that it does
// not have are taken back.
func (f *found) read(p *proposed) error {
	err := p.read(f.keys)
	if err == nil {
		return nil
	}
	for _, name := range []string{"groups", "extras", "package", "input"} {
		if f.get("build", name) == nil {
			continue
		}
		other := keys{slices.Clone(f.all)}
		other.drop("build", name)
		if p.read(other) != nil {
			continue
		}
		at := f.keyAt("build", name)
		f.keys = other
		for _, d := range diag.All(err) {
			f.ask(at, name, "%s: %s", d.Message, d.Hint)
		}
		return nil
	}
	return err
}

// looked are the keys beside those of the build that name what the source has.
var looked = []string{"app", "module", "script", "args", "command", "entrypoint", "include", "workdir", "PYTHONPATH"}

// ofBuild reports a key that says what is installed.
func ofBuild(e key) bool { return e.table == "" || strings.HasPrefix(e.table, "build") }

// read reads what is installed. What is started is looked at with the plan.
func (p *proposed) read(k keys) error {
	k = keys{slices.DeleteFunc(slices.Clone(k.all), func(e key) bool { return !ofBuild(e) })}
	cfg, err := config.Parse(configFile, []byte("# syntax=org/pybuild\n"+k.text()))
	if err != nil {
		return err
	}
	in, err := p.open(p.fsys, cfg, "")
	if err == nil {
		p.in = in
	}
	return err
}

// plan plans a proposal, for a target.
func (p *proposed) plan(k keys, target string) (*plan.Plan, error) {
	cfg, err := config.Parse(configFile, []byte("# syntax=org/pybuild\n"+k.text()))
	if err != nil {
		return nil, err
	}
	// What is read, and looked for in what is read, depends on these keys alone.
	reads := keys{slices.DeleteFunc(slices.Clone(k.all), func(e key) bool { return !ofBuild(e) && !slices.Contains(looked, e.name) })}
	in, seen := p.seen[reads.text()]
	if !seen || target != "" {
		if in, err = p.open(p.fsys, cfg, target); err != nil {
			return nil, err
		}
		if target == "" {
			p.seen[reads.text()] = in
		}
	}
	if target == "" {
		in.Config = cfg
	}
	return planner.New(in)
}
