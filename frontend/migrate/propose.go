package migrate

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// configFile is what is proposed.
const configFile = "pybuild.toml"

// propose makes a configuration of what was found, and plans it.
func (f *found) propose(open func(fs.FS, *config.Config, string) (planner.Input, error)) (*Proposal, error) {
	if len(f.secrets) > 0 {
		f.maybe("build", "secrets", raw("["+strings.Join(slices.Compact(f.secrets), ", ")+"]"), f.secretsAt)
	}
	f.depend()
	f.valid()
	p := &proposed{fsys: f.fsys, open: open, seen: map[string]planner.Input{}}
	if err := f.read(p); err != nil {
		return nil, err
	}
	requirements := f.require(p)
	if err := f.read(p); err != nil {
		return nil, err
	}
	f.known(p)
	f.include(p)
	f.namesApp(p)
	if err := f.settlePlan(p); err != nil {
		return nil, err
	}
	f.ignores()
	f.sort()
	text := f.text()
	if _, err := config.Parse(configFile, []byte(text)); err != nil {
		return nil, err
	}
	return &Proposal{Text: text, Requirements: requirements, Left: f.left, Todo: f.todo}, nil
}

// valid takes away what no configuration may say, and says why.
func (f *found) valid() {
	for _, e := range slices.Clone(f.all) {
		if d := f.problem(e); d != nil {
			f.drop(e.table, e.name)
			f.ask(e.at, keyName(e.name), "%s: %s", d.Message, d.Hint)
		}
	}
}

// problem is what is wrong with a key by itself.
func (f *found) problem(e key) *diag.Error {
	one := keys{all: []key{e}}
	if e.name == "args" && e.table != "build" {
		one.set(e.table, "module", "any", e.at)
	}
	_, err := config.Parse(configFile, []byte(one.text()))
	if all := diag.All(err); len(all) > 0 {
		return all[0]
	}
	return nil
}

// settlePlan plans the proposal, with another command where an app has no server, and
// leaves out what pybuild decides the same.
func (f *found) settlePlan(p *proposed) error {
	decided, err := p.plan(f.keys, "")
	switch {
	case err == nil && f.served.What != "":
		f.left = append(f.left, f.served)
	case err != nil && f.fallback != nil && opens(err):
		f.fallback()
		for _, d := range diag.All(err) {
			if f.cmdText != "" {
				f.ask(f.startAt(), f.cmdText, "it is kept as it is, since %s: %s", d.Message, d.Hint)
			}
		}
		decided, err = p.plan(f.keys, "")
	}
	switch all := diag.All(err); {
	case err == nil:
		f.imports(p, decided)
		f.collected(decided)
		if decided, err = p.plan(f.keys, ""); err != nil {
			return err
		}
		f.minimise(p, decided)
	case opens(err):
		for _, d := range all {
			f.ask(plan.Location{File: f.file, Start: plan.Position{Line: 1, Column: 1}}, "what starts", "%s: %s", d.Message, d.Hint)
		}
		// What starts is open, and the rest is not.
		f.set("serve", "command", []string{"python"}, plan.Location{})
		if decided, err = p.plan(f.keys, ""); err != nil {
			return err
		}
		f.minimise(p, decided)
		f.drop("serve", "command")
	default:
		return err
	}
	f.targets(p)
	return nil
}

// opens reports whether an error says no more than that what starts is open.
func opens(err error) bool {
	all := diag.All(err)
	return len(all) > 0 && !slices.ContainsFunc(all, func(d *diag.Error) bool { return !strings.HasPrefix(d.Code, "PB30") })
}

// startAt is the place that says what starts.
func (f *found) startAt() plan.Location {
	for _, name := range []string{"command", "entrypoint", "module", "script"} {
		if at := f.keyAt("serve", name); !at.IsZero() {
			return at
		}
	}
	return plan.Location{File: f.file, Start: plan.Position{Line: 1, Column: 1}}
}

// imports sets where imports start, where that is not the workdir.
func (f *found) imports(p *proposed, decided *plan.Plan) {
	var own string
	for _, v := range decided.Config.Env {
		if v.Name == "PYTHONPATH" {
			own = v.Value
		}
	}
	var dirs []string
	for _, dir := range strings.Split(f.pythonPath, ":") {
		if dir = strings.TrimSuffix(dir, "/"); dir == "" || strings.HasPrefix(dir, "$") {
			continue
		}
		if f.image != nil {
			dir = f.image.abs(dir)
			if slices.Contains(f.image.installed, dir) {
				continue // packages are installed where Python looks
			}
			if in := f.image.context(dir); in != "" && f.exists(in) {
				dir = path.Join(f.layout.root, in)
			} else if below, ok := strings.CutPrefix(dir, strings.TrimSuffix(f.layout.was, "/")+"/"); ok {
				dir = path.Join(f.layout.root, below)
			}
		}
		dirs = append(dirs, dir)
	}
	started := f.get("serve", "script") == nil && f.get("serve", "entrypoint") == nil
	if f.layout.cwd != "." && f.layout.cwd != "" && started {
		dirs = append(dirs, path.Join(f.layout.root, f.layout.cwd))
	}
	inWorkdir := f.get("serve", "command") == nil && f.get("serve", "script") == nil
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return dir == own || inWorkdir && dir == f.layout.root })
	if len(dirs) == 0 || planner.InstallsProject(p.in) && f.get("runtime", "include") == nil {
		if f.pythonPath != "" {
			f.leave(f.pythonPathAt, "ENV PYTHONPATH", "imports start there anyway")
		}
		return
	}
	at := f.pythonPathAt
	if at.IsZero() {
		at = f.startAt()
	}
	f.set("runtime.env", "PYTHONPATH", strings.Join(slices.Compact(dirs), ":"), at)
}

// collected says what becomes of collectstatic.
func (f *found) collected(decided *plan.Plan) {
	if f.static == nil {
		return
	}
	if decided.Step("static") != nil {
		f.leave(f.static.at, f.static.text, "it runs when the image is built, as STATIC_ROOT is set")
		for _, u := range f.withheld {
			if f.get("build.env", u.text) == nil {
				// Settings that ask for it are satisfied, and the image never has it.
				f.set("build.env", u.text, "only-to-build", u.at)
			}
		}
		return
	}
	f.ask(f.static.at, f.static.text, "pybuild runs it where the settings have STATIC_ROOT and django.contrib.staticfiles, and finds none: collectstatic = true in [build] says what is missing")
}

// ignores are the patterns that belong to one Dockerfile alone.
func (f *found) ignores() {
	name := f.file + ".dockerignore"
	if f.exists(name) {
		f.ask(plan.Location{File: name, Start: plan.Position{Line: 1, Column: 1}}, name, "it belongs to %s alone: cp %s %s.dockerignore", f.file, name, configFile)
	}
}
