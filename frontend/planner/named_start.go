package planner

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// start looks for what the configuration starts. What is wrong there is known for certain:
// whatever an installed package could have is taken to be there.
func (c namedCheck) start() (root string, err error) {
	s := c.Config.Serve
	switch {
	case s.App != "":
		name, attribute, _ := strings.Cut(s.App, ":")
		return c.module("app", name, attribute)
	case s.Module != "":
		return c.module("module", s.Module, "")
	case strings.HasSuffix(s.Script, ".py"):
		return "", c.file("script", s.Script)
	case s.Script != "":
		return "", c.entryPoint(s.Script)
	case len(s.Entrypoint) == 0 && len(s.Command) > 1 && strings.HasPrefix(path.Base(s.Command[0]), "python") && strings.HasSuffix(s.Command[1], ".py") && !path.IsAbs(s.Command[1]):
		return "", c.file("command", path.Clean(s.Command[1]))
	}
	return "", nil
}

// file is a file of the app.
func (c namedCheck) file(key, name string) error {
	at, file := c.Config.At("serve", key), path.Join(c.Facts.Dir, name)
	if c.withoutFiles() && !developing(c.Target) {
		hint := fmt.Sprintf("take it in with include = [%q] in [runtime]", file)
		if c.Facts.Project != nil && len(c.Facts.Project.Scripts) > 0 {
			hint += fmt.Sprintf(", or start what is installed: script = %q", sortedKeys(c.Facts.Project.Scripts)[0])
		}
		return c.fail("PB310", at, hint, "%s is not in the image: the project is installed, and its files are not copied", name)
	}
	if _, err := fs.Stat(c.tree.App, file); err == nil {
		return nil
	}
	if c.inContext(file) {
		return c.fail("PB310", at, "take it in", "%s is in the build context, and include, exclude or .dockerignore leaves it out", file)
	}
	hint := "paths start at the root of the build context"
	if c.Facts.Dir != "." {
		hint = "paths start at " + c.Facts.Dir + ", the directory of the project"
	}
	if near := nearFile(c.tree.App, file); near != "" {
		hint = fmt.Sprintf("did you mean %q?", c.inApp(near))
	} else if same := c.sameName(file); same != "" {
		hint = fmt.Sprintf("did you mean %q?", c.inApp(same))
	}
	return c.fail("PB310", at, hint, "the source has no file %s", name)
}

// sameName is a file elsewhere in the source with the name of a missing one.
func (c namedCheck) sameName(file string) string {
	for _, f := range project.PythonFiles(c.tree.App, c.Facts.Dir) {
		if path.Base(f) == path.Base(file) {
			return f
		}
	}
	return ""
}

// entryPoint is a command that some installed package brings. Which ones the packages
// bring, only their installation tells.
func (c namedCheck) entryPoint(name string) error {
	p := c.Facts.Project
	if p == nil {
		p = &project.Pyproject{}
	}
	at := c.Config.At("serve", "script")
	_, own := p.Scripts[name]
	names := sortedKeys(p.Scripts)
	switch near := diag.Nearest(name, names); {
	case own && c.installsProject():
	case own:
		return c.fail("PB310", at, "write project = \"install\" in [build], or give pyproject.toml a [build-system]",
			"%s is an entry of [project.scripts], and the project is not installed", name)
	case near != "" && c.installsProject() && !slices.Contains(named(c.Input), project.NormalizeName(name)):
		return c.fail("PB310", at, fmt.Sprintf("did you mean %q?", near), "[project.scripts] has no %s", name)
	case c.Facts.Input == project.InputNone && !c.installsProject() && !slices.Contains([]string{"python", "python3", "pip"}, name):
		return c.fail("PB310", at, fmt.Sprintf("a file of the source ends in .py: script = %q; any other program takes command", name+".py"),
			"nothing is installed that could bring the command %s", name)
	}
	return nil
}

// module is a module of the app or of an installed package, and what it should define.
func (c namedCheck) module(key, name, attribute string) (root string, err error) {
	at := c.Config.At("serve", key)
	if c.Apps != nil && slices.ContainsFunc(slices.Concat(c.Apps.Web, c.Apps.Scripts, c.Apps.Workers), func(a project.App) bool { return a.Module == name }) {
		return "", nil // found, and its import root with it
	}
	tree := c.tree.App
	roots, elsewhere := c.moduleRoots()
	if elsewhere {
		return "", nil
	}
	if c.withoutFiles() && !developing(c.Target) {
		tree = c.tree.Project
	}
	found, missing := project.FindModule(tree, name, roots...)
	if missing != "" {
		for _, l := range c.Facts.Locals {
			if _, other := project.FindModule(c.tree.Project, name, l.Path, path.Join(l.Path, "src")); other == "" {
				return "", nil
			}
		}
		return "", c.noModule(key, name, attribute, missing, tree, at)
	}
	if src := c.srcDir(); found.Root == src && !c.installsProject() {
		root = src
	}
	if key == "module" && found.Package && found.File != "" {
		if _, err := fs.Stat(tree, path.Join(path.Dir(found.File), "__main__.py")); err != nil {
			return root, c.fail("PB310", at, "add one, or name a module of it", "python -m cannot run the package %s: it has no __main__.py", name)
		}
	}
	if attribute = strings.TrimSuffix(attribute, "()"); attribute != "" {
		first, _, _ := strings.Cut(attribute, ".")
		if names, lacks := found.Lacks(tree, first); lacks {
			hint := "name what it defines"
			if app := c.appOf(tree, name); app != "" {
				hint = fmt.Sprintf("did you mean app = %q?", app)
			} else if near := diag.Nearest(first, names); near != "" {
				hint = fmt.Sprintf("did you mean app = %q?", name+":"+near)
			} else if len(names) > 0 && len(names) < 8 {
				hint = "it defines " + strings.Join(names, ", ")
			}
			return root, c.fail("PB310", at, hint, "%s defines no %s", found.File, first)
		}
	}
	return root, nil
}

