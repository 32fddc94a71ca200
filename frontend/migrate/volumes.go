package migrate

import (
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// volume is a directory that VOLUME declares.
type volume struct {
	path string
	at   plan.Location
	text string
}

// chowned is a path that belongs to the user of the container.
type chowned struct {
	path string
	at   plan.Location
	// call is the chown of what lies outside the app.
	call *call
}

// writable writes the directories that the image has for the app to write to: those that
// VOLUME declares, and those that are made empty.
func (f *found) writable(image *stage) {
	for _, v := range f.volumes {
		if !f.volume(v.path, v.at) {
			f.ask(v.at, v.text, "volumes in [runtime] takes no %s: let the app keep what outlives the container in a directory of its own, such as /data", v.path)
		}
	}
	for i, d := range f.dirs {
		first := i == 0 || f.dirs[i-1].call.at != d.call.at
		copied := slices.ContainsFunc(image.files, func(p placed) bool { return below(d.path, p.to) })
		declared := slices.ContainsFunc(f.volumes, func(v volume) bool { return v.path == d.path })
		switch {
		case copied || declared:
			if first {
				f.leave(d.call.at, d.call.text, "what is copied or mounted there makes it")
			}
		case f.static != nil && strings.Contains(path.Base(d.path), "static"):
			f.leave(d.call.at, d.call.text, "collectstatic makes it")
		case !f.volume(d.path, d.call.at):
			f.ask(d.call.at, d.call.text, "the image has no %s: let the app make it where it may write, or keep what it has there in one of volumes in [runtime]", d.path)
		}
	}
	volumes := f.list("runtime", "volumes")
	is := func(o chowned) bool {
		return slices.ContainsFunc(volumes, func(v string) bool { return below(v, o.path) })
	}
	for _, o := range f.owners {
		switch {
		case o.call == nil:
		case is(o) || slices.ContainsFunc(volumes, func(v string) bool { return below(o.path, v) }):
			f.leave(o.at, o.call.text, "a volume of the image is the user's")
		default:
			f.ask(o.at, o.call.text, "the image has no %s of the user's: name a directory that the app may write to in volumes of [runtime]", o.path)
		}
	}
	f.owners = slices.DeleteFunc(f.owners, is)
}

// volume writes a directory, and reports whether it may be one.
func (f *found) volume(dir string, at plan.Location) bool {
	if f.problem(key{table: "runtime", name: "volumes", value: []string{dir}}) != nil || below(dir, f.layout.root) {
		return false
	}
	f.add("runtime", "volumes", dir, at)
	return true
}

// below reports whether a path is a directory or lies in it.
func below(dir, p string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}
