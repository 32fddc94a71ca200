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

// ignores are the patterns that belong to one Dockerfile alone.
func (f *found) ignores() {
	name := f.file + ".dockerignore"
	if f.exists(name) {
		f.ask(plan.Location{File: name, Start: plan.Position{Line: 1, Column: 1}}, name, "it belongs to %s alone: cp %s %s.dockerignore", f.file, name, configFile)
	}
}
