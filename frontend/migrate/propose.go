package migrate

import (
	"encoding/json"
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

// proposed is the project as a build would see it with the proposal.
type proposed struct {
	fsys fs.FS
	open func(fs.FS, *config.Config, string) (planner.Input, error)
	in   planner.Input
	// seen are the projects by the keys that reading them depends on.
	seen map[string]planner.Input
}

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

func (p *proposed) read(k keys) error {
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
	// What is read, and what is planned of it, depends on the keys of the build alone.
	reads := keys{slices.DeleteFunc(slices.Clone(k.all), func(e key) bool {
		return e.table != "" && !strings.HasPrefix(e.table, "build") && e.name != "script"
	})}
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

// settlePlan plans the proposal, with another command where an app has no server, and
// leaves out what pybuild decides the same.
func (f *found) settlePlan(p *proposed) error {
	decided, err := p.plan(f.keys, "")
	if err != nil && f.fallback != nil && opens(err) {
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
		if decided, err = p.plan(f.keys, ""); err != nil {
			return err
		}
		f.collected(decided)
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
				f.leave(e.at, keyName(e.name)+" = "+tomlValue(e.value), "pybuild decides the same by itself")
			}
		}
	}
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

// targets plans each target, and takes back those that cannot be.
func (f *found) targets(p *proposed) {
	for _, table := range f.tables() {
		name, ok := strings.CutPrefix(table, "target.")
		if !ok || strings.HasSuffix(table, ".env") {
			continue
		}
		if _, err := p.plan(f.keys, strings.Trim(name, `"`)); err != nil {
			at := f.of1(table)
			f.dropTable(table)
			f.dropTable(table + ".env")
			for _, d := range diag.All(err) {
				f.ask(at, "["+table+"]", "%s: %s", d.Message, d.Hint)
			}
		}
	}
}

// of1 is the place of the first key of a table.
func (k *keys) of1(table string) plan.Location {
	if of := k.of(table); len(of) > 0 {
		return of[0].at
	}
	return plan.Location{}
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
			if in := f.image.context(dir); in != "" && f.exists(in) {
				dir = path.Join(f.layout.root, in)
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

// sort brings notes into the order of the file, each once.
func (f *found) sort() {
	for _, list := range []*[]Note{&f.left, &f.todo} {
		slices.SortStableFunc(*list, func(a, b Note) int {
			if a.At.Start.Line != b.At.Start.Line {
				return a.At.Start.Line - b.At.Start.Line
			}
			return a.At.Start.Column - b.At.Start.Column
		})
		*list = slices.CompactFunc(*list, func(a, b Note) bool { return a.At.Start == b.At.Start && a.What == b.What && a.Why == b.Why })
	}
}

// text is the file.
func (f *found) text() string {
	var b strings.Builder
	b.WriteString("# syntax=org/pybuild\n#\n# Migrated from " + f.file + ", whose lines stand behind the keys. What is missing here pybuild finds by\n# itself. All keys are in docs/reference.md.\n")
	b.WriteString(f.keys.text())
	if len(f.todo) > 0 {
		b.WriteString("\n# To do by hand, since there is no key for it:\n")
	}
	for _, n := range f.todo {
		b.WriteString("#\n# " + n.At.File + ":" + itoa(n.At.Start.Line) + ": " + n.What + "\n")
		for _, line := range strings.Split(strings.TrimSpace(n.Why), "\n") {
			for _, part := range wrapped(line, 96) {
				b.WriteString("#   " + part + "\n")
			}
		}
	}
	return b.String()
}

// wrapped breaks a line between words.
func wrapped(line string, width int) []string {
	var lines []string
	last := ""
	for _, word := range strings.Split(line, " ") {
		switch {
		case last == "":
			last = word
		case len(last)+1+len(word) > width:
			lines, last = append(lines, last), word
		default:
			last += " " + word
		}
	}
	return append(lines, last)
}
