package integration

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

const job = "# syntax=org/pybuild\npython = \"3.13\"\n[serve]\nscript = \"job.py\"\n"

// TestImageTree builds an app without dependencies and looks at every promise
// about its files.
func TestImageTree(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	dir := project(t, map[string]string{
		"pybuild.toml": job, "job.py": "def f():\n    return 1\n", "data/t.html": "<p>", ".env": "SECRET=1", ".git/HEAD": "x",
		".venv/bin/python": "x", "__pycache__/job.cpython-310.pyc": "x", "data/uv.lock": "x", "notes.txt": "x", ".dockerignore": "notes.txt\n",
	})
	build{dir: dir, out: out}.must(t)

	for name, want := range map[string]bool{
		"app/job.py": true, "app/data/t.html": true, "app/.env": false, "app/data/uv.lock": false, "app/.git": false, "app/.venv": false,
		"app/notes.txt": false, "app/pybuild.toml": false, "usr/bin/gcc": false, "usr/local/bin/uv": false, "run/pybuild": false,
		"root/.cache": false,
	} {
		if _, err := os.Lstat(filepath.Join(out, name)); (err == nil) != want {
			t.Errorf("%s is in the image: %v, want %v", name, err == nil, want)
		}
	}
	passwd, err := os.ReadFile(filepath.Join(out, "etc/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"root:x:0:0:", "appuser:x:1001:1001::/nonexistent:/usr/sbin/nologin"} {
		if !strings.Contains(string(passwd), line) {
			t.Errorf("passwd lacks %q:\n%s", line, passwd)
		}
	}
	info, err := os.Stat(filepath.Join(out, "app/job.py"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o644 || info.ModTime().Unix() != 315532800 {
		t.Errorf("app/job.py has mode %v and time %v", info.Mode(), info.ModTime())
	}
	bytecode(t, out, "app/__pycache__/job.cpython-313.pyc", "/app/job.py")
}

// bytecode checks a .pyc: hash-based and unchecked (PEP 552), and made for the
// path that the source has at run time.
func bytecode(t *testing.T, root, name, source string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	if flags := binary.LittleEndian.Uint32(data[4:8]); flags != 1 {
		t.Errorf("%s has flags %d, want 1 (unchecked hash)", name, flags)
	}
	if !bytes.Contains(data, []byte(source)) || bytes.Contains(data, []byte("/out"+source)) {
		t.Errorf("%s was not compiled as %s", name, source)
	}
}

func TestWaysIn(t *testing.T) {
	const syntax = "# syntax=org/pybuild\n"
	const table = "[project]\nname = \"p\"\nversion = \"1\"\n[tool.pybuild.serve]\nscript = \"job.py\"\n"
	for name, c := range map[string]struct {
		file  string
		files map[string]string
		err   string
	}{
		"pybuild.toml":                  {"pybuild.toml", map[string]string{"pybuild.toml": job}, ""},
		"Dockerfile and pybuild.toml":   {"Dockerfile", map[string]string{"Dockerfile": syntax, "pybuild.toml": job}, ""},
		"Dockerfile and pyproject.toml": {"Dockerfile", map[string]string{"Dockerfile": syntax, "pyproject.toml": table}, ""},
		"Dockerfile holding the keys":   {"Dockerfile", map[string]string{"Dockerfile": job}, ""},
		"pyproject.toml":                {"pyproject.toml", map[string]string{"pyproject.toml": syntax + table}, ""},
		"Dockerfile with instructions":  {"Dockerfile", map[string]string{"Dockerfile": syntax + "FROM python\n"}, "Dockerfile:1:1: Dockerfile holds Dockerfile instructions, and pybuild writes those itself [PB018]"},
		"nothing says what to run":      {"Dockerfile", map[string]string{"Dockerfile": syntax}, "nothing says what the container runs"},
		"unknown key":                   {"pybuild.toml", map[string]string{"pybuild.toml": job + "prot = 1\n"}, "pybuild.toml:5:1: unknown key \"prot\""},
		"a float":                       {"pybuild.toml", map[string]string{"pybuild.toml": "python = 3.10\n"}, "pybuild.toml:1:10: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.files["job.py"] = "print(1)\n"
			tr := build{dir: project(t, c.files), file: c.file}.run(t)
			if c.err == "" && tr.err != nil {
				t.Fatal(tr.err)
			}
			if c.err != "" && (tr.err == nil || !strings.Contains(tr.err.Error(), c.err)) {
				t.Fatalf("error %v, want %q", tr.err, c.err)
			}
		})
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "print(1)\n"})
	for name, c := range map[string]struct {
		attrs map[string]string
		err   string
	}{
		"builder":        {map[string]string{"target": "builder"}, ""},
		"unknown target": {map[string]string{"target": "nope"}, "no target \"nope\""},
		"named context":  {map[string]string{"context:python:3.13-slim": "docker-image://python:3.12-slim"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tr := build{dir: dir, attrs: c.attrs}.run(t)
			if c.err == "" && tr.err != nil || c.err != "" && (tr.err == nil || !strings.Contains(tr.err.Error(), c.err)) {
				t.Fatalf("error %v, want %q", tr.err, c.err)
			}
		})
	}
	out := t.TempDir()
	build{dir: dir, out: out, attrs: map[string]string{"context:python:3.13-slim": "docker-image://python:3.12-slim"}}.must(t)
	if _, err := os.Stat(filepath.Join(out, "app/__pycache__/job.cpython-312.pyc")); err != nil {
		t.Errorf("the named context did not replace the base: %v", err)
	}
}

func TestStaleLock(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"pybuild.toml":   job,
		"pyproject.toml": "[project]\nname = \"p\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"click\"]\n",
		"uv.lock": "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n[[package]]\nname = \"p\"\nversion = \"1\"\n" +
			"source = { virtual = \".\" }\n",
	})
	tr := build{dir: dir}.run(t)
	if tr.err == nil || !strings.Contains(tr.err.Error(), "pyproject.toml:5:17: \"click\" is in project.dependencies, but not in uv.lock:5") {
		t.Fatalf("error %v", tr.err)
	}
	if len(tr.cached) > 0 {
		for name := range tr.cached {
			if strings.HasPrefix(name, "[builder]") {
				t.Errorf("%s ran although the lock is stale", name)
			}
		}
	}
}