// appOf is the one web app that a module makes.
func (c namedCheck) appOf(tree fs.FS, module string) string {
	apps, err := project.ReadApps(tree, project.Layout{Root: c.Facts.Dir, Package: c.installsProject()})
	if err != nil {
		return ""
	}
	web := slices.DeleteFunc(apps.Web, func(a project.App) bool { return a.Module != module })
	if len(web) != 1 {
		return ""
	}
	return web[0].Name()
}

// srcDir is where the modules of a project with the src layout lie.
func (b *builder) srcDir() string { return path.Join(b.Facts.Dir, "src") }

// moduleRoots are the directories that a module of the source may lie in; it may lie
// elsewhere, too, as searched says.
func (b *builder) moduleRoots() (dirs []string, elsewhere bool) {
	searched, elsewhere := b.searched()
	return append([]string{b.Facts.Dir, b.srcDir()}, searched...), elsewhere
}

// searched are the directories of the source that the configuration itself puts on
// sys.path. What lies elsewhere, nobody here can look at.
func (b *builder) searched() (dirs []string, elsewhere bool) {
	value := b.Config.Runtime.Env["PYTHONPATH"]
	if value == nil {
		return nil, false
	}
	for _, dir := range strings.Split(*value, ":") {
		below, ok := strings.CutPrefix(path.Clean(dir)+"/", strings.TrimSuffix(b.workdir(), "/")+"/")
		switch {
		case ok:
			dirs = append(dirs, path.Join(b.Facts.Dir, below))
		case dir != "":
			elsewhere = true
		}
	}
	return dirs, elsewhere
}

// noModule reports a module that is missing, unless a package may have it.
func (c namedCheck) noModule(key, name, attribute, missing string, tree fs.FS, at plan.Location) error {
	top, _, _ := strings.Cut(name, ".")
	files := project.PythonFiles(tree, c.Facts.Dir)
	if missing == top && (len(files) == 0 || c.openEnded() || project.MayProvide(top, named(c.Input))) {
		return nil
	}
	if missing == top && c.installsProject() && c.mayBuild(top, files) {
		return nil
	}
	if missing != top && project.MayProvide(top, named(c.Input)) {
		return nil // a namespace that both may have
	}
	with := func(module string) string {
		if attribute != "" {
			module += ":" + attribute
		}
		return fmt.Sprintf("did you mean %s = %q?", key, module)
	}
	file := path.Join(c.Facts.Dir, strings.ReplaceAll(name, ".", "/"))
	if c.inContext(file+".py", path.Join(file, "__init__.py")) {
		return c.fail("PB310", at, "take it in", "%s is in the build context, and include, exclude or .dockerignore leaves it out", name)
	}
	var names []string
	hint := ""
	for _, f := range files {
		module := project.ModuleName(c.Facts.Dir, f)
		if src := c.srcDir(); c.installsProject() && strings.HasPrefix(f, src+"/") {
			module = project.ModuleName(src, f)
		}
		if module == "" {
			continue
		}
		names = append(names, module)
		if last := name[strings.LastIndex(name, ".")+1:]; hint == "" && (module == last || strings.HasSuffix(module, "."+last)) {
			hint = with(module)
		}
	}
	if near := diag.Nearest(name, names); near != "" {
		hint = with(near)
	}
	if module := strings.TrimSuffix(name, ".py"); module != name && slices.Contains(names, module) {
		// Of a file, whose name is that of a module with the ending.
		hint = with(module)
	}
	switch {
	case hint != "":
	case len(names) > 0 && len(names) < 8:
		hint = "it has " + strings.Join(names, ", ")
	default:
		hint = "modules are named as seen from the root of the build context, such as \"app.main\" for app/main.py"
	}
	if missing == top {
		hint += "\nwhat an installed package has is started with command = [...]"
	}
	return c.fail("PB310", at, hint, "the source has no module %s", missing)
}

// mayBuild reports whether the project's build could make a package of a name that does
// not lie where packages do: from another directory, or of nothing at all.
func (c namedCheck) mayBuild(top string, files []string) bool {
	p := c.Facts.Project
	known := []string{"setuptools.build_meta", "hatchling.build", "flit_core.buildapi", "poetry.core.masonry.api", "pdm.backend", "uv_build"}
	return p == nil || !slices.Contains(known, p.BuildBackend) ||
		slices.ContainsFunc(files, func(f string) bool { return strings.Contains("/"+strings.TrimSuffix(f, ".py")+"/", "/"+top+"/") })
}

// openEnded reports that nobody knows which packages are installed before they are.
func (c namedCheck) openEnded() bool {
	p := c.Facts.Pyproject
	switch c.Facts.Input {
	case project.InputSetup:
		return true
	case project.InputPyproject:
		return p.HasPoetry && !p.HasProject || p.IsDynamic("dependencies") || len(c.Config.Build.Groups)+len(c.Config.Build.Extras) > 0
	}
	return false
}
