package planner

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// StartFiles are the files of the source that what the container runs is loaded from: the
// module that is served with the packages around it, the script, manage.py and Django's
// settings. What the source does not have, a package may: it is no mistake here.
func StartFiles(in Input, source fs.FS) ([]string, error) {
	if developing(in.Target) || in.Target == "test" {
		return nil, nil // the files change while the container runs
	}
	b, err := newBuilder(in)
	if err != nil {
		return nil, err
	}
	st, err := b.chooseStart()
	if err != nil {
		return nil, err
	}
	var files []string
	for _, name := range b.startModules(st) {
		files = append(files, b.filesOf(source, name, st.root)...)
	}
	if _, file := b.startScript(st); file != "" {
		files = append(files, path.Join(b.Facts.Dir, file))
	}
	if b.Apps != nil && b.Apps.Django != nil {
		files = append(files, b.Apps.Django.ManagePy, b.Apps.Django.SettingsFile)
	}
	files = slices.DeleteFunc(files, func(file string) bool {
		info, err := fs.Stat(source, path.Clean(file))
		return !strings.HasSuffix(file, ".py") || err != nil || !info.Mode().IsRegular()
	})
	slices.Sort(files)
	return slices.Compact(files), nil
}

// appWord is how commands name an app.
var appWord = regexp.MustCompile(`(?:^|[\s='"])([\pL_][\pL\pN_]*(?:\.[\pL_][\pL\pN_]*)*):[\pL_][\pL\pN_.]*(?:\(\))?(?:$|[\s'"])`)

// startModules are the modules that a start names.
func (b *builder) startModules(st start) []string {
	if st.app != "" {
		module, _, _ := strings.Cut(st.app, ":")
		return []string{module}
	}
	if len(st.command) == 0 {
		return nil
	}
	if module, _ := b.startScript(st); module != "" {
		return []string{module}
	}
	if p := b.Facts.Project; p != nil && len(st.command) > 0 {
		if entry := p.Scripts[st.command[0]]; entry != "" {
			module, _, _ := strings.Cut(entry, ":")
			return []string{strings.TrimSpace(module)}
		}
	}
	var modules []string
	for _, word := range st.command[1:] {
		for _, m := range appWord.FindAllStringSubmatch(word, -1) {
			modules = append(modules, m[1])
		}
	}
	return modules
}

// startScript is the module or the file that a start has Python run.
func (b *builder) startScript(st start) (module, file string) {
	c := st.command
	if len(c) > 2 && path.Base(c[0]) == "streamlit" && c[1] == "run" {
		return "", c[2]
	}
	if len(c) < 2 || !strings.HasPrefix(path.Base(c[0]), "python") {
		return "", ""
	}
	switch {
	case c[1] == "-m" && len(c) > 2:
		return c[2], ""
	case strings.HasSuffix(c[1], ".py") && !path.IsAbs(c[1]):
		return "", c[1]
	}
	return "", ""
}

// filesOf are the files that an import of a module runs, as far as the source has them.
func (b *builder) filesOf(source fs.FS, name, root string) []string {
	roots, elsewhere := b.moduleRoots()
	if elsewhere {
		return nil
	}
	if root != "" {
		roots = append([]string{path.Join(b.Facts.Dir, root)}, roots...)
	}
	found, missing := project.FindModule(source, name, roots...)
	if missing != "" || found.Root == "" {
		return nil
	}
	files := []string{found.File}
	if found.Package {
		files = append(files, path.Join(found.Root, strings.ReplaceAll(name, ".", "/"), "__main__.py"))
	}
	parts := strings.Split(name, ".")
	for i := range parts[:len(parts)-1] {
		files = append(files, path.Join(found.Root, path.Join(parts[:i+1]...), "__init__.py"))
	}
	return files
}

// Compilation plans the step that says which of these files Python cannot compile.
func Compilation(in Input, files []string) (*plan.Plan, error) {
	b, err := newBuilder(in)
	if err != nil {
		return nil, err
	}
	paths := make([]string, 0, len(files))
	for _, file := range files {
		paths = append(paths, path.Join("/", file))
	}
	b.add(plan.Step{
		ID: "compiles", Name: "[check] compile what starts: " + strings.Join(files, ", "), Stage: "check",
		On: b.native(), Args: append(b.python(b.native(), "compiles.py"), files...), Output: "/out", Offline: true,
		Mounts: []plan.Mount{
			{Kind: plan.Bind, From: plan.Ref{Context: SourceView(in), Paths: paths}, Target: "/src"},
			scriptsMount("compiles.py", "syntax.py", "tree.py"),
		},
	})
	return b.plan, nil
}

// SourceView is the view of the context whose files the container has.
func SourceView(in Input) plan.View {
	if InstallsProject(in) {
		return plan.Project
	}
	return plan.Files
}
