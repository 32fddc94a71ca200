package project

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"deps.dev/util/semver"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// readPythonRequest finds the file that names the version: .python-version of
// the project or the root (pyenv's format, uv's too), asdf's .tool-versions,
// Heroku's runtime.txt, or the Pipfile of a Pipfile.lock.
func (f *Facts) readPythonRequest(fsys fs.FS) error {
	for _, read := range []func() (*PythonRequest, error){
		func() (*PythonRequest, error) { return readPythonVersion(fsys, path.Join(f.Dir, PythonVersionFile)) },
		func() (*PythonRequest, error) { return readPythonVersion(fsys, PythonVersionFile) },
		func() (*PythonRequest, error) { return ReadToolVersions(fsys) },
		func() (*PythonRequest, error) { return ReadRuntime(fsys) },
		func() (*PythonRequest, error) {
			if f.Pipfile == nil {
				return nil, nil
			}
			return f.Pipfile.Python()
		},
	} {
		request, err := read()
		if err != nil || request != nil {
			f.Request = request
			return err
		}
	}
	return nil
}

// readPythonVersion reads a .python-version, of which uv takes the first line
// that is neither empty nor a comment; nil if there is none.
func readPythonVersion(fsys fs.FS, name string) (*PythonRequest, error) {
	data, err := readFile(fsys, name)
	if err != nil {
		return nil, err
	}
	if wrong := diag.Encoding(name, data); wrong != nil {
		return nil, wrong
	}
	for i, line := range strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n") {
		text, _, _ := strings.Cut(line, "#")
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		column := strings.Index(line, text) + 1
		return &PythonRequest{Text: text, Source: data, At: plan.Location{File: name,
			Start: plan.Position{Line: i + 1, Column: column},
			End:   plan.Position{Line: i + 1, Column: column + len(text)}}}, nil
	}
	return nil, nil
}

// pythonRequest are the forms of a version in .python-version that name one
// release series of CPython (uv's "Python request" syntax and pyenv's).
var pythonRequest = regexp.MustCompile(`^(?:cpython[@-]?|cp|python-?)?(3)\.(\d+)(?:\.(\d+))?(t|\+freethreaded)?(?:-[a-z0-9_-]+)?$`)

// compactRequest is the form without dots, such as "312" or "cp312".
var compactRequest = regexp.MustCompile(`^(?:cpython[@-]?|cp|python-?)?(3)(\d{1,2})()(t)?$`)

// PythonVersions are the minor versions to build for, such as "3.12", among
// those supported, the best first, and why. A file that asks for one, such as
// .python-version, leaves no choice; else they are those that requires-python
// allows, the newest first.
func (f *Facts) PythonVersions(supported []string) (versions []string, reason string, err error) {
	supported = slices.Clone(supported)
	slices.SortFunc(supported, func(a, b string) int {
		return semver.PyPI.Compare(strings.TrimSuffix(a, "t"), strings.TrimSuffix(b, "t"))
	})
	bounds, err := f.pythonBounds()
	if err != nil {
		return nil, "", err
	}
	if f.Request != nil {
		version, reason, err := f.requestedPython(supported, bounds)
		return []string{version}, reason, err
	}
	for _, v := range slices.Backward(supported) {
		if strings.HasSuffix(v, "t") {
			continue // free-threaded builds are for those who ask for one
		}
		if !slices.ContainsFunc(bounds, func(b pythonBound) bool { return !b.allowed.allowsMinor(v) }) {
			versions = append(versions, v)
		}
	}
	switch {
	case len(bounds) == 0 && len(versions) == 0:
		return nil, "", errors.New("no version of Python is supported")
	case len(bounds) == 0:
		return versions, "nothing asks for a version of Python, so the newest is taken", nil
	case len(versions) > 0:
		return versions, fmt.Sprintf("the newest that requires-python %q in %s allows", bounds[0].text, bounds[0].at.File), nil
	}
	return nil, "", &diag.Error{Code: "PB203", At: bounds[0].at, Source: bounds[0].source,
		Message: fmt.Sprintf("requires-python %q allows no version of Python that is available", bounds[0].text),
		Hint:    "available are " + strings.Join(supported, ", ")}
}

