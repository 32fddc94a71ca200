package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/diag"
)

// otherLocks are projects that were locked with Poetry 1.2.2, 1.8.5 and 2.5.1,
// PDM 2.7.4, 2.10.4, 2.22.4 and 2.29.3, and Pipenv 2023.12.1 and 2026.10.3.
// The hosts of indexes were replaced, and the content hashes computed anew by
// those tools. Each selection is written "extras/groups".
var otherLocks = map[string][]string{
	"poetry-1.1":         {"", "cache", "all/dev,docs"},
	"poetry-2.0":         {"", "cache", "all/dev,docs"},
	"poetry-2.1":         {"", "cache", "all/dev,docs"},
	"poetry-project":     {"", "pg,web/test"},
	"poetry-groups":      {"", "/Test.Suite,lint"},
	"poetry-sources":     {""},
	"poetry-sources-1.1": {""},
	"pdm-4.2":            {"", "cache,fast_json/test,docs"},
	"pdm-4.4":            {"", "cache,fast_json/test,docs"},
	"pdm-4.5":            {"", "cache,fast_json/test,docs"},
	"pdm-static":         {"", "cache,fast_json/test,docs"},
	"pdm-groups":         {"", "/test_suite"},
	"pdm-sources":        {"", "/local"},
	"pdm-sources-4.2":    {"", "/local"},
	"pipenv":             {"", "/dev,docs"},
	"pipenv-2023":        {"", "/dev,docs"},
	"pipenv-sources":     {""},
}

// parseOther reads the lock of a project in memory.
func parseOther(fsys fstest.MapFS) (OtherLock, error) {
	data := func(name string) []byte {
		if f := fsys[name]; f != nil {
			return f.Data
		}
		return nil
	}
	if lock := data(PipfileLockFile); lock != nil {
		p, err := ParsePipfile(PipfileFile, data(PipfileFile))
		if err != nil {
			return nil, err
		}
		return ParsePipfileLock(PipfileLockFile, lock, p)
	}
	p, err := ParsePyproject(PyprojectFile, data(PyprojectFile))
	if err != nil {
		return nil, err
	}
	if lock := data(PoetryLockFile); lock != nil {
		return ParsePoetryLock(PoetryLockFile, lock, p)
	}
	return ParsePdmLock(PdmLockFile, data(PdmLockFile), p)
}

func otherFS(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	root := filepath.Join("testdata", "otherlocks", name)
	files, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(root, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fsys[f.Name()] = &fstest.MapFile{Data: data}
	}
	return fsys
}

func selection(text string) Selection {
	split := func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) }
	extras, groups, _ := strings.Cut(text, "/")
	return Selection{Extras: split(extras), Groups: split(groups)}
}

var hashLine = regexp.MustCompile(` \\\n    --hash=\S+`)

// TestOtherLocks compares the requirements of each selection with a golden
// file: the first with the hashes, the others without.
func TestOtherLocks(t *testing.T) {
	for name, selections := range otherLocks {
		t.Run(name, func(t *testing.T) {
			lock, err := parseOther(otherFS(t, name))
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			python, at := lock.RequiresPython()
			fmt.Fprintf(&got, "requires-python: %q at %s\n", python, at)
			for i, sel := range selections {
				set, err := lock.Set(selection(sel))
				if err != nil {
					t.Fatal(err)
				}
				text, err := set.Requirements()
				local, errLocal := set.LocalRequirements()
				if err := errors.Join(err, errLocal); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&got, "\n# selection %q, local %q, indexes %q, vcs %v\n", sel, set.LocalSources(), set.Indexes(), set.HasVCS())
				for _, w := range set.Warnings {
					fmt.Fprintf(&got, "# %s: %s\n", w.At, w.Message)
				}
				all := string(text) + "# local\n" + string(local)
				if i > 0 {
					all = hashLine.ReplaceAllString(all, "")
				}
				got.WriteString(all)
				// What is written is what the parser of requirements files reads.
				r, err := ParseRequirements(fstest.MapFS{"r.txt": &fstest.MapFile{Data: text}}, "r.txt")
				if err != nil || len(r.Entries)+len(set.LocalSources()) != len(set.Packages) {
					t.Errorf("%d entries of %d, %v", len(r.Entries), len(set.Packages), err)
				}
			}
			golden.Assert(t, got.String(), filepath.Join("otherlocks", name+".golden"))
		})
	}
}

// Two versions of the lock's format with the same packages give the same.
func TestSameSet(t *testing.T) {
	for _, pair := range [][2]string{{"poetry-1.1", "poetry-2.0"}, {"pdm-4.2", "pdm-4.4"}, {"pdm-4.2", "pdm-static"}} {
		var texts []string
		for _, name := range pair {
			lock, err := parseOther(otherFS(t, name))
			if err != nil {
				t.Fatal(err)
			}
			set, err := lock.Set(selection(otherLocks[name][len(otherLocks[name])-1]))
			if err != nil {
				t.Fatal(err)
			}
			text, err := set.Requirements()
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, hashLine.ReplaceAllString(string(text), ""))
		}
		if texts[0] != texts[1] {
			t.Errorf("%v differ:\n%s\n%s", pair, texts[0], texts[1])
		}
	}
}

