package frontend

import (
	"io/fs"
	"path"
	"slices"

	"github.com/moby/patternmatcher"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

// Tree is the source of a project as a build would see it, given the patterns of its own
// ignore file: what the client of a build does, for who has no engine.
func Tree(fsys fs.FS, c *config.Config, facts *project.Facts, written []string) (planner.Tree, error) {
	if err := checkIgnores(written); err != nil {
		return planner.Tree{}, err
	}
	chosen, files := included(c, facts)
	excludes := slices.Concat(builtinIgnores(), written, c.Runtime.Exclude)
	tree := planner.Tree{Whole: func(...string) (fs.FS, error) { return fsys, nil }}
	out, err := patternmatcher.New(excludes)
	if err != nil {
		return tree, err
	}
	if tree.App, err = filtered(fsys, files, out); err != nil {
		return tree, err
	}
	if foreign := facts.ForeignMembers(); len(foreign) > 0 {
		if out, err = patternmatcher.New(slices.Concat(excludes, foreign)); err != nil {
			return tree, err
		}
	}
	tree.Project, err = filtered(fsys, chosen, out)
	return tree, err
}

// view is a part of a file system.
type view struct {
	fs.FS
	names map[string]bool
}

var _ fs.ReadDirFS = view{}

// filtered has the files that match includes, all where there are none, and not out.
func filtered(fsys fs.FS, includes []string, out *patternmatcher.PatternMatcher) (fs.FS, error) {
	in, err := patternmatcher.New(includes)
	if err != nil {
		return nil, err
	}
	v := view{fsys, map[string]bool{".": true}}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if name == "." {
			return err
		}
		if err != nil {
			return nil // a directory that nobody can read is as good as empty
		}
		excluded, err := out.MatchesOrParentMatches(name)
		if err != nil {
			return err
		}
		if excluded {
			if d.IsDir() && !out.Exclusions() {
				return fs.SkipDir
			}
			return nil
		}
		taken := len(includes) == 0
		if !taken {
			if taken, err = in.MatchesOrParentMatches(name); err != nil {
				return err
			}
		}
		for p := name; taken && !v.names[p]; p = path.Dir(p) {
			v.names[p] = true
		}
		return nil
	})
	return v, err
}

func (v view) Open(name string) (fs.File, error) {
	if !v.names[name] {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return v.FS.Open(name)
}

func (v view) ReadDir(name string) ([]fs.DirEntry, error) {
	if !v.names[name] {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	entries, err := fs.ReadDir(v.FS, name)
	return slices.DeleteFunc(slices.Clone(entries), func(e fs.DirEntry) bool { return !v.names[path.Join(name, e.Name())] }), err
}
