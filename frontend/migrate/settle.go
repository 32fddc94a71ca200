package migrate

import (
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// settlePlan plans the proposal, with another command where an app has no server, and
// leaves out what pybuild decides the same.
func (f *found) settlePlan(p *proposed) error {
	decided, err := f.included(p)
	if err != nil && len(f.importDirs()) > 0 {
		// What is to start may be found there alone.
		f.setImports(p, "")
		if decided, err = p.plan(f.keys, ""); err != nil {
			f.drop("runtime.env", "PYTHONPATH")
		}
	}
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
	switch {
	case err == nil:
		f.setImports(p, importPath(decided))
		f.collected(decided)
		if decided, err = p.plan(f.keys, ""); err != nil {
			return err
		}
		f.minimise(p, decided)
	case opens(err):
		if err := f.open(p, err); err != nil {
			return err
		}
	default:
		return err
	}
	f.targets(p)
	return nil
}

// included plans the proposal without the patterns that no file of the source matches.
func (f *found) included(p *proposed) (*plan.Plan, error) {
	decided, err := p.plan(f.keys, "")
	for _, pattern := range slices.Clone(f.list("runtime", "include")) {
		if err == nil {
			break
		}
		other, at := keys{slices.Clone(f.all)}, f.placeOf("runtime", "include", pattern)
		other.remove("runtime", "include", pattern)
		got, fails := p.plan(other, "")
		if len(diag.All(fails)) < len(diag.All(err)) {
			f.ask(at, "COPY "+pattern, "the build does not see it, as .dockerignore or pybuild itself leaves it out: take it in with a line !%s of .dockerignore, where the image needs it", pattern)
			f.keys, decided, err = other, got, fails
		}
	}
	return decided, err
}

// open leaves it to somebody to say what starts.
func (f *found) open(p *proposed, err error) error {
	for _, d := range diag.All(err) {
		f.ask(f.startAt(), or(f.cmdText, "what starts"), "%s: %s", d.Message, d.Hint)
	}
	for _, name := range []string{"app", "server", "workers", "module", "script", "args", "entrypoint"} {
		f.drop("serve", name)
	}
	// What starts is open, and the rest is not.
	f.set("serve", "command", []string{"python"}, plan.Location{})
	decided, err := p.plan(f.keys, "")
	if err != nil {
		return err
	}
	f.minimise(p, decided)
	f.drop("serve", "command")
	return nil
}

// opens reports whether an error says no more than that what starts is open.
func opens(err error) bool {
	all := diag.All(err)
	return len(all) > 0 && !slices.ContainsFunc(all, func(d *diag.Error) bool { return !strings.HasPrefix(d.Code, "PB3") })
}

// startAt is the place that says what starts.
func (f *found) startAt() plan.Location {
	for _, name := range []string{"command", "entrypoint", "module", "script", "app"} {
		if at := f.keyAt("serve", name); !at.IsZero() {
			return at
		}
	}
	return plan.Location{File: f.file, Start: plan.Position{Line: 1, Column: 1}}
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
