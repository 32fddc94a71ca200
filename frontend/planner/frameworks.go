package planner

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/frontend/source"
	"github.com/pybuild/pybuild/llb/plan"
)

// frameworkPackages are the modules of frameworks, and the packages that have them. Of
// other modules nobody here knows which package does.
func frameworkPackages() map[string]string {
	return map[string]string{
		"aiohttp": "aiohttp", "blacksheep": "blacksheep", "bottle": "bottle", "connexion": "connexion", "dash": "dash", "django": "django",
		"falcon": "falcon", "fastapi": "fastapi", "fasthtml": "python-fasthtml", "flask": "flask", "gradio": "gradio", "litestar": "litestar",
		"quart": "quart", "sanic": "sanic", "socketio": "python-socketio", "starlette": "starlette", "streamlit": "streamlit",
	}
}

// CheckFrameworks reports the import of a framework, by one of the StartFiles, that no
// package brings: the container would end there.
func CheckFrameworks(in Input, tree fs.FS, files []string) error {
	b := &builder{Input: in}
	names, complete := b.brought()
	if !complete {
		return nil
	}
	var errs []error
	frameworks, seen := frameworkPackages(), map[string]bool{}
	for _, file := range files {
		data, err := fs.ReadFile(tree, file)
		if err != nil {
			continue // who builds the app reports it
		}
		for _, i := range source.Read(data, source.Options{}).Imports {
			top, _, _ := strings.Cut(i.Module, ".")
			name, known := frameworks[top]
			if !known || i.Relative || i.Nested || seen[top] || project.MayProvide(top, names) {
				continue
			}
			at := importLine(data, top)
			if at == 0 || b.inSource(tree, top) {
				continue
			}
			seen[top] = true
			p := plan.Position{Line: at, Column: 1}
			errs = append(errs, &diag.Error{Code: "PB312", At: plan.Location{File: file, Start: p, End: p}, Source: data,
				Message: fmt.Sprintf("%s imports %s, and no package brings it", file, top), Hint: "add it to the dependencies: " + b.addCommand(name)})
		}
	}
	return errors.Join(errs...)
}

// brought are the packages of the image, and whether these are all.
func (b *builder) brought() (names []string, complete bool) {
	r := b.Config.Runtime
	if _, elsewhere := b.searched(); elsewhere || b.Config.Base != "" ||
		slices.ContainsFunc(r.Packages, func(p string) bool { return strings.HasPrefix(p, "py") }) {
		return nil, false // the image has packages of its own
	}
	if b.Resolved == nil {
		return nil, b.Facts.Input == project.InputNone
	}
	servers := true
	for _, p := range b.Resolved.Install {
		names = append(names, p.Name)
		servers = servers && slices.ContainsFunc(serverKinds(), func(k serverKind) bool { return k.name == p.Name })
	}
	return names, !b.Resolved.Partial || servers
}

// inSource reports whether the source has a module of that name, wherever it lies.
func (b *builder) inSource(tree fs.FS, top string) bool {
	return b.Apps != nil && b.Apps.Truncated || slices.ContainsFunc(project.PythonFiles(tree, "."), func(file string) bool {
		return slices.Contains(strings.Split(strings.TrimSuffix(file, ".py"), "/"), top)
	})
}

// importLine is the line of a statement that imports a module under no condition; 0
// without one.
func importLine(data []byte, top string) int {
	m := regexp.MustCompile(`(?m)^(?:from|import)[ \t]+` + regexp.QuoteMeta(top) + `\b`).FindIndex(data)
	if m == nil {
		return 0
	}
	return 1 + strings.Count(string(data[:m[0]]), "\n")
}
