// Package project turns the files of a Python project into facts: what is to be
// installed, from which file, on which Python. It reads bytes and nothing else:
// no network, no interpreter, no engine.
package project

import (
	"errors"
	"fmt"
	"io/fs"

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
	PylockFile        = "pylock.toml"
	looseFile         = "requirements.in"
)

// Input names the kind of file that decides what is installed.
type Input string

// The inputs, in the order in which they win.
const (
	InputUVLock       Input = "uv.lock"
	InputPylock       Input = "pylock.toml"
	InputPoetry       Input = "poetry.lock"
	InputPDM          Input = "pdm.lock"
	InputPipfile      Input = "Pipfile.lock"
	InputScript       Input = "inline script metadata"
	InputRequirements Input = "requirements.txt"
	InputPyproject    Input = "pyproject.toml"
	InputSetup        Input = "setup.py"
	InputNone         Input = "none"
)

// Facts is what the files of a project say.
type Facts struct {
	// Pyproject is nil without pyproject.toml.
	Pyproject *Pyproject
	// Lock is nil without uv.lock.
	Lock *UVLock
	// Pylock is nil where no pylock.toml decides.
	Pylock *Pylock
	// OtherLock is the lock of another tool that decides, else nil; Pipfile is
	// the manifest of a Pipfile.lock.
	OtherLock OtherLock
	Pipfile   *Pipfile
	// Script is the inline metadata that decides, else nil; ScriptLock its lock.
	Script     *InlineScript
	ScriptLock *UVLock
	// Requirements are the requirements that decide, else nil. Generated is
	// their text where they were made of the lock of another tool.
	Requirements *Requirements
	Generated    string
	// Input is the kind of file that decides what is installed, InputFile the
	// path of that file.
	Input     Input
	InputFile string
	// InputNamed reports that the configuration names it.
	InputNamed bool
	// InputReason is one sentence for people: why Input was chosen, and what
	// else was there but is not used.
	InputReason string
	// Request is the version of Python that a file asks for; nil without one.
	Request *PythonRequest
	// UVConfig reports that there is a uv.toml. uv then ignores [tool.uv] apart
	// from what describes the project, so an install needs the file.
	UVConfig bool
	// Project is the manifest of the project that the image is made of: that of
	// the root, or of the chosen member of a workspace. It is nil without one.
	Project *Pyproject
	// Dir is the directory of that project, "." for the root.
	Dir string
	// Locals are what is built from the context beside the project itself.
	Locals []Local
	// LocalSources are the paths in the context, other than ".", that some
	// install may read: workspace members, path dependencies, local wheels.
	LocalSources []string
	// GitSources are the repositories that the install clones.
	GitSources []GitSource
	// HasHistory reports a git repository at the root of the context.
	HasHistory bool
	// Members are the pyproject.toml files of LocalSources, by path.
	Members map[string]*Pyproject
	// Loose is the file requirements.in that requirements.txt is made of, as its name
	// says; "" without one.
	Loose string
	// Nested are files below the root that list dependencies, where nothing is installed.
	Nested []string
	// OnlyPipfile reports a Pipfile without its lock, where nothing is installed.
	OnlyPipfile bool
	// Warnings do not stop the build.
	Warnings []diag.Warning

	outside   []outsideSource
	uvIndexes []Index           // of uv.toml
	setups    map[string][]byte // setup.py files by path
	// pylockListed is what a pylock.toml was made of.
	pylockListed []listed
}

// Read gathers the facts of the project in fsys, which is rooted at the build
// context. Mistakes are *diag.Error values, joined.
func Read(fsys fs.FS, choice Choice) (*Facts, error) {
	fsys = Bounded(fsys)
	f := &Facts{Members: map[string]*Pyproject{}}
	err := errors.Join(
		f.readPyproject(fsys),
		f.readLock(fsys),
		f.readUVConfig(fsys),
	)
	f.HasHistory = exists(fsys, ".git/HEAD")
	if exists(fsys, looseFile) {
		f.Loose = looseFile
	}
	if err != nil {
		// What follows compares the files, which makes no sense for broken ones.
		return nil, hideCredentials(err)
	}
	if err := f.chooseInput(fsys, choice); err != nil {
		return nil, hideCredentials(err)
	}
	err = errors.Join(
		f.readInput(fsys, choice),
		f.readMembers(fsys),
	)
	if err == nil {
		err = errors.Join(f.checkCredentials(), f.checkStale(fsys), f.findSources(fsys))
	}
	if err == nil {
		err = f.choosePackage(choice)
	}
	if err == nil {
		err = f.checkSelection(choice.Selection())
	}
	if err == nil {
		err = f.readPythonRequest(fsys)
	}
	if err != nil {
		return nil, hideCredentials(err)
	}
	f.chooseLocals(choice)
	f.readSetups(fsys)
	f.warnOfCredentials(fsys)
	if f.Input == InputUVLock {
		err = f.CheckSources(f.projectName(), choice.Extras, f.installedGroups(choice))
	}
	return f, hideCredentials(err)
}

// readFile reads a file that need not be there: nil, nil if it is not.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	data, err := fs.ReadFile(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, Unreadable(name, err)
	case data == nil:
		data = []byte{}
	}
	return data, nil
}

func (f *Facts) warn(rule string, file *tomlfile.File, at plan.Location, hint, format string, args ...any) {
	f.Warnings = append(f.Warnings, diag.Warning{Rule: rule, At: at, Source: diag.Mask(file.Data),
		Message: diag.MaskText(fmt.Sprintf(format, args...)), Hint: hint})
}

// mistake makes an error at a place of a TOML file.
func mistake(code string, file *tomlfile.File, at plan.Location, hint, format string, args ...any) *diag.Error {
	return &diag.Error{Code: code, At: at, Source: file.Data, Message: fmt.Sprintf(format, args...), Hint: hint}
}
