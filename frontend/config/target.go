package config

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// targets reads the tables below [target], each by the name that --target takes.
func targets(into *map[string]Target) func(value) {
	return func(v value) {
		*into = map[string]Target{}
		tables, ok := v.raw.(map[string]any)
		if !ok {
			v.wrongType("a table of tables", "start one with a line "+v.r.header("target", "worker"))
			return
		}
		for _, name := range slices.Sorted(maps.Keys(tables)) {
			child := v.child(name)
			if m := checkTargetName(name); m != nil {
				child.failKey(m)
				continue
			}
			var t Target
			child.table(*targetTable(&t))
			(*into)[name] = t
		}
	}
}

// targetName is what BuildKit takes for the name of a stage.
var targetName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// checkTargetName judges a name of --target.
func checkTargetName(name string) *diag.Error {
	switch {
	case slices.Contains([]string{"runtime", "builder", "dockerfile", "lock", "wheelhouse"}, name):
		return mistake("PB007", "choose another name", "%s is a target of pybuild's own, which has no keys", name)
	case !targetName.MatchString(name):
		return mistake("PB007", "use lower-case letters, digits, dots, dashes and underscores", "%s is no name of a target", show(name))
	}
	return nil
}

// targetTable has the keys of [serve], and what else a target may have of its own.
func targetTable(t *Target) *table {
	keys := slices.Clone(serveTable(&t.Serve).keys)
	return &table{
		doc: "An image of the same layers that runs something else.",
		keys: append(keys, key{
			name: "packages", kind: "list of strings", example: `["git"]`,
			doc: "Debian packages beside those of `[runtime]`", byself: "none", read: texts(&t.Packages, checkPackage),
		}, key{
			name: "env", kind: "table of strings or `false`", example: `{ LOG_LEVEL = "debug" }`,
			doc: "environment over that of `[runtime]`", byself: "none", read: runtimeEnv(&t.Env),
		}, key{
			name: "groups", kind: "list of strings", example: `["dev"]`,
			doc: "dependency groups beside those of `[build]`", byself: "none", read: texts(&t.Groups, checkName("a group")),
		}, key{
			name: "extras", kind: "list of strings", example: `["debug"]`,
			doc: "optional dependencies beside those of `[build]`", byself: "none", read: texts(&t.Extras, checkName("an extra")),
		}, key{
			name: "input", kind: "string", example: `"requirements-dev.txt"`,
			doc: "what to install instead of `[build] input`", byself: "that of `[build]`", read: text(&t.Input, checkInput),
		}),
	}
}

// For returns the configuration of a target: that of the runtime with the target's
// own over it. A target that says what it runs has nothing of [serve]: what answers to the
// runtime's health check need not be there.
func (c *Config) For(target string) *Config {
	t, ok := c.Targets[target]
	if !ok {
		return c
	}
	d := *c
	d.target = target
	if d.Serve = t.Serve; !t.Serve.Starts() {
		d.Serve = t.Serve.over(c.Serve)
	}
	d.Runtime.Env = maps.Clone(c.Runtime.Env)
	if d.Runtime.Env == nil {
		d.Runtime.Env = map[string]*string{}
	}
	maps.Copy(d.Runtime.Env, t.Env)
	d.Runtime.Packages = append(slices.Clone(c.Runtime.Packages), t.Packages...)
	d.Build.Groups = append(slices.Clone(c.Build.Groups), t.Groups...)
	d.Build.Extras = append(slices.Clone(c.Build.Extras), t.Extras...)
	if t.Input != "" {
		d.Build.Input = t.Input
	}
	return &d
}

// Unhoused returns the configuration without its wheelhouse, and without an input that lies in it.
func (c *Config) Unhoused() *Config {
	d := *c
	if dir := c.Build.Wheelhouse; dir != "" && strings.HasPrefix(c.Build.Input, dir+"/") {
		d.Build.Input = ""
	}
	d.Build.Wheelhouse = ""
	return &d
}

// Whole returns the configuration without what chooses a part of the project.
func (c *Config) Whole() *Config {
	d := *c
	d.Build.Package, d.Build.Groups, d.Build.Extras, d.Build.Input = "", nil, nil, ""
	return &d
}

// Starts reports whether something to run was written.
func (s Serve) Starts() bool {
	return s.App != "" || s.Module != "" || s.Script != "" || s.Command != nil
}

// over returns s with what it does not say taken from another.
func (s Serve) over(other Serve) Serve {
	d := other
	if s.Server != "" {
		d.Server = s.Server
	}
	if s.Entrypoint != nil {
		d.Entrypoint = s.Entrypoint
	}
	if s.Workers != 0 || s.WorkersAuto {
		d.Workers, d.WorkersAuto = s.Workers, s.WorkersAuto
	}
	if s.Port != 0 {
		d.Port = s.Port
	}
	if s.Healthcheck.Set {
		d.Healthcheck = s.Healthcheck
	}
	if s.StopSignal != "" {
		d.StopSignal = s.StopSignal
	}
	return d
}

// NamedAt is where [build], or the table of the target, has a name in a list such as
// "groups"; zero where it does not.
func (c *Config) NamedAt(key string, is func(name string) bool) plan.Location {
	for _, path := range [][]string{{"build", key}, {"target", c.target, key}} {
		if !c.Has(path...) {
			continue
		}
		list, _ := c.file.Value(c.path(path)...)
		names, _ := list.([]any)
		for i, name := range names {
			if text, ok := name.(string); ok && is(text) {
				return c.At(append(path, strconv.Itoa(i))...)
			}
		}
	}
	return plan.Location{}
}
