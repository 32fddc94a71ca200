package project

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

func TestPythonVersions(t *testing.T) {
	supported := []string{"3.9", "3.10", "3.14", "3.11", "3.12", "3.13", "3.13t"}
	for _, c := range []struct{ file, requires, want, reason string }{
		{"", "", "3.14", "nothing asks"},
		{"", ">=3.12", "3.14", `newest that requires-python ">=3.12"`},
		{"", ">=3.9,<3.13", "3.12", ""},
		{"", "~=3.12.0", "3.12", ""},
		{"", "==3.11.*", "3.11", ""},
		{"", "==3.11.9", "3.11", ""},
		{"", ">=3.10, !=3.14.*", "3.13", ""},
		{"", "<=3.12", "3.12", ""},
		{"", ">3.13", "3.14", ""},
		{"3.12", "", "3.12", ".python-version asks for 3.12"},
		{"3.12.4\n", ">=3.12.3", "3.12", ""},
		{"\n# a comment\n  3.11   # why\n3.12\n", "", "3.11", ""},
		{"\ufeffcpython@3.12\r\n", "", "3.12", ""},
		{"cpython-3.12.4-linux-x86_64-gnu", "", "3.12", ""},
		{"python3.12", "", "3.12", ""},
		{"cp312", "", "3.12", ""},
		{"3.13t", ">=3.13", "3.13t", ""},
		{"3.13+freethreaded", "", "3.13t", ""},
	} {
		versions, reason, err := facts(t, c.file, c.requires).PythonVersions(supported)
		version := strings.Join(versions[:min(1, len(versions))], "")
		if err != nil || version != c.want || !strings.Contains(reason, c.reason) {
			t.Errorf("%q with %q: got %q because %q, %v; want %q because %q", c.file, c.requires, version, reason, err, c.want, c.reason)
		}
	}
	for _, c := range []struct{ file, requires, want string }{
		{"", ">=3.99", "pyproject.toml:3:19: requires-python \">=3.99\" allows no version of Python that is available [PB203]\n  available are 3.9, 3.10, 3.11, 3.12, 3.13, 3.13t, 3.14"},
		{"pypy@3.10", "", ".python-version:1:1: .python-version asks for \"pypy@3.10\", but only CPython is supported"},
		{"pypy3.10-7.3.12", "", "only CPython"},
		{"3.12", ">=3.13", ".python-version:1:1: .python-version asks for Python 3.12, but requires-python \">=3.13\" at pyproject.toml:3 does not allow it"},
		{"3.12.4", ">=3.12.5", "does not allow it"},
		{"3.8", "", "which is not available"},
		{"3.12t", "", "asks for Python 3.12t, which is not available"},
		{"latest", "", "\"latest\" is not a version of Python"},
		{"3", "", "is not a version"},
	} {
		_, _, err := facts(t, c.file, c.requires).PythonVersions(supported)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q with %q: got %v, want %s", c.file, c.requires, err, c.want)
		}
	}
	versions, _, err := facts(t, "", ">=3.12").PythonVersions(supported)
	if diff := cmp.Diff([]string{"3.14", "3.13", "3.12"}, versions); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, _, err := (&Facts{}).PythonVersions(nil); err == nil {
		t.Error("no error without supported versions")
	}
}

// The lock's range counts too: uv refuses other versions.
func TestPythonVersionOfLock(t *testing.T) {
	f, err := Read(files(PyprojectFile, "[project]\nname = \"a\"\n", UVLockFile, "version = 1\nrequires-python = \">=3.10, <3.12\"\n[[package]]\nname = \"a\"\nsource = { virtual = \".\" }\n"), Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if v, reason, err := f.PythonVersions([]string{"3.13", "3.11"}); len(v) != 1 || v[0] != "3.11" || err != nil || !strings.Contains(reason, "uv.lock") {
		t.Error(v, reason, err)
	}
}

func facts(t *testing.T, file, requires string) *Facts {
	t.Helper()
	fsys := files(PyprojectFile, "[project]\nname = \"a\"\nrequires-python = \""+requires+"\"\n")
	if file != "" {
		fsys[PythonVersionFile] = &fstest.MapFile{Data: []byte(file)}
	}
	f, err := Read(fsys, Choice{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
