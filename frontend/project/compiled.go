package project

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// Compiled is a directory of the context whose build compiles native code.
type Compiled struct {
	// Path is the directory, "." for the root.
	Path string
	// Rust reports that it takes Rust as well as the C compiler, which links.
	Rust bool
	// Reason is for people, At the place of it.
	Reason string
	At     plan.Location
}

// compilingBackends are the packages of build-system.requires that a build compiles
// with, by their normalised names. True is Rust.
func compilingBackends() map[string]bool {
	return map[string]bool{
		"maturin": true, "setuptools-rust": true,
		"cffi": false, "cython": false, "meson-python": false, "mypy": false, "nanobind": false, "numpy": false,
		"py-build-cmake": false, "pybind11": false, "scikit-build": false, "scikit-build-core": false,
	}
}

var (
	rustInSetup = regexp.MustCompile(`\brust_extensions\b|\bRustExtension\(`)
	cInSetup    = regexp.MustCompile(`\bext_modules\b|\bExtension\(|\bcffi_modules\b`)
)

// Compiles finds what of the context compiles native code when it is built: the
// directories among dirs whose manifest or setup.py says so.
func (f *Facts) Compiles(dirs []string) []Compiled {
	var all []Compiled
	for _, dir := range dirs {
		if c, ok := f.compiles(dir); ok {
			all = append(all, c)
		}
	}
	return all
}

func (f *Facts) compiles(dir string) (Compiled, bool) {
	p := f.Members[dir]
	if p == nil && dir == f.Dir {
		p = f.Project
	}
	if p != nil {
		backends := compilingBackends()
		for _, text := range p.BuildRequires {
			name := NormalizeName(requirementName.FindString(text))
			if rust, ok := backends[name]; ok {
				return Compiled{Path: dir, Rust: rust, Reason: p.File.Name + " builds with " + name, At: p.File.At("build-system")}, true
			}
		}
		if p.File.Has("tool", "setuptools", "ext-modules") {
			return Compiled{Path: dir, Reason: p.File.Name + " has ext-modules", At: p.File.At("tool", "setuptools", "ext-modules")}, true
		}
	}
	setup := f.setups[path.Join(dir, "setup.py")]
	switch {
	case rustInSetup.Match(setup):
		return Compiled{Path: dir, Rust: true, Reason: path.Join(dir, "setup.py") + " has extensions in Rust"}, true
	case cInSetup.Match(setup):
		return Compiled{Path: dir, Reason: path.Join(dir, "setup.py") + " has extensions"}, true
	}
	return Compiled{}, false
}

var requirementName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*`)

// readSetups reads the manifests of what requirements take from the context, and keeps the setup.py files of the project and of what it takes from the
// context. What they do only Python knows, but extensions are hard to overlook.
func (f *Facts) readSetups(fsys fs.FS) {
	f.setups = map[string][]byte{}
	dirs := []string{".", f.Dir}
	for _, l := range f.Locals {
		dirs = append(dirs, l.Path)
		if f.Members[l.Path] == nil && !l.Archive {
			// One that cannot be read is its build's to complain of.
			if p, err := readPyproject(fsys, path.Join(l.Path, PyprojectFile)); err == nil && p != nil {
				f.Members[l.Path] = p
			}
		}
	}
	for _, dir := range dirs {
		name := path.Join(dir, "setup.py")
		if data, err := fs.ReadFile(fsys, name); err == nil {
			f.setups[name] = data
		}
	}
}

// Asks are the normalised names of the packages that an input without a lock asks
// for itself.
func (f *Facts) Asks() []string {
	var all []Requirement
	switch {
	case f.Input == InputRequirements && !f.Requirements.AllHashed():
		for _, e := range f.Requirements.Entries {
			all = append(all, e.Requirement)
		}
	case f.Input == InputPyproject:
		all = f.Pyproject.requirements()
	case f.Input == InputScript && f.ScriptLock == nil:
		all = f.Script.Dependencies
	}
	var names []string
	for _, r := range all {
		if r.Name != "" {
			names = append(names, NormalizeName(r.Name))
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return strings.TrimSpace(name) == "" })
}
