package project

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"deps.dev/util/semver"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// readPythonVersion reads .python-version: pyenv's format, of which uv takes
// the first line that is neither empty nor a comment.
func (f *Facts) readPythonVersion(fsys fs.FS) error {
	data, err := readFile(fsys, PythonVersionFile)
	if err != nil {
		return err
	}
	f.pythonVersion = data
	for i, line := range strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n") {
		text, _, _ := strings.Cut(line, "#")
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		column := strings.Index(line, text) + 1
		f.PythonVersionFile = text
		f.pythonVersionAt = plan.Location{File: PythonVersionFile,
			Start: plan.Position{Line: i + 1, Column: column},
			End:   plan.Position{Line: i + 1, Column: column + len(text)}}
		break
	}
	return nil
}

// pythonRequest are the forms of a version in .python-version that name one
// release series of CPython (uv's "Python request" syntax and pyenv's).
var pythonRequest = regexp.MustCompile(`^(?:cpython[@-]?|cp|python-?)?(3)\.(\d+)(?:\.(\d+))?(t|\+freethreaded)?(?:-[a-z0-9_-]+)?$`)

// compactRequest is the form without dots, such as "312" or "cp312".
var compactRequest = regexp.MustCompile(`^(?:cpython[@-]?|cp|python-?)?(3)(\d{1,2})()(t)?$`)

// PythonVersion chooses the minor version to build for, such as "3.12", among
// those supported, and says why. .python-version decides if it is there, else
// the newest version that requires-python allows.
func (f *Facts) PythonVersion(supported []string) (version, reason string, err error) {
	supported = slices.Clone(supported)
	slices.SortFunc(supported, func(a, b string) int {
		return semver.PyPI.Compare(strings.TrimSuffix(a, "t"), strings.TrimSuffix(b, "t"))
	})
	bounds, err := f.pythonBounds()
	if err != nil {
		return "", "", err
	}
	if f.PythonVersionFile != "" {
		return f.requestedPython(supported, bounds)
	}
	for _, v := range slices.Backward(supported) {
		if strings.HasSuffix(v, "t") {
			continue // free-threaded builds are for those who ask for one
		}
		if !slices.ContainsFunc(bounds, func(b pythonBound) bool { return !b.allowed.allowsMinor(v) }) {
			if len(bounds) == 0 {
				return v, "nothing asks for a version of Python, so the newest is taken", nil
			}
			return v, fmt.Sprintf("the newest that requires-python %q in %s allows", bounds[0].text, bounds[0].at.File), nil
		}
	}
	if len(bounds) == 0 {
		return "", "", errors.New("no version of Python is supported")
	}
	return "", "", &diag.Error{At: bounds[0].at, Source: bounds[0].source,
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

// pythonBounds returns what limits the version. uv refuses a Python that the
// lock was not made for even where the project itself does not mind.
func (f *Facts) pythonBounds() ([]pythonBound, error) {
	var bounds []pythonBound
	if p := f.Pyproject; p != nil && p.RequiresPython != "" {
		r, err := parsePythonRange(p.RequiresPython)
		if err != nil {
			return nil, err
		}
		bounds = append(bounds, pythonBound{p.RequiresPython, r, p.File.At("project", "requires-python"), p.File.Data})
	}
	if l := f.Lock; l != nil && l.RequiresPython != "" {
		r, err := parsePythonRange(l.RequiresPython)
		if err != nil {
			return nil, err
		}
		bounds = append(bounds, pythonBound{l.RequiresPython, r, l.File.At("requires-python"), l.File.Data})
	}
	return bounds, nil
}

// requestedPython is the version of .python-version.
func (f *Facts) requestedPython(supported []string, bounds []pythonBound) (string, string, error) {
	fail := func(hint, format string, args ...any) (string, string, error) {
		return "", "", &diag.Error{At: f.pythonVersionAt, Source: f.pythonVersion, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	text := strings.ToLower(f.PythonVersionFile)
	for _, other := range []string{"pypy", "graalpy", "pyodide", "jython", "miniconda", "anaconda", "stackless"} {
		if strings.HasPrefix(text, other) {
			return fail("write a version of CPython, such as 3.12", "%s asks for %q, but only CPython is supported", PythonVersionFile, f.PythonVersionFile)
		}
	}
	m := pythonRequest.FindStringSubmatch(text)
	if m == nil {
		m = compactRequest.FindStringSubmatch(text)
	}
	if m == nil {
		return fail("write a version of CPython, such as 3.12", "%q is not a version of Python", f.PythonVersionFile)
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
			return fail("change one of the two", "%s asks for Python %s, but requires-python %q at %s:%d does not allow it",
				PythonVersionFile, f.PythonVersionFile, b.text, b.at.File, b.at.Start.Line)
		}
	}
	if !slices.Contains(supported, version) {
		return fail("available are "+strings.Join(supported, ", "), "%s asks for Python %s, which is not available", PythonVersionFile, version)
	}
	return version, fmt.Sprintf("%s asks for %s", PythonVersionFile, f.PythonVersionFile), nil
}
