package project

import (
	"io/fs"
	"regexp"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// The files beside .python-version that name a version of Python.
const (
	ToolVersionsFile = ".tool-versions"
	RuntimeFile      = "runtime.txt"
)

// PythonRequest is a version of Python that a file asks for.
type PythonRequest struct {
	// Text is the version as written, such as 3.12 or 3.12.1.
	Text string
	At   plan.Location
	// Source is the text of the file.
	Source []byte
}

// ReadToolVersions reads .tool-versions; nil if there is none, or if it does
// not speak of Python. Of several versions the first counts, as for `python` in
// a shell. (https://asdf-vm.com/manage/configuration.html#tool-versions)
func ReadToolVersions(fsys fs.FS) (*PythonRequest, error) {
	data, err := readFile(fsys, ToolVersionsFile)
	if data == nil {
		return nil, err
	}
	for i, line := range textLines(data) {
		text, _, _ := strings.Cut(line, "#")
		fields := strings.Fields(text)
		// mise names its own plugin core:python.
		if len(fields) == 0 || strings.TrimPrefix(fields[0], "core:") != "python" {
			continue
		}
		if len(fields) == 1 {
			return nil, &diag.Error{Code: "PB201", At: textAt(ToolVersionsFile, i, line, fields[0]), Source: data,
				Message: "python has no version here", Hint: "write it like: python 3.12"}
		}
		r := &PythonRequest{Text: fields[1], At: textAt(ToolVersionsFile, i, line, " "+fields[1]), Source: data}
		r.At.Start.Column++
		switch kind, _, _ := strings.Cut(r.Text, ":"); kind {
		case "system", "ref", "path", "latest":
			return nil, &diag.Error{Code: "PB201", At: r.At, Source: data,
				Message: r.Text + " does not say which Python the image should have", Hint: "write a version, such as: python 3.12"}
		}
		return r, nil
	}
	return nil, nil
}

// runtimeRule is the form of runtime.txt. Heroku takes patch releases, and
// since 2024 minor ones.
var runtimeRule = regexp.MustCompile(`^python-(\d+\.\d+(?:\.\d+)?)$`)

// ReadRuntime reads Heroku's runtime.txt; nil if there is none.
// (https://devcenter.heroku.com/articles/python-runtimes)
func ReadRuntime(fsys fs.FS) (*PythonRequest, error) {
	data, err := readFile(fsys, RuntimeFile)
	if data == nil {
		return nil, err
	}
	for i, line := range textLines(data) {
		text := strings.TrimSpace(line)
		if text == "" {
			continue
		}
		at := textAt(RuntimeFile, i, line, text)
		m := runtimeRule.FindStringSubmatch(text)
		if m == nil {
			return nil, &diag.Error{Code: "PB201", At: at, Source: data, Message: "\"" + text + "\" is not a version of Python in Heroku's form",
				Hint: "write it like: python-3.12"}
		}
		at.Start.Column += len("python-")
		return &PythonRequest{Text: m[1], At: at, Source: data}, nil
	}
	return nil, nil
}

func textLines(data []byte) []string {
	return strings.Split(strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n"), "\n")
}

// textAt is the place of a part of the i-th line, counted from zero.
func textAt(file string, i int, line, part string) plan.Location {
	column := max(0, strings.Index(strings.ReplaceAll(line, "\t", " "), part)) + 1
	return plan.Location{File: file,
		Start: plan.Position{Line: i + 1, Column: column},
		End:   plan.Position{Line: i + 1, Column: column + len(part)}}
}
