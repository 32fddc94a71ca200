package project

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/source"
)

// Hide is a file of the settings without their secret key: neither its text, wherever that
// stands, nor what else is on the line that has it.
func (d *Django) Hide(file string, data []byte) []byte {
	if d == nil || d.KeyAt.File != file {
		return data
	}
	lines := bytes.Split(data, []byte("\n"))
	if i := d.KeyAt.Start.Line - 1; i >= 0 && i < len(lines) {
		if name, _, ok := bytes.Cut(lines[i], []byte("=")); ok {
			lines[i] = append(slices.Clone(name), "= ****"...)
		}
	}
	return bytes.ReplaceAll(bytes.Join(lines, []byte("\n")), []byte(d.Key), []byte("****"))
}

// readSwitches reads what settings say outright of who may see what. The module that is named
// says it over those that it imports, and the last assignment of a module over those above.
func (w *appWalk) readSwitches(d *Django, f *codeFile, seen map[string]bool) {
	own := map[string]source.Assignment{}
	for _, a := range f.code.Assignments {
		for _, name := range a.Names {
			if before, twice := own[name]; twice && (a.Conditional || a.Augmented || before.Conditional) {
				// Which of them counts is known when the settings run.
				a.Value, a.Conditional = source.Value{}, true
			}
			own[name] = a
		}
		if slices.ContainsFunc(a.Value.Strings, func(s string) bool { return strings.HasPrefix(s, "whitenoise.") }) {
			d.ServesStatic = true
		}
	}
	for _, name := range []string{"DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "STORAGES", "STATICFILES_STORAGE"} {
		a, ok := own[name]
		if !ok || seen["="+name] {
			continue
		}
		seen["="+name] = true
		at := f.at(a.At)
		switch {
		case strings.HasPrefix(name, "STOR"), strings.HasPrefix(name, "STATIC"):
			d.ServesStatic = true
		case a.Conditional || a.Augmented:
		case name == "DEBUG" && a.Value.True:
			d.DebugAt = at
		case name == "SECRET_KEY" && a.Value.Literal != nil && *a.Value.Literal != "":
			d.Key, d.KeyAt = *a.Value.Literal, at
		case name == "ALLOWED_HOSTS" && a.Value.Call == nil && len(a.Value.Refs) == 0:
			d.Hosts, d.HostsAt = a.Value.Strings, at
		}
	}
}
