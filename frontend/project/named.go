package project

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/source"
)

// Module is where a module lies in a source.
type Module struct {
	// File is its path; "" for a directory without __init__.py, and for what only an
	// engine can follow.
	File string
	// Package reports a directory.
	Package bool
	// Root is the directory that has to be on sys.path.
	Root string
}

// FindModule looks for a module, by its dotted name, below directories. Where it is not,
// missing is the part of the name that nothing has, as "app.main" of "app.main.api", and
// "app" where the source does not have the first part.
func FindModule(fsys fs.FS, dotted string, roots ...string) (m Module, missing string) {
	parts := strings.Split(dotted, ".")
	missing = parts[0]
	for _, root := range roots {
		dir := root
		for i, part := range parts {
			found, ok := findPart(fsys, dir, part)
			switch {
			case !ok:
				if deep := strings.Join(parts[:i+1], "."); len(deep) > len(missing) {
					missing = deep
				}
			case i == len(parts)-1 || !found.Package && found.File == "":
				found.Root = root
				return found, ""
			case !found.Package:
				missing = strings.Join(parts[:i+2], ".")
				ok = false
			}
			if !ok {
				break
			}
			dir = path.Join(dir, part)
		}
	}
	return Module{}, missing
}

// findPart finds a package, a module of Python or one that is compiled in a directory.
func findPart(fsys fs.FS, dir, name string) (Module, bool) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return Module{}, false
	}
	var found Module
	ok := false
	for _, e := range entries {
		stem, extension, _ := strings.Cut(e.Name(), ".")
		switch {
		case stem != name:
		case e.Type()&fs.ModeSymlink != 0:
			return Module{}, true
		case e.IsDir() && extension == "":
			found, ok = Module{Package: true}, true
			if init := path.Join(dir, name, "__init__.py"); exists(fsys, init) {
				return Module{File: init, Package: true}, true
			}
		case extension == "py":
			found, ok = Module{File: path.Join(dir, e.Name())}, true
		case !ok && slices.Contains([]string{"so", "pyx", "pyd", "c", "cpp", "rs"}, path.Ext("." + extension)[1:]):
			found, ok = Module{}, true
		}
	}
	return found, ok
}

// Lacks reports whether a module certainly has no such attribute, and names those that it
// has. Python can do much to a module: only what its text does not even mention is missing.
func (m Module) Lacks(fsys fs.FS, attribute string) (names []string, lacks bool) {
	data, err := fs.ReadFile(fsys, m.File)
	if m.File == "" || err != nil || mentions(data, attribute) || mentions(data, "__getattr__") || mentions(data, "globals") || mentions(data, "setattr") {
		return nil, false
	}
	if m.Package {
		if _, ok := findPart(fsys, path.Dir(m.File), attribute); ok {
			return nil, false
		}
	}
	code := source.Read(data, source.Options{})
	for _, i := range code.Imports {
		if i.Name == "*" {
			return nil, false
		}
	}
	for _, a := range code.Assignments {
		names = append(names, a.Names...)
	}
	for _, f := range code.Functions {
		names = append(names, f.Name+"()")
	}
	slices.Sort(names)
	return slices.Compact(names), true
}

func mentions(data []byte, word string) bool {
	return regexp.MustCompile(`(?:^|[^\pL\pN_])` + regexp.QuoteMeta(word) + `(?:$|[^\pL\pN_])`).Match(data)
}

// PythonFiles are the files of a source that could be modules of an app, below a directory
// and sorted: no more than anybody has.
func PythonFiles(fsys fs.FS, root string) []string {
	w := &appWalk{fsys: fsys, layout: Layout{Root: root}, apps: &Apps{}, files: map[string]*codeFile{}, packages: map[string]bool{}}
	if w.walk(root, 0) != nil {
		return nil
	}
	return w.paths
}

// ModuleName is the dotted name of a file below a directory; "" for what has none.
func ModuleName(root, file string) string { return dotted(root, file) }

// MayProvide reports whether a module, by the first part of its name, could be one of the
// installed packages', whose names need not be theirs, or Python's own.
func MayProvide(top string, packages []string) bool {
	if inStdlib(top) {
		return true
	}
	plain := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(s))
	}
	return slices.ContainsFunc(packages, func(name string) bool {
		return strings.Contains(plain(name), plain(top)) || len(plain(name)) > 2 && strings.Contains(plain(top), plain(name))
	})
}