// TestReuse asserts from the builds' own traces what runs again after a change.
func TestReuse(t *testing.T) {
	dir := example(t, "fastapi")
	first := build{dir: dir}.must(t)
	install, app := first.step(t, "[packages] install anyio"), first.step(t, "lay out the app")

	second := build{dir: dir}.must(t)
	for name := range second.cached {
		if strings.HasPrefix(name, "[builder]") && second.ran(name) {
			t.Errorf("%s ran again though nothing changed", name)
		}
	}
	note(t, filepath.Join(dir, "app/main.py"), "\n# "+dir+"\n")
	third := build{dir: dir}.must(t)
	if third.ran(install) || !third.ran(app) {
		t.Errorf("after a change of code: install ran %v, app ran %v", third.ran(install), third.ran(app))
	}
	again := build{dir: dir, attrs: map[string]string{"no-cache": "packages"}}.must(t)
	if !again.ran(install) || again.ran(app) {
		t.Errorf("--no-cache-filter=packages did not install again")
	}
}

// TestPlacement builds the same image by merging and, as on engines without
// MergeOp, by copying.
func TestPlacement(t *testing.T) {
	t.Parallel()
	dir := example(t, "flask")
	merged, copied := t.TempDir(), t.TempDir()
	build{dir: dir, out: merged, top: true}.must(t)
	tr := build{dir: dir, out: copied, top: true, without: []apicaps.CapID{pb.CapMergeOp}}.must(t)
	tr.step(t, "[runtime] copy layer 1 of 4")
	if diff := cmp.Diff(listing(t, merged), listing(t, copied)); diff != "" {
		t.Errorf("merging and copying differ (-merge +copy):\n%s", diff)
	}
}

// listing describes every file below a directory.
func listing(t *testing.T, root string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if path == root {
			return nil
		}
		name, _ := filepath.Rel(root, path)
		size := info.Size()
		if !info.Mode().IsRegular() {
			size = 0
		}
		all = append(all, fmt.Sprintf("%s %v %d %d", name, info.Mode(), size, info.ModTime().Unix()))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFailingStep points at the line of the configuration that asked for it.
func TestFailingStep(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\n[runtime]\npackages = [\"libno-such\"]\n[serve]\nscript = \"job.py\"\n", "job.py": "print(1)\n",
	})
	tr := build{dir: dir}.run(t)
	if tr.err == nil || !strings.Contains(tr.logs, "Unable to locate package libno-such") {
		t.Fatalf("error %v, log %s", tr.err, tr.logs)
	}
	sources := errdefs.Sources(tr.err)
	if len(sources) != 1 || sources[0].Info.Filename != "pybuild.toml" || sources[0].Ranges[0].Start.Line != 3 {
		t.Errorf("the failed step points at %v", sources)
	}
}

// TestExcerpts marks every mistake of a file in one excerpt, and no line where none is to blame.
func TestExcerpts(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pybuild.toml": "# syntax=org/pybuild\nbasis = 1\n[serve]\nscript = \"job.py\"\nprt = 1\n", "job.py": "print(1)\n"})
	sources := errdefs.Sources(build{dir: dir}.run(t).err)
	if len(sources) != 1 || len(sources[0].Ranges) != 2 || sources[0].Ranges[0].Start.Line != 2 || sources[0].Ranges[1].Start.Line != 5 {
		t.Errorf("two mistakes point at %v", sources)
	}
	write(t, dir+"/pybuild.toml", job)
	tr := build{dir: dir, attrs: map[string]string{"target": "wroker"}}.run(t)
	var shown strings.Builder
	for _, s := range errdefs.Sources(tr.err) {
		if err := s.Print(&shown); err != nil {
			t.Error(err)
		}
	}
	if tr.err == nil || !strings.Contains(tr.err.Error(), "[PB401]") || shown.Len() > 0 || len(errdefs.Sources(tr.err)) == 0 {
		t.Errorf("an unknown target says %v and shows %s", tr.err, shown.String())
	}
}

// TestUndeclaredArgument warns of an argument that nothing takes.
func TestUndeclaredArgument(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "print(1)\n"})
	tr := build{dir: dir, attrs: map[string]string{"build-arg:APP_VERSON": "1", "build-arg:NO_PROXY": "localhost"}}.must(t)
	if len(tr.warnings) != 1 || !strings.HasPrefix(tr.warnings[0], "UnusedBuildArg: --build-arg APP_VERSON is not used") {
		t.Errorf("warnings %q", tr.warnings)
	}
}

// holds checks which files an image has.
func holds(t *testing.T, root string, files map[string]bool) {
	t.Helper()
	for name, want := range files {
		if _, err := os.Lstat(filepath.Join(root, name)); (err == nil) != want {
			t.Errorf("%s is in the image: %v, want %v", name, err == nil, want)
		}
	}
}