// TestBadSelection is about names that are not there.
func TestBadSelection(t *testing.T) {
	for _, c := range []struct{ name, sel, want string }{
		{"poetry-2.1", "caches", "there is no extra \"caches\" [PB110]\n  did you mean \"cache\"?\n  extras are: all, cache"},
		{"poetry-2.1", "/test", "there is no group \"test\" [PB110]\n  groups are: dev, docs"},
		{"poetry-groups", "x", "there is no extra \"x\" [PB110]\n  there are no extras"},
		{"pdm-4.5", "caches", "there is no group or extra \"caches\" [PB110]\n  did you mean \"cache\"?\n  groups and extras are: cache, docs, fast-json, test"},
		{"pipenv", "cache", "there is no extra \"cache\" [PB110]\n  Pipenv knows none"},
		{"pipenv", "/test", "there is no group \"test\" [PB110]\n  groups are: default, develop, docs"},
	} {
		lock, err := parseOther(otherFS(t, c.name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = lock.Set(selection(c.sel)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// TestBadLocks is about what cannot be installed, or read.
func TestBadLocks(t *testing.T) {
	poetry := func(lock string) fstest.MapFS {
		return files(PyprojectFile, "[tool.poetry.dependencies]\na = \"*\"\n", PoetryLockFile,
			"[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"main\"]\n"+lock+"\n[metadata]\nlock-version = \"2.1\"\npython-versions = \"*\"\n")
	}
	pdm := func(meta, lock string) fstest.MapFS {
		return files(PyprojectFile, "[project]\ndependencies = [\"a\"]\n", PdmLockFile,
			"[metadata]\n"+meta+"\n[[package]]\nname = \"a\"\nversion = \"1\"\n"+lock+"\n")
	}
	pipenv := func(lock string) fstest.MapFS {
		return files(PipfileFile, "", PipfileLockFile, "{\"_meta\": {\"pipfile-spec\": 6},\n\"default\": {\n\"a\": "+lock+"}}")
	}
	for _, c := range []struct {
		fsys fstest.MapFS
		want string
	}{
		{poetry(""), "poetry.lock:2:8: a==1 has no hash, so what is installed could change"},
		{poetry("markers = \"python_version\""), "poetry.lock:5:11: package \"a\": not an environment marker: no comparison after \"python_version\" [PB108]\n  run `poetry lock`"},
		{poetry("[package.source]\ntype = \"directory\"\nurl = \"../a\""), "poetry.lock:5:1: the path ../a leads out of the build context"},
		{poetry("[package.source]\ntype = \"git\"\nurl = \"https://git.example/a\""), "its source has no resolved_reference"},
		{poetry("[package.source]\ntype = \"svn\"\nurl = \"https://svn.example/a\""), "a source of type \"svn\", which cannot be installed"},
		{poetry("[package.source]\ntype = \"url\"\nurl = \"https://files.example/a b.whl\""), "which cannot be written in a line of requirements"},
		{poetry("[package.source]\ntype = \"legacy\"\nurl = \"https://me:secret@index.example/simple\""), "poetry.lock:7:8: this URL holds a credential"},
		{poetry("[package.dependencies]\nb = \"^x\""), "poetry.lock:6:5: package \"a\": \"^x\": \"x\" is not a version"},
		{files(PyprojectFile, "", PoetryLockFile, "[metadata]\nlock-version = \"3.0\""), "poetry.lock:2:16: poetry.lock was written by a newer Poetry: its lock-version is 3.0, and this pybuild reads 1 and 2 [PB107]\n  use a newer pybuild"},
		{files(PyprojectFile, "", PoetryLockFile, ""), "has no metadata.lock-version"},
		{files(PyprojectFile, "[tool.poetry.dependencies]\na = true", PoetryLockFile, "[metadata]\nlock-version = \"2.1\""), "pyproject.toml:2:1: a: should be a version, a table, or a list of them [PB103]\n  write it like"},
		{pdm(`lock_version = "4.5.0"`, ""), "pdm.lock:4:8: a==1 has no hash"},
		{pdm(`lock_version = "5.0"`, ""), "pdm.lock:2:16: pdm.lock was written by a newer PDM"},
		{pdm(`lock_version = "3.1"`, ""), "written by a PDM from before 2.0"},
		{pdm("lock_version = \"4.5.0\"\ntargets = [{platform = \"macos_14_0_arm64\"}]", ""), "pdm.lock:3:11: pdm.lock was made for macos_14_0_arm64, and images are of Linux"},
		{pdm(`lock_version = "4.5.0"`, "git = \"https://git.example/a\""), "package \"a\" has no revision"},
		{pdm(`lock_version = "4.5.0"`, "path = \"../a\""), "pdm.lock:4:8: the path ../a leads out of the build context"},
		{pdm(`lock_version = "4.5.0"`, "dependencies = [\"a\", \">1\"]"), "pdm.lock:6:22: package \"a\": "},
		{pipenv(`{"version": "==1"}`), "Pipfile.lock:3:1: a==1 has no hash"},
		{pipenv(`{"version": "*"}`), "Pipfile.lock:3:1: a is not locked to a version, but to \"*\""},
		{pipenv(`{"version": "==1", "markers": "sys_platform == "}`), "Pipfile.lock:3:1: a: not an environment marker"},
		{pipenv(`{"git": "https://git.example/a"}`), "a has no ref"},
		{pipenv(`{"path": "../a"}`), "the path ../a leads out of the build context"},
		{pipenv(`{"version": "==1",}`), "Pipfile.lock:3:24: Pipfile.lock cannot be read"},
		{pipenv(`{"version": 1}`), "Pipfile.lock:2:1: default: json: cannot unmarshal number"},
		{files(PipfileFile, "", PipfileLockFile, "{}"), "Pipfile.lock:1:1: Pipfile.lock has the pipfile-spec 0"},
	} {
		lock, err := parseOther(c.fsys)
		if err == nil {
			var set *LockedSet
			if set, err = lock.Set(Selection{}); err == nil {
				_, err = set.Requirements()
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
		for _, e := range diag.All(err) {
			if e.Hint == "" || e.Source == nil {
				t.Errorf("no hint: %+v", e)
			}
		}
	}
}
