package migrate

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// importPath is where imports start beside the workdir, as a plan decides.
func importPath(decided *plan.Plan) string {
	for _, v := range decided.Config.Env {
		if v.Name == "PYTHONPATH" {
			return v.Value
		}
	}
	return ""
}

// importDirs are the directories that imports start in, in the image.
func (f *found) importDirs() []string {
	var dirs []string
	for _, dir := range strings.Split(f.pythonPath, ":") {
		if dir = strings.TrimSuffix(dir, "/"); dir == "" || strings.HasPrefix(dir, "$") {
			continue
		}
		if f.image != nil {
			dir = f.image.abs(dir)
			if slices.Contains(f.image.installed, dir) {
				continue // packages are installed where Python looks
			}
			if in := f.image.context(dir); in != "" && f.exists(in) {
				dir = path.Join(f.layout.root, in)
			} else if below, ok := strings.CutPrefix(dir, strings.TrimSuffix(f.layout.was, "/")+"/"); ok {
				dir = path.Join(f.layout.root, below)
			}
		}
		dirs = append(dirs, dir)
	}
	for _, p := range f.includes {
		// Modules that lay beside others, and do not in the context.
		if modules, err := fs.Glob(f.fsys, p.in+"/*.py"); err == nil && len(modules) > 0 && p.to == f.layout.was && p.in != f.layout.cwd {
			dirs = append(dirs, path.Join(f.layout.root, p.in))
		}
	}
	started := f.get("serve", "script") == nil && f.get("serve", "entrypoint") == nil
	if f.layout.cwd != "." && f.layout.cwd != "" && started {
		dirs = append(dirs, path.Join(f.layout.root, f.layout.cwd))
	}
	inWorkdir := f.get("serve", "command") == nil && f.get("serve", "script") == nil
	return slices.Compact(slices.DeleteFunc(dirs, func(dir string) bool { return inWorkdir && dir == f.layout.root }))
}

// setImports sets where imports start, where pybuild does not find it by itself.
func (f *found) setImports(p *proposed, own string) {
	if f.get("runtime.env", "PYTHONPATH") != nil {
		return
	}
	dirs := slices.DeleteFunc(f.importDirs(), func(dir string) bool { return dir == own })
	if len(dirs) == 0 || planner.InstallsProject(p.in) && f.get("runtime", "include") == nil {
		if f.pythonPath != "" {
			f.leave(f.pythonPathAt, "ENV PYTHONPATH", "imports start there anyway")
		}
		return
	}
	at := f.pythonPathAt
	if at.IsZero() {
		at = f.startAt()
	}
	f.set("runtime.env", "PYTHONPATH", strings.Join(dirs, ":"), at)
}
