package planner

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// Tree is the source of a project as a build sees it.
type Tree struct {
	// App are the files that become the app, Project those that the project is installed
	// from.
	App, Project fs.FS
	// Whole has the files of these names in all of the build context, for advice.
	Whole func(names ...string) (fs.FS, error)
}

// CheckNamed reports what the configuration names and the source does not have. It
// returns the directory that has to be on sys.path for what starts, "" for none.
func CheckNamed(in Input, tree Tree) (root string, err error) {
	if in.Target == "test" {
		tree.App = tree.Project // it runs among the sources
	}
	c := namedCheck{&builder{Input: in}, tree}
	root, err = c.start()
	return root, errors.Join(c.authority(), c.includes(), err)
}

// CheckTargets reports what the targets of the configuration start and the source does
// not have.
func CheckTargets(in Input, tree Tree) error {
	var errs []error
	for _, name := range sortedKeys(in.Config.Targets) {
		own := in
		own.Target, own.Config = name, in.Config.For(name)
		if in.Config.Targets[name].Input == "" && in.Config.Has("target", name) {
			_, err := CheckNamed(own, tree)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// namedCheck looks for what the configuration names.
type namedCheck struct {
	*builder
	tree Tree
}

func (c namedCheck) fail(code string, at plan.Location, hint, format string, args ...any) error {
	_, source := c.Config.Source()
	return &diag.Error{Code: code, At: at, Source: source, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// inContext reports whether one of these files is in the build context, whatever leaves it
// out of the app.
func (c namedCheck) inContext(names ...string) bool {
	whole, err := c.tree.Whole(names...)
	if err != nil {
		return false
	}
	for _, name := range names {
		if _, err := fs.Stat(whole, name); err == nil {
			return true
		}
	}
	return false
}

// authority is the certificate of the image.
func (c namedCheck) authority() error {
	file, at := c.Config.Runtime.CA, c.Config.At("runtime", "ca")
	if file == "" || c.inContext(file) {
		return nil
	}
	hint := "check its name, and that the build context is the directory you think"
	if whole, err := c.tree.Whole(path.Join(path.Dir(file), "*"+path.Ext(file))); err == nil {
		if near := nearFile(whole, file); near != "" {
			hint = fmt.Sprintf("did you mean ca = %q?", near)
		}
	}
	return c.fail("PB113", at, hint, "the certificate %s is not in the build context", file)
}

// includes are the patterns that choose the files of the app.
func (c namedCheck) includes() error {
	if developing(c.Target) {
		return nil
	}
	var errs []error
	for i, pattern := range c.Config.Runtime.Include {
		if found, err := matchesFile(c.tree.App, pattern); found || err != nil {
			continue // what cannot be read is reported when it is built
		}
		at := c.Config.At("runtime", "include", strconv.Itoa(i))
		if !strings.ContainsAny(pattern, "*?[") && c.inContext(pattern) {
			errs = append(errs, c.fail("PB113", at, "a later line !"+pattern+" of .dockerignore takes it in; .git, .venv, .env, caches and locks are left out without a line, too",
				"%s is in the build context, and exclude, .dockerignore or pybuild itself leaves it out", pattern))
			continue
		}
		hint := "check its name: patterns start at the root of the build context"
		if near := nearFile(c.tree.Project, pattern); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		errs = append(errs, c.fail("PB113", at, hint, "include: no file of the build context matches %s", pattern))
	}
	return errors.Join(errs...)
}

// matchesFile reports whether a pattern of .dockerignore's kind matches anything.
func matchesFile(fsys fs.FS, pattern string) (bool, error) {
	fixed := path.Clean(pattern)
	if i := strings.IndexAny(fixed, "*?["); i >= 0 {
		fixed = path.Dir(fixed[:i] + "x")
	}
	if _, err := fs.Stat(fsys, fixed); err != nil || fixed == path.Clean(pattern) {
		return err == nil, nil
	}
	matcher, err := patternmatcher.New([]string{pattern})
	if err != nil {
		return false, err
	}
	found := false
	err = fs.WalkDir(fsys, fixed, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name == "." {
			return nil
		}
		if found, err = matcher.MatchesOrParentMatches(name); err != nil || found {
			return errors.Join(err, fs.SkipAll)
		}
		return nil
	})
	return found, err
}

// nearFile is a file or directory beside a missing one whose name is nearly the same.
func nearFile(fsys fs.FS, missing string) string {
	dir, base := path.Split(path.Clean(missing))
	entries, err := fs.ReadDir(fsys, path.Clean(dir))
	if err != nil || base == "" || strings.ContainsAny(missing, "*?[") {
		return ""
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if near := diag.Nearest(base, names); near != "" {
		return dir + near
	}
	return ""
}
