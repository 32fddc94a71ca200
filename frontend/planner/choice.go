package planner

import (
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// Choice is what a configuration says about the project's files.
func Choice(c *config.Config) project.Choice {
	name, source := c.Source()
	if name == "" {
		name = "pybuild.toml"
	}
	// What is not said is to be said there.
	at := func(key string) plan.Location {
		if c.Has("build", key) {
			return c.At("build", key)
		}
		return plan.Location{File: name}
	}
	b := c.Build
	choice := project.Choice{
		Input: b.Input, Package: b.Package, Extras: b.Extras, Groups: b.Groups,
		InputAt: at("input"), PackageAt: at("package"), Source: source,
		SelectedAt: func(kind, name string) plan.Location { return selectedAt(c, kind, name) },
	}
	if strings.HasSuffix(c.Serve.Script, ".py") {
		choice.Script = c.Serve.Script
	}
	return choice
}

// selectedAt is where a configuration names a group or an extra, of which PDM takes one
// for the other.
func selectedAt(c *config.Config, kind, name string) plan.Location {
	for _, key := range []string{"groups", "extras"} {
		if !strings.Contains(kind, strings.TrimSuffix(key, "s")) {
			continue
		}
		at := c.NamedAt(key, func(n string) bool { return project.NormalizeName(n) == project.NormalizeName(name) })
		if !at.IsZero() {
			return at
		}
	}
	return plan.Location{}
}
