package diag

import (
	"bytes"
	"path"

	"github.com/pybuild/pybuild/llb/plan"
)

// Conflict reports the marks that an unfinished merge leaves in a file, and nil where
// there are none: no parser's words would say it better. The lines that it looks for
// are in no format that projects are read from.
func Conflict(name string, data []byte) *Error {
	first := 0
	for i, line := range bytes.Split(data, []byte("\n")) {
		line = bytes.TrimRight(line, "\r")
		switch {
		case first == 0 && bytes.HasPrefix(line, []byte("<<<<<<< ")):
			first = i + 1
		case first > 0 && bytes.Equal(line, []byte("=======")):
			at := plan.Location{File: name, Start: plan.Position{Line: first, Column: 1}, End: plan.Position{Line: first, Column: len("<<<<<<<") + 1}}
			hint := "keep the lines of one side, and remove those that start with <<<<<<<, ======= and >>>>>>>"
			if command := lockCommand(path.Base(name)); command != "" {
				hint = "take the whole file of one side and lock again: git checkout --ours " + name + " && " + command
			}
			return &Error{Code: "PB109", At: at, Source: data, Message: name + " has the marks of an unfinished merge", Hint: hint}
		}
	}
	return nil
}

// lockCommand is what writes a lock.
func lockCommand(name string) string {
	switch name {
	case "uv.lock":
		return "uv lock"
	case "poetry.lock":
		return "poetry lock"
	case "pdm.lock":
		return "pdm lock"
	case "Pipfile.lock":
		return "pipenv lock"
	case "pylock.toml":
		return "uv export --format pylock.toml --output-file pylock.toml"
	}
	return ""
}
