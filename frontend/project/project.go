// Package project turns the files of a Python project into facts: what is to be
// installed, from which file, on which Python. It reads bytes and nothing else:
// no network, no interpreter, no engine.
package project

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// The files that projects are read from, all at the root of the build context.
const (
	PyprojectFile     = "pyproject.toml"
	UVLockFile        = "uv.lock"
	RequirementsFile  = "requirements.txt"
	PythonVersionFile = ".python-version"
	UVConfigFile      = "uv.toml"
)

// Input names the file that decides what is installed.
type Input string

// The inputs, in the order in which they win.
const (
	InputUVLock       Input = "uv.lock"
	InputRequirements Input = "requirements.txt"
	InputPyproject    Input = "pyproject.toml"
	InputNone         Input = "none"
)

// Facts is what the files of a project say.
type Facts struct {
	// Pyproject is nil without pyproject.toml.
	Pyproject *Pyproject
	// Lock is nil without uv.lock.
	Lock *UVLock
	// Requirements is nil without requirements.txt.
	Requirements *Requirements
	// Input is the file that decides what is installed.
	Input Input
	// InputReason is one sentence for people: why Input was chosen, and what
	// else was there but is not used.
	InputReason string
	// PythonVersionFile is the first meaningful line of .python-version.
	PythonVersionFile string
	// UVConfig reports that there is a uv.toml. uv then ignores [tool.uv] apart
	// from what describes the project, so an install needs the file.
	UVConfig bool
	// LocalSources are the paths in the context, other than ".", that the
	// install reads: workspace members, path dependencies, local wheels.
	LocalSources []string
	// GitSources are the repositories that the install clones.
	GitSources []GitSource
	// Members are the pyproject.toml files of LocalSources, by path.
	Members map[string]*Pyproject
	// Warnings do not stop the build.
	Warnings []diag.Warning

	pythonVersionAt plan.Location
	pythonVersion   []byte // the text of .python-version
	outside         []outsideSource
}

// Read gathers the facts of the project in fsys, which is rooted at the build
// context. Mistakes are *diag.Error values, joined.
func Read(fsys fs.FS) (*Facts, error) {
	f := &Facts{Members: map[string]*Pyproject{}}
	err := errors.Join(
		f.readPyproject(fsys),
		f.readLock(fsys),
		f.readPythonVersion(fsys),
	)
	_, statErr := fs.Stat(fsys, UVConfigFile)
	f.UVConfig = statErr == nil
	reqErr := f.readRequirements(fsys)
	if err != nil {
		// What follows compares the files, which makes no sense for broken ones.
		return nil, hideCredentials(errors.Join(err, reqErr))
	}
	f.chooseInput(fsys)

	switch {
	case reqErr == nil && f.Input == InputRequirements:
		reqErr = f.Requirements.checkHashes()
	case reqErr != nil && f.Input == InputUVLock:
		// The file takes no part in the build, so its mistakes are only worth
		// a word.
		f.Requirements = nil
		for _, e := range diag.All(hideCredentials(reqErr)) {
			f.Warnings = append(f.Warnings, diag.Warning{At: e.At, Source: e.Source,
				Message: e.Message + " (the file is not used)", Hint: e.Hint})
		}
		reqErr = nil
	}
	err = errors.Join(
		reqErr,
		f.readMembers(fsys),
		f.checkCredentials(),
		f.checkStale(fsys),
		f.findSources(fsys),
	)
	if err != nil {
		return nil, hideCredentials(err)
	}
	return f, nil
}

// chooseInput applies the order uv.lock, requirements.txt, pyproject.toml.
func (f *Facts) chooseInput(fsys fs.FS) {
	var unused []string
	switch {
	case f.Lock != nil:
		f.Input, f.InputReason = InputUVLock, "uv.lock pins every dependency"
		if f.Requirements != nil {
			unused = append(unused, RequirementsFile)
		}
	case f.Requirements != nil:
		f.Input, f.InputReason = InputRequirements, "requirements.txt lists the dependencies and there is no uv.lock"
		if f.Pyproject != nil && len(f.Pyproject.Dependencies) > 0 {
			unused = append(unused, "project.dependencies of pyproject.toml")
			f.warn(f.Pyproject.File, f.Pyproject.File.KeyAt("project", "dependencies"),
				"run `uv lock` and commit uv.lock, or remove one of the two lists",
				"project.dependencies is not used, since requirements.txt is there and uv.lock is not")
		}
	case f.Pyproject != nil && f.Pyproject.HasProject:
		f.Input, f.InputReason = InputPyproject, "pyproject.toml lists the dependencies; without uv.lock their versions are chosen at build time"
	default:
		f.Input, f.InputReason = InputNone, "there is no uv.lock, no requirements.txt and no pyproject.toml with a [project] table, so nothing is installed"
	}
	for _, other := range []struct{ name, hint string }{
		{"poetry.lock", "run `poetry export -f requirements.txt -o requirements.txt`, or move to uv with `uvx migrate-to-uv`"},
		{"pdm.lock", "run `pdm export -o requirements.txt`, or move to uv with `uvx migrate-to-uv`"},
		{"Pipfile.lock", "run `pipenv requirements --hash > requirements.txt`, or move to uv with `uvx migrate-to-uv`"},
		{"pylock.toml", "keep uv.lock beside it, or export it to requirements.txt"},
	} {
		if _, err := fs.Stat(fsys, other.name); err != nil {
			continue
		}
		unused = append(unused, other.name)
		if f.Input == InputPyproject || f.Input == InputNone {
			f.Warnings = append(f.Warnings, diag.Warning{
				At:      plan.Location{File: other.name},
				Message: other.name + " is not read, so the versions that it pins are not the ones installed",
				Hint:    other.hint,
			})
		}
	}
	switch n := len(unused); n {
	case 0:
	case 1:
		f.InputReason += "; " + unused[0] + " is not used"
	default:
		f.InputReason += "; " + strings.Join(unused[:n-1], ", ") + " and " + unused[n-1] + " are not used"
	}
}

// readFile reads a file that need not be there: nil, nil if it is not.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	data, err := fs.ReadFile(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, &diag.Error{At: plan.Location{File: name}, Message: "cannot read " + name, Err: err,
			Hint: "it should be a plain file in the build context"}
	case data == nil:
		data = []byte{}
	}
	return data, nil
}

func (f *Facts) warn(file *tomlfile.File, at plan.Location, hint, format string, args ...any) {
	f.Warnings = append(f.Warnings, diag.Warning{At: at, Source: maskBytes(file.Data),
		Message: maskURL(fmt.Sprintf(format, args...)), Hint: hint})
}

// mistake makes an error at a place of a TOML file.
func mistake(file *tomlfile.File, at plan.Location, hint, format string, args ...any) *diag.Error {
	return &diag.Error{At: at, Source: file.Data, Message: fmt.Sprintf(format, args...), Hint: hint}
}
