package project

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// procfileLine is a process type and its command, as Heroku documents them.
var procfileLine = regexp.MustCompile(`^([A-Za-z0-9_-]+):[ \t]*(.+)$`)

// readProcfile reads the Procfile of the project.
func (w *appWalk) readProcfile() error {
	name := path.Join(w.layout.Root, "Procfile")
	data, err := readFile(w.fsys, name)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	if wrong := diag.Encoding(name, data); wrong != nil {
		return wrong
	}
	for i, line := range strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at := lineAt(name, i+1, len(line))
		m := procfileLine.FindStringSubmatch(line)
		switch {
		case m == nil:
			return &diag.Error{Code: "PB306", At: at, Source: data, Message: "a line of a Procfile is a name, a colon and a command",
				Hint: "write it like web: gunicorn shop:app"}
		case seen[m[1]]:
			return &diag.Error{Code: "PB306", At: at, Source: data, Message: "the process " + m[1] + " is there twice", Hint: "keep one of them"}
		case diag.HasCredential(line):
			return &diag.Error{Code: "PB601", At: at, Source: data, Message: "this URL holds a credential, and whoever pulls the image reads it",
				Hint: "write it as a variable, and pass that when the container starts, as with docker run --env"}
		}
		seen[m[1]] = true
		w.apps.Procfile = append(w.apps.Procfile, Process{Name: m[1], Command: m[2], At: at})
	}
	return nil
}

func lineAt(file string, line, length int) plan.Location {
	return plan.Location{File: file, Start: plan.Position{Line: line, Column: 1}, End: plan.Position{Line: line, Column: 1 + length}}
}

// readDeclared reads what tools' own configuration says about the app: the
// entry point of FastAPI's command line, and Flask's FLASK_APP.
func (w *appWalk) readDeclared() error {
	data, err := readFile(w.fsys, path.Join(w.layout.Root, ".flaskenv"))
	if err != nil {
		return err
	}
	for i, line := range strings.Split(string(data), "\n") {
		value, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(line), "export "), "FLASK_APP=")
		if value = strings.Trim(strings.TrimSpace(value), `"'`); ok && value != "" {
			w.apps.Declared = append(w.apps.Declared, Declaration{Source: "FLASK_APP", Value: value,
				At: lineAt(path.Join(w.layout.Root, ".flaskenv"), i+1, len(line))})
		}
	}
	p, err := readPyproject(w.fsys, path.Join(w.layout.Root, PyprojectFile))
	if err != nil || p == nil {
		return nil //nolint:nilerr // reported where the project is read
	}
	if value, ok := p.File.Value("tool", "fastapi", "entrypoint"); ok {
		if text, isText := value.(string); isText && text != "" {
			w.apps.Declared = append(w.apps.Declared, Declaration{Source: "tool.fastapi.entrypoint", Value: text,
				At: p.File.At("tool", "fastapi", "entrypoint")})
		}
	}
	return nil
}

// exist reports whether a file of the project is there.
func (w *appWalk) exist(name string) bool {
	info, err := fs.Stat(w.fsys, name)
	return err == nil && info.Mode().IsRegular()
}