// pythonBound is a requires-python and its place.
type pythonBound struct {
	text    string
	allowed pythonRange
	at      plan.Location
	source  []byte
}

// bound keeps a range that a file asks for.
func (f *Facts) bound(bounds []pythonBound, text string, at plan.Location, source []byte) ([]pythonBound, error) {
	if text == "" {
		return bounds, nil
	}
	r, err := parsePythonRange(text)
	if err != nil {
		return nil, err
	}
	return append(bounds, pythonBound{text, r, at, source}), nil
}

// pythonBounds returns what limits the version. uv refuses a Python that the
// lock was not made for even where the project itself does not mind.
func (f *Facts) pythonBounds() ([]pythonBound, error) {
	var bounds []pythonBound
	var err error
	if p := f.Project; p != nil {
		bounds, err = f.bound(bounds, p.RequiresPython, p.File.At("project", "requires-python"), p.File.Data)
	}
	if s := f.Script; err == nil && s != nil {
		// The project around a script does not matter to it.
		bounds, err = f.bound(nil, s.RequiresPython, s.At, s.Data)
	}
	if l := f.Lock; err == nil && f.Input == InputUVLock && l != nil {
		bounds, err = f.bound(bounds, l.RequiresPython, l.File.At("requires-python"), l.File.Data)
	}
	if l := f.Pylock; err == nil && l != nil {
		bounds, err = f.bound(bounds, l.RequiresPython, l.File.At("requires-python"), l.File.Data)
	}
	if l := f.OtherLock; err == nil && l != nil {
		text, at := l.RequiresPython()
		bounds, err = f.bound(bounds, text, at, nil)
	}
	return bounds, err
}

// AllowsPython reports whether the project and its lock allow a version such as "3.12" or
// "3.12.4"; where they do not, bound is what says so.
func (f *Facts) AllowsPython(version string) (bound string, ok bool) {
	bounds, err := f.pythonBounds()
	if err != nil {
		return "", true // it is reported where it stands
	}
	version = strings.TrimSuffix(version, "t")
	for _, b := range bounds {
		fits := b.allowed.allowsMinor(version)
		if strings.Count(version, ".") > 1 {
			v, err := semver.PyPI.Parse(version)
			fits = err != nil || b.allowed.allows(v)
		}
		if !fits {
			return fmt.Sprintf("requires-python %q at %s:%d", b.text, b.at.File, b.at.Start.Line), false
		}
	}
	return "", true
}

// requestedPython is the version of .python-version.
func (f *Facts) requestedPython(supported []string, bounds []pythonBound) (string, string, error) {
	fail := func(code, hint, format string, args ...any) (string, string, error) {
		return "", "", &diag.Error{Code: code, At: f.Request.At, Source: f.Request.Source, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	file, text := f.Request.At.File, strings.ToLower(f.Request.Text)
	for _, other := range []string{"pypy", "graalpy", "pyodide", "jython", "miniconda", "anaconda", "stackless"} {
		if strings.HasPrefix(text, other) {
			return fail("PB201", "write a version of CPython, such as 3.12", "%s asks for %q, but only CPython is supported", file, f.Request.Text)
		}
	}
	m := pythonRequest.FindStringSubmatch(text)
	if m == nil {
		m = compactRequest.FindStringSubmatch(text)
	}
	if m == nil {
		return fail("PB201", "write a version of CPython, such as 3.12", "%q is not a version of Python", f.Request.Text)
	}
	minor := m[1] + "." + m[2]
	version := minor
	if m[4] != "" {
		version += "t"
	}
	for _, b := range bounds {
		fits := b.allowed.allowsMinor(minor)
		if m[3] != "" {
			v, err := semver.PyPI.Parse(minor + "." + m[3])
			fits = err == nil && b.allowed.allows(v)
		}
		if !fits {
			return fail("PB202", "change one of the two", "%s asks for Python %s, but requires-python %q at %s:%d does not allow it",
				file, f.Request.Text, b.text, b.at.File, b.at.Start.Line)
		}
	}
	if !slices.Contains(supported, version) {
		return fail("PB203", "available are "+strings.Join(supported, ", "), "%s asks for Python %s, which is not available", file, version)
	}
	return version, fmt.Sprintf("%s asks for %s", file, f.Request.Text), nil
}
