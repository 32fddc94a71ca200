package frontend

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// Unread warns of files beside the configuration that have keys as well, and no effect:
// whoever changes one of them would wait for it in vain.
func Unread(used string, fsys fs.FS) []diag.Warning {
	var all []diag.Warning
	for _, other := range []string{"pybuild.toml", "pyproject.toml"} {
		data, err := fs.ReadFile(fsys, other)
		if err != nil || other == used {
			continue
		}
		keys, at := other, firstKey(other, data)
		if other == "pyproject.toml" {
			keys = "[tool.pybuild] of pyproject.toml"
		}
		if at.IsZero() {
			continue
		}
		w := diag.Warning{Rule: "UnusedConfiguration", At: at, Source: diag.Mask(data), Message: fmt.Sprintf("%s has no effect: the configuration of this build is %s", keys, used),
			Hint: fmt.Sprintf("move its keys to %s, or build with -f %s", used, other)}
		if used != "pybuild.toml" && used != "pyproject.toml" {
			w.Hint = fmt.Sprintf("keep only the line \"# syntax=...\" in %s, and %s counts; or move its keys there", used, keys)
		}
		all = append(all, w)
	}
	return all
}

// firstKey is where a file begins to say something to pybuild.
func firstKey(name string, data []byte) plan.Location {
	if onlyComments(data) || len(data) > config.MaxFile {
		return plan.Location{}
	}
	file, err := tomlfile.Parse(name, data)
	if err != nil {
		return plan.Location{} // it says nothing, and others read a pyproject.toml as well
	}
	var below []string
	if name == "pyproject.toml" {
		below = []string{"tool", "pybuild"}
	}
	keys := file.Keys(below...)
	if len(keys) == 0 {
		return plan.Location{}
	}
	return file.KeyAt(append(below, keys[0])...)
}

// unread are the warnings for the configuration of the file of -f. Several configurations
// may lie beside each other, so only files that nobody names on purpose count: a Dockerfile,
// and those of the context's root.
func (in *inputs) unread(fsys fs.FS) []diag.Warning {
	name := in.entry.Filename
	switch path.Base(name) {
	case "Dockerfile":
		if !onlyComments(in.entry.Data) {
			return Unread(name, fsys)
		}
		name, _ = in.config.Source()
	case "pybuild.toml", "pyproject.toml":
		if data, err := fs.ReadFile(fsys, path.Base(name)); err != nil || !bytes.Equal(data, in.entry.Data) {
			return nil
		}
		if onlyComments(in.entry.Data) {
			name, _ = in.config.Source()
		}
	default:
		return nil
	}
	if name = path.Base(name); name == "." {
		return nil
	}
	return Unread(name, fsys)
}
