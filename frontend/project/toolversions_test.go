package project

import (
	"io/fs"
	"strings"
	"testing"
)

func TestPythonRequests(t *testing.T) {
	tools := func(fsys fs.FS) (*PythonRequest, error) { return ReadToolVersions(fsys) }
	runtime := func(fsys fs.FS) (*PythonRequest, error) { return ReadRuntime(fsys) }
	pipfile := func(fsys fs.FS) (*PythonRequest, error) {
		data, err := readFile(fsys, PipfileFile)
		if data == nil {
			return nil, err
		}
		p, err := ParsePipfile(PipfileFile, data)
		if err != nil {
			return nil, err
		}
		return p.Python()
	}
	for _, c := range []struct {
		read       func(fs.FS) (*PythonRequest, error)
		file, text string
		want       string // "version at place", or a part of the error
	}{
		{tools, ToolVersionsFile, "nodejs 22.1.0\npython 3.12.1 3.11.9 system # both\n", "3.12.1 at .tool-versions:2:8"},
		{tools, ToolVersionsFile, "\ufeff  python\t3.13\r\n", "3.13 at .tool-versions:1:10"},
		{tools, ToolVersionsFile, "core:python 3.13", "3.13 at .tool-versions:1:13"},
		{tools, ToolVersionsFile, "# python 3.11\npythonx 3.12\n", ""},
		{tools, ToolVersionsFile, "python # later\n", ".tool-versions:1:1: python has no version here [PB201]\n  write it like: python 3.12"},
		{tools, ToolVersionsFile, "python latest:3.12", ".tool-versions:1:8: latest:3.12 does not say which Python"},
		{tools, ToolVersionsFile, "python system", "system does not say"},
		{runtime, RuntimeFile, "python-3.12.1\n", "3.12.1 at runtime.txt:1:8"},
		{runtime, RuntimeFile, "\n python-3.12 \n", "3.12 at runtime.txt:2:9"},
		{runtime, RuntimeFile, "3.12", "runtime.txt:1:1: \"3.12\" is not a version of Python in Heroku's form [PB201]\n  write it like: python-3.12"},
		{runtime, RuntimeFile, "", ""},
		{pipfile, PipfileFile, "[requires]\npython_version = \"3.12\"", "3.12 at Pipfile:2:18"},
		{pipfile, PipfileFile, "[requires]\npython_version = \"3.12\"\npython_full_version = \"3.12.1\"", "3.12.1 at Pipfile:3:23"},
		{pipfile, PipfileFile, "[requires]\npython_version = \"*\"", ""},
		{pipfile, PipfileFile, "[requires]\npython_version = 3.10", "Pipfile:2:18: requires.python_version should be a string [PB005]\n  quote it: \"3.10\""},
		{pipfile, PipfileFile, "packages = 3", "Pipfile:1:12: packages should be a table of packages"},
	} {
		r, err := c.read(files(c.file, c.text))
		got := ""
		if r != nil {
			got = r.Text + " at " + r.At.String()
		}
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) || c.want == "" && got != "" {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		if r, err := c.read(files()); r != nil || err != nil {
			t.Errorf("without the file: %v, %v", r, err)
		}
	}
}
