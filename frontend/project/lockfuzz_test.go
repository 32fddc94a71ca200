package project

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/diag"
)

// addPairs seeds a fuzz test with the locks of some fixtures and their manifests.
func addPairs(f *testing.F, pattern, lock, manifest string) {
	dirs, err := filepath.Glob(filepath.Join("testdata", "otherlocks", pattern))
	if err != nil {
		f.Fatal(err)
	}
	for _, dir := range dirs {
		a, errA := os.ReadFile(filepath.Join(dir, lock))
		b, errB := os.ReadFile(filepath.Join(dir, manifest))
		if errA == nil && errB == nil {
			f.Add(thin(a), b)
		}
	}
}

// thin leaves one file to each package of a lock: most of a lock is its sums, and a fuzzer
// gets through a short input more often.
func thin(lock []byte) []byte {
	lines := bytes.SplitAfter(lock, []byte("\n"))
	sum := func(i int) bool { return i < len(lines) && bytes.Contains(lines[i], []byte("sha256:")) }
	var kept []byte
	for i, line := range lines {
		if !sum(i) || !sum(i+1) {
			kept = append(kept, line...)
		}
	}
	return kept
}

// checkLock uses a lock in all ways. Mistakes have places, and what is written
// is what the parser of requirements files reads: nothing in a lock may become
// an option or a requirement of its own.
func checkLock(t *testing.T, lock OtherLock, extras, groups []string) {
	t.Helper()
	lock.RequiresPython()
	_, err := lock.Stale()
	checkPlaces(t, err)
	for _, sel := range []Selection{{}, {Groups: groups}, {Extras: extras, Groups: groups}} {
		set, err := lock.Set(sel)
		checkPlaces(t, err)
		if err != nil {
			continue
		}
		set.Indexes()
		text, err := set.Requirements()
		checkPlaces(t, err)
		if _, errLocal := set.LocalRequirements(); errLocal != nil {
			checkPlaces(t, errLocal)
		}
		if err != nil {
			continue
		}
		wanted := 0
		for _, p := range set.Packages {
			if p.Path == "" {
				wanted++
			}
		}
		r, err := ParseRequirements(fstest.MapFS{"r.txt": &fstest.MapFile{Data: text}}, "r.txt")
		if err == nil && (len(r.Entries) != wanted || len(r.Options) != 0) {
			t.Errorf("%d entries and %d options of %d packages:\n%s", len(r.Entries), len(r.Options), wanted, text)
		}
	}
}

func checkPlaces(t *testing.T, err error) {
	t.Helper()
	for _, e := range diag.All(err) {
		lines := strings.Split(string(e.Source), "\n")
		if at := e.At.Start; e.Source == nil || at.Line < 1 || at.Line > len(lines) || at.Column < 1 || at.Column > len(lines[at.Line-1])+1 {
			t.Errorf("place outside of the file: %v", e)
		}
	}
	if err != nil && len(diag.All(err)) == 0 {
		t.Errorf("not a diagnostic: %v", err)
	}
}

func FuzzPoetryLock(f *testing.F) {
	addPairs(f, "poetry-*", PoetryLockFile, PyprojectFile)
	f.Add([]byte(long("[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [{hash = \"sha256:00\"}]\n[package.dependencies]\n"+
		"b = [{version = \"<2 || >3\", markers = \"extra == 'x'\", optional = true}]\n[metadata]\nlock-version = \"2.0\"\npython-versions = \"^3.9\"\n")),
		[]byte("[tool.poetry.dependencies]\na = {version = \"~1.0\", extras = [\"x\"], python = \"<3.11\"}\n"))
	f.Fuzz(func(t *testing.T, lock, manifest []byte) {
		watch(t)
		p, err := ParsePyproject(PyprojectFile, manifest)
		if err != nil {
			return
		}
		l, err := ParsePoetryLock(PoetryLockFile, lock, p)
		if err != nil {
			checkPlaces(t, err)
			return
		}
		checkLock(t, l, sortedKeys(l.extras), l.manifest.Groups)
	})
}

func FuzzPdmLock(f *testing.F) {
	addPairs(f, "pdm-*", PdmLockFile, PyprojectFile)
	f.Add([]byte(long("[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"a\"\nversion = \"1\"\nextras = [\"x\"]\ndependencies = [\"a==1\", \"b; os_name == 'nt'\"]\n"+
		"files = [{hash = \"sha256:00\"}]\n[[package]]\nname = \"a\"\nversion = \"1\"\npath = \"./a\"\n")),
		[]byte("[project]\ndependencies = [\"a[x]>=1\"]\n[tool.pdm.dev-dependencies]\nx = [\"-e file:///${PROJECT_ROOT}/a#egg=a\", {git = \"g\", name = \"n\"}]\n"))
	f.Fuzz(func(t *testing.T, lock, manifest []byte) {
		watch(t)
		p, err := ParsePyproject(PyprojectFile, manifest)
		if err != nil {
			return
		}
		l, err := ParsePdmLock(PdmLockFile, lock, p)
		if err != nil {
			checkPlaces(t, err)
			return
		}
		checkLock(t, l, nil, sortedKeys(l.manifest.groups))
	})
}

func FuzzPipfileLock(f *testing.F) {
	addPairs(f, "pipenv*", PipfileLockFile, PipfileFile)
	f.Add([]byte(long(`{"_meta": {"pipfile-spec": 6, "requires": {"python_version": "3"}}, "default": {"a": {"version": "==1", "hashes": ["sha256:00"], "os_name": "== 'nt'"}}}`)),
		[]byte("[packages]\na = {version = \"*\", os_name = \"== 'nt'\"}\n"))
	f.Fuzz(func(t *testing.T, lock, manifest []byte) {
		watch(t)
		p, err := ParsePipfile(PipfileFile, manifest)
		if err != nil {
			checkPlaces(t, err)
			p = nil
		} else if _, err := p.Python(); err != nil {
			checkPlaces(t, err)
		}
		l, err := ParsePipfileLock(PipfileLockFile, lock, p)
		if err != nil {
			checkPlaces(t, err)
			return
		}
		checkLock(t, l, nil, sortedKeys(l.sections))
	})
}

func FuzzInlineScript(f *testing.F) {
	script, err := os.ReadFile("testdata/otherlocks/script/job.py")
	if err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile("testdata/otherlocks/script/job.py.lock")
	if err != nil {
		f.Fatal(err)
	}
	lock, err := ParseUVLock("job.py.lock", text)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(script)
	f.Add([]byte("# /// script\r\n#\r\n# dependencies = ['a', 1]\r\n# ///"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseInlineScript("job.py", data)
		checkPlaces(t, err)
		if s != nil {
			checkPlaces(t, s.CheckStale(lock))
		}
	})
}
