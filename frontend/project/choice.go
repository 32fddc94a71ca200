package project

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// Choice is what the configuration says about the project's files. The zero
// Choice leaves all to the files themselves.
type Choice struct {
	// Input is the file that decides what is installed, by its path in the
	// context.
	Input string
	// Package is the member of the workspace to build.
	Package string
	// Extras and Groups are installed beside the project's dependencies.
	Extras, Groups []string
	// Script is a program of the context whose inline metadata (PEP 723) may
	// decide what is installed.
	Script string
	// InputAt and PackageAt are where the configuration says so, in Source.
	InputAt, PackageAt plan.Location
	// SelectedAt is where it names a "group" or an "extra".
	SelectedAt func(kind, name string) plan.Location
	Source     []byte
}

// Selection is what of a lock is installed.
func (c Choice) Selection() Selection {
	return Selection{Extras: c.Extras, Groups: c.Groups, At: c.SelectedAt, Source: c.Source}
}

// choosePackage finds the project that the image is made of: the root's, or
// the chosen member of the workspace.
func (f *Facts) choosePackage(c Choice) error {
	f.Project, f.Dir = f.Pyproject, "."
	fail := func(code, hint, format string, args ...any) error {
		if c.PackageAt.IsZero() && f.Pyproject != nil {
			// Nothing names one: the workspace does.
			c.PackageAt, c.Source = f.Pyproject.File.At("tool", "uv", "workspace"), f.Pyproject.File.Data
		}
		return &diag.Error{Code: code, At: c.PackageAt, Source: c.Source, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	if f.Lock == nil {
		if c.Package != "" && (f.Pyproject == nil || NormalizeName(f.Pyproject.Name) != NormalizeName(c.Package)) {
			return fail("PB111", "leave package out, or lock the workspace: uv lock", "there is no member %q: only a uv.lock has members", c.Package)
		}
		return nil
	}
	members := f.memberDirs()
	name := NormalizeName(c.Package)
	if name == "" {
		switch {
		case f.Lock.Root != nil || f.Pyproject.HasProject:
			return nil
		case len(members) == 1:
			name = sortedKeys(members)[0]
		case len(members) > 1:
			all := sortedKeys(members)
			return fail("PB111", fmt.Sprintf("write package = %q in [build], or another of %s", all[0], strings.Join(all, ", ")),
				"the workspace has %d members, and nothing says which of them the image is made of", len(members))
		default:
			return nil
		}
	}
	dir, ok := members[name]
	if !ok {
		return fail("PB111", "its members are "+strings.Join(sortedKeys(members), ", "), "the workspace has no member %q", c.Package)
	}
	if dir == "." {
		return nil
	}
	f.Project, f.Dir = f.Members[dir], dir
	if f.Project == nil {
		return fail("PB113", "check that .dockerignore does not exclude it", "the member %q is not in the build context: no %s", name, path.Join(dir, PyprojectFile))
	}
	return nil
}

// memberDirs are the directories of the workspace's packages by their names.
func (f *Facts) memberDirs() map[string]string {
	dirs := map[string]string{}
	for i := range f.Lock.Packages {
		pkg := &f.Lock.Packages[i]
		if dir, ok := pkg.Source.Dir(); ok && (pkg == f.Lock.Root || slices.Contains(f.Lock.Manifest.Members, pkg.Name)) {
			dirs[pkg.Name] = dir
		}
	}
	return dirs
}

// Local is a package whose source is in the context.
type Local struct {
	// Name is normalised; "" if the requirement does not say it.
	Name string
	// Path is a directory, or a wheel or an archive, in the context.
	Path string
	// Archive reports that Path is a file.
	Archive bool
}

// chooseLocals finds what is built from the context beside the project itself,
// in the order of their paths.
func (f *Facts) chooseLocals(c Choice) {
	add := func(name, p string) {
		clean, ok := inContext(p)
		l := Local{Name: name, Path: clean, Archive: isArchive(clean)}
		if ok && clean != f.Dir && !slices.Contains(f.Locals, l) {
			f.Locals = append(f.Locals, l)
		}
	}
	switch f.Input {
	case InputUVLock:
		for _, pkg := range f.Lock.Closure(f.projectName(), c.Extras, f.installedGroups(c)) {
			if dir, ok := pkg.Source.Dir(); ok && pkg.Source.Virtual == "" {
				add(pkg.Name, dir)
			} else if pkg.Source.Path != "" {
				add(pkg.Name, pkg.Source.Path)
			}
		}
	case InputRequirements:
		for _, e := range f.Requirements.Entries {
			if e.LocalPath != "" {
				add(e.Requirement.Name, e.LocalPath)
			}
		}
		if f.Requirements.AllHashed() && (len(f.Locals) > 0 || f.InstallsRoot()) {
			// pip and uv refuse hashes beside a directory, which has none.
			f.Generated = f.Requirements.withoutLocals()
		}
	case InputPyproject:
		for _, p := range f.LocalSources {
			add("", p)
		}
	}
	slices.SortFunc(f.Locals, func(a, b Local) int { return strings.Compare(a.Path, b.Path) })
}

func (f *Facts) projectName() string {
	if f.Project == nil {
		return ""
	}
	return f.Project.Name
}

// installedGroups are the chosen groups and uv's default groups, without "dev"
// unless it was chosen: what `uv sync --no-dev --group ...` installs.
func (f *Facts) installedGroups(c Choice) []string {
	groups := slices.Clone(c.Groups)
	if f.Project != nil {
		for _, g := range f.Project.DefaultGroups {
			if g != "dev" && !slices.Contains(groups, g) {
				groups = append(groups, g)
			}
		}
	}
	return groups
}

// ForeignMembers are the directories of workspace members that the chosen
// project does not need.
func (f *Facts) ForeignMembers() []string {
	if f.Lock == nil {
		return nil
	}
	var dirs []string
	for _, dir := range f.memberDirs() {
		used := dir == f.Dir || slices.ContainsFunc(f.Locals, func(l Local) bool { return l.Path == dir })
		if !used && dir != "." {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return dirs
}

// ListsDependencies reports whether the input asks for anything, as far as can
// be said without running it.
func (f *Facts) ListsDependencies() bool {
	switch f.Input {
	case InputNone:
		return false
	case InputPyproject:
		return len(f.Pyproject.Dependencies) > 0 || f.Pyproject.IsDynamic("dependencies") || f.Pyproject.HasPoetry
	case InputScript:
		return len(f.Script.Dependencies) > 0
	}
	return true
}

// InstallsRoot reports whether requirements name the project at the root of
// the context itself, as "." or "-e .".
func (f *Facts) InstallsRoot() bool {
	return f.Requirements != nil && slices.ContainsFunc(f.Requirements.Entries, func(e RequirementLine) bool {
		clean, ok := inContext(e.LocalPath)
		return e.LocalPath != "" && ok && clean == "."
	})
}

// isArchive reports whether a path is a wheel or a source archive by its name.
func isArchive(p string) bool {
	for _, ext := range []string{".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz"} {
		if strings.HasSuffix(p, ext) {
			return true
		}
	}
	return false
}

// setupFiles are what setuptools reads where pyproject.toml has no [project].
func setupFiles() []string { return []string{"setup.cfg", "setup.py"} }

func exists(fsys fs.FS, name string) bool {
	// A link to elsewhere is there, and is an error once it is read.
	_, err := fs.Stat(fsys, name)
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid)
}

// AsksFor reports whether the project itself asks for a package, as far as its
// manifest tells: a compiled requirements file does not.
func (f *Facts) AsksFor(name string) bool {
	has := func(list []Requirement) bool {
		return slices.ContainsFunc(list, func(r Requirement) bool { return r.Name == NormalizeName(name) })
	}
	if f.Project != nil && has(f.Project.Dependencies) {
		return true
	}
	if f.Project != nil && f.Project.File.Has("tool", "poetry", "dependencies", name) {
		return true
	}
	return f.Pipfile != nil && f.Pipfile.File.Has("packages", name)
}
