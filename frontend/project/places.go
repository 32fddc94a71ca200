package project

import "github.com/pybuild/pybuild/llb/plan"

// Places are where the source says what could run, for excerpts.
func (a *Apps) Places() []plan.Location {
	var all []plan.Location
	for _, list := range [][]App{a.Web, a.Scripts, a.Workers} {
		for _, app := range list {
			all = append(all, app.At)
		}
	}
	for _, p := range a.Procfile {
		all = append(all, p.At)
	}
	for _, m := range a.Mains {
		all = append(all, m.At)
	}
	for _, d := range a.Declared {
		all = append(all, d.At)
	}
	if d := a.Django; d != nil {
		all = append(all, d.At, d.SettingsAt, d.StaticFilesAt, d.StaticRootAt, d.DebugAt, d.KeyAt, d.HostsAt)
	}
	return all
}
