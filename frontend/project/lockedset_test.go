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
		{"poetry-2.1", "caches", "poetry.lock:611:2: there is no extra \"caches\"\n  extras are: all, cache"},
		{"poetry-2.1", "/test", "there is no group \"test\"\n  groups are: dev, docs"},
		{"poetry-groups", "x", "there is no extra \"x\"\n  there are no extras"},
		{"pdm-4.5", "caches", "there is no group and no extra \"caches\"\n  groups and extras are: cache, docs, fast-json, test"},
		{"pipenv", "cache", "there is no extra \"cache\": Pipenv knows none"},
		{"pipenv", "/test", "there is no group \"test\"\n  groups are: default, develop, docs"},
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
