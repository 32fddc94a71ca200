package project

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pybuild/pybuild/frontend/diag"
)

const (
	aProject = "[project]\nname = \"a\"\nversion = \"1\"\n"
	aLock    = "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\n"
)

func TestInput(t *testing.T) {
	for _, c := range []struct {
		name   string
		files  []string
		input  Input
		reason string
		warn   string
	}{
		{"nothing", nil, InputNone, "no file says what to install, so nothing is installed", ""},
		{"tools only", []string{PyprojectFile, "[tool.ruff]\n"}, InputNone, "", ""},
		{"lock", []string{PyprojectFile, aProject, UVLockFile, aLock}, InputUVLock, "uv.lock pins every dependency", ""},
		{"lock wins", []string{PyprojectFile, aProject, UVLockFile, aLock, RequirementsFile, "b", "pylock.toml", ""}, InputUVLock,
			"uv.lock pins every dependency; pylock.toml and requirements.txt are not used", ""},
		{"lock wins over a broken file", []string{PyprojectFile, aProject, UVLockFile, aLock, RequirementsFile, "b 1"}, InputUVLock,
			"uv.lock pins every dependency; requirements.txt is not used", ""},
		{"two locks", []string{PyprojectFile, aProject, UVLockFile, aLock, PdmLockFile, ""}, InputUVLock, "uv.lock pins every dependency; pdm.lock is not used",
			"pdm.lock:1:1: pdm.lock is not used, since uv.lock is there, too"},
		{"a mistyped name", []string{"requirments.txt", "b"}, InputNone, "", "requirments.txt:1:1: requirments.txt looks like a list of dependencies, and nothing is installed from it"},
		{"another case", []string{"Requirements.TXT", "b"}, InputNone, "", "Requirements.TXT looks like"},
		{"conda", []string{"environment.yml", "b"}, InputNone, "", "environment.yml:1:1: environment.yml is conda's"},
		{"a text", []string{"robots.txt", "b"}, InputNone, "", ""},
		{"requirements", []string{RequirementsFile, "b"}, InputRequirements, "requirements.txt lists the dependencies", ""},
		{"two lists", []string{PyprojectFile, aProject + "dependencies = [\"b\"]\n", RequirementsFile, "b"}, InputRequirements,
			"requirements.txt lists the dependencies; project.dependencies of pyproject.toml is not used",
			"pyproject.toml:4:1: project.dependencies is not used, since requirements.txt is there and uv.lock is not"},
		{"pyproject", []string{PyprojectFile, aProject}, InputPyproject, "pyproject.toml lists the dependencies; without a lock their versions are chosen at build time", ""},
		{"setup", []string{"setup.py", "", "setup.cfg", ""}, InputSetup, "setup.cfg lists the dependencies; without a lock their versions are chosen at build time", ""},
		{"one other file", []string{"requirements/all.txt", "b"}, InputRequirements, "requirements/all.txt is the only file that lists dependencies", ""},
		{"newer revision", []string{PyprojectFile, aProject, UVLockFile, strings.Replace(aLock, "revision = 3", "revision = 6", 1)}, InputUVLock,
			"", "uv.lock:2:12: uv.lock was written by a newer uv: its revision is 6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Read(files(c.files...), Choice{})
			if err != nil {
				t.Fatal(err)
			}
			if f.Input != c.input || (c.reason != "" && f.InputReason != c.reason) {
				t.Errorf("got %s because %s", f.Input, f.InputReason)
			}
			var warnings []string
			for _, w := range f.Warnings {
				warnings = append(warnings, w.At.String()+": "+w.Message)
				if w.Hint == "" {
					t.Errorf("no hint: %+v", w)
				}
			}
			if got := strings.Join(warnings, "\n"); (c.warn == "") != (got == "") || !strings.Contains(got, c.warn) {
				t.Errorf("warnings:\n%s", got)
			}
		})
	}
}

// TestConfiguredInput names the file that decides.
func TestConfiguredInput(t *testing.T) {
	all := []string{"requirements/base.txt", "b", "requirements/prod.txt", "-r base.txt", "job.py", "", "notes.md", "", "sub/uv.lock", ""}
	for input, want := range map[string]string{
		"requirements/prod.txt": "",
		"":                      "several files list dependencies, and nothing says which of them the image installs: requirements/base.txt, requirements/prod.txt",
		"requirements/dev.txt":  "the input requirements/dev.txt is not in the build context",
		"notes.md":              "notes.md is not a file that says what to install",
		"sub/uv.lock":           "the input sub/uv.lock is not at the root of the build context",
		"job.py":                "job.py has no inline metadata",
	} {
		f, err := Read(files(all...), Choice{Input: input})
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", input, err)
		case want == "" && (f.InputFile != input || len(f.Requirements.Entries) != 1):
			t.Errorf("%s: got %s", input, f.InputFile)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got error %v, want %q", input, err, want)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		want  string
		files []string
	}{
		{"uv.lock: uv.lock is there, but pyproject.toml is not [PB102]\n  check", []string{UVLockFile, aLock}},
		{"uv.lock:1:11: uv.lock was written by a newer uv: its version is 2, and this pybuild reads version 1", []string{PyprojectFile, aProject, UVLockFile, "version = 2\npackage = 3\n"}},
		{"uv.lock has no version", []string{PyprojectFile, aProject, UVLockFile, "[[package]]\n"}},
		{"from before 0.4", []string{PyprojectFile, aProject, UVLockFile, "version = 1\n[[distribution]]\nname = \"a\"\n"}},
		{"uv.lock:1:", []string{PyprojectFile, aProject, UVLockFile, "<<<<<<< HEAD\n"}},
		{"pyproject.toml:2:8: uv.lock does not contain the project \"a\"", []string{PyprojectFile, aProject, UVLockFile, "version = 1\n"}},
		{"uv.lock:3:", []string{PyprojectFile, aProject, UVLockFile, "version = 1\n[[package]]\nname = 3\n"}},
		{"uv.lock:12:10: the path ../b leads out of the build context", []string{PyprojectFile, aProject + "dependencies = [\"b\"]\n[tool.uv.sources]\nb = {path = \"../b\"}\n",
			UVLockFile, aLock + "dependencies = [{ name = \"b\" }]\n[[package]]\nname = \"b\"\nsource = { editable = \"../b\" }\n"}},
		{"pyproject.toml:5:2: not a valid requirement: \"b^1\"", []string{PyprojectFile, aProject + "dependencies = [\n \"b^1\"]\n"}},
		{"pyproject.toml:2:8: project.name \"a b\" is not a valid name", []string{PyprojectFile, "[project]\nname = \"a b\"\n"}},
		{"pyproject.toml:4:19: project.requires-python: \"3.12\" is not a version specifier", []string{PyprojectFile, aProject + "requires-python = \"3.12\"\n"}},
		{"dependency group \"x\" includes \"y\", which does not exist", []string{PyprojectFile, aProject + "[dependency-groups]\nx = [{include-group = \"Y\"}]\n"}},
		{"dependency groups include each other: x -> y -> x", []string{PyprojectFile, aProject + "[dependency-groups]\nx = [{include-group = \"Y\"}]\nY = [\"b\", {include-group = \"x\"}]\n"}},
		{"may only hold include-group", []string{PyprojectFile, aProject + "[dependency-groups]\nx = [{include = \"Y\"}]\n"}},
		{"dependency-groups.x should be a list", []string{PyprojectFile, aProject + "[dependency-groups]\nx = \"b\"\n"}},
		{"an element of a dependency group should be", []string{PyprojectFile, aProject + "[dependency-groups]\nx = [1]\n"}},
		{"cannot read requirements.txt", []string{"requirements.txt/x", ""}},
	} {
		_, err := Read(files(c.files...), Choice{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if len(diag.All(err)) == 0 {
			t.Errorf("no place: %v", err)
		}
	}
}

func TestPyproject(t *testing.T) {
	p, err := ParsePyproject(PyprojectFile, []byte(`
[project]
name = "A_b"
dynamic = ["version"]
requires-python = ">=3.12"
dependencies = ["B>=1"]
optional-dependencies.X_y = ["c"]
scripts = { run = "a:main" }
gui-scripts = { win = "a:win" }
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[dependency-groups]
Test = ["pytest"]
[tool.uv]
dev-dependencies = ["ruff"]
default-groups = ["Test"]
extra-index-url = ["https://more.example/"]
[tool.uv.workspace]
members = ["libs/*"]
[tool.uv.sources]
B = { git = "https://git.example/b", tag = "v1" }
c = [{ index = "corp", marker = "sys_platform == 'linux'" }, { path = "../c", editable = true, extra = "X_y" }]
[[tool.uv.index]]
name = "corp"
url = "https://index.example/"
explicit = true
`))
	if err != nil {
		t.Fatal(err)
	}
	if !p.IsPackage() || !p.IsDynamic("version") || p.Version != "" || p.BuildBackend != "hatchling.build" || len(p.BuildRequires) != 1 {
		t.Errorf("%+v", p)
	}
	got := fmt.Sprint(p.Name, p.Dependencies[0], p.Dependencies[0].At, p.Optional["x-y"], p.Scripts, p.DefaultGroups, sortedKeys(p.Groups), p.Workspace.Members,
		len(p.Indexes), p.Indexes[0].Name, p.Indexes[1].URL)
	if want := `A_bb>=1pyproject.toml:6:17[c]map[run:a:main win:a:win][test][dev test][libs/*]2 corp https://more.example/`; strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Error(got)
	}
	want := map[string][]Source{
		"b": {{Kind: SourceGit, Value: "https://git.example/b", Revision: "v1", RevisionKind: "tag"}},
		"c": {{Kind: SourceIndex, Value: "corp", Conditional: true}, {Kind: SourcePath, Value: "../c", Editable: true, Conditional: true}},
	}
	if d := cmp.Diff(want, p.Sources, cmpopts.IgnoreFields(Source{}, "At")); d != "" {
		t.Error(d)
	}
}

// TestNoProject points at the line that asks to install what is none.
func TestNoProject(t *testing.T) {
	for line, want := range map[string]string{
		"-e .":  "requirements.txt:3:1: the root of the build context has neither a pyproject.toml nor a setup.py",
		"./lib": "requirements.txt:3:1: lib has neither",
	} {
		if _, err := Read(files(RequirementsFile, "a==1\nb==2\n"+line+"\n", "lib/requirements.txt", ""), Choice{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestSources(t *testing.T) {
	f, err := Read(caseFS(t, "path"), Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"libs/one", "libs/two"}, f.LocalSources); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]GitSource{{Package: "gitlib", Host: "git.example"}}, f.GitSources); d != "" || !f.NeedsGit() || f.NeedsSSH() {
		t.Error(d)
	}

	f, err = Read(files(RequirementsFile, "./lib\n.\ngit+ssh://git@git.example/a\nb @ git+https://other.example/b\ngit+file:///x", "lib/setup.py", "", "setup.py", ""), Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"git.example", "other.example"}, f.GitHosts()); d != "" || !f.NeedsSSH() {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"lib"}, f.LocalSources); d != "" {
		t.Error(d)
	}

	f, err = Read(files(PyprojectFile, aProject+"dependencies = [\"b\", \"c\", \"d @ git+https://three.example/d\"]\n[tool.uv.sources]\nb = {git = \"git@git.example:x/b\"}\nc = {path = \"libs/c\"}\nunused = {path = \"../x\"}\n"), Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"git.example", "three.example"}, f.GitHosts()); d != "" || !f.NeedsSSH() || len(f.LocalSources) != 1 {
		t.Error(d, f.LocalSources)
	}
}

func TestLockedFile(t *testing.T) {
	f := LockedFile{URL: "https://index.example/files/a-1%2Bcpu-py3-none-any.whl", Hash: "sha256:00", Size: 3}.File()
	if d := cmp.Diff(File{Name: "a-1+cpu-py3-none-any.whl", URL: f.URL, Size: 3, Hashes: map[string]string{"sha256": "00"}}, f); d != "" {
		t.Error(d)
	}
}

func FuzzUVLock(f *testing.F) {
	f.Add([]byte(aProject), []byte(aLock))
	for _, name := range []string{"groups", "workspace", "path", "legacy", "conflicts"} {
		fsys := caseFS(f, name)
		f.Add(fsys[PyprojectFile].Data, fsys[UVLockFile].Data)
	}
	f.Fuzz(func(t *testing.T, pyproject, lock []byte) {
		watch(t)
		facts, err := Read(files(PyprojectFile, string(pyproject), UVLockFile, string(lock), "libs/two/pyproject.toml", aProject), Choice{})
		if (facts == nil) == (err == nil) {
			t.Error("facts and error, or neither")
		}
		for _, e := range diag.All(err) {
			if e.At.File == "" || diag.HasCredential(e.Error()) {
				t.Errorf("no place, or a credential: %v", e)
			}
		}
	})
}

func TestClosure(t *testing.T) {
	text := aLock + `dependencies = [{ name = "b", extra = ["x"] }]
[package.optional-dependencies]
e = [{ name = "f", version = "2" }]
[package.dev-dependencies]
dev = [{ name = "out" }]
[[package]]
name = "b"
[package.optional-dependencies]
x = [{ name = "c" }]
y = [{ name = "d" }]
[[package]]
name = "c"
dependencies = [{ name = "b" }]
[[package]]
name = "d"
[[package]]
name = "f"
version = "1"
[[package]]
name = "f"
version = "2"
[[package]]
name = "out"
source = { editable = "../out" }
`
	facts, err := Read(files(PyprojectFile, "[tool.ruff]\n", UVLockFile, text), Choice{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		root           string
		extras, groups []string
		want           string
	}{
		{"", nil, nil, "a1 b c"},
		{"", []string{"E"}, nil, "a1 b c f2"},
		{"a", nil, []string{"dev"}, "a1 b c out"},
		{"b", []string{"y"}, nil, "b d"},
		{"nobody", nil, nil, ""},
	} {
		var got []string
		for _, pkg := range facts.Lock.Closure(c.root, c.extras, c.groups) {
			got = append(got, pkg.Name+pkg.Version)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
	if err := facts.CheckSources("", []string{"e"}, nil); err != nil {
		t.Error(err)
	}
	if err := facts.CheckSources("", nil, []string{"dev"}); err == nil || !strings.Contains(err.Error(), "the path ../out leads out") {
		t.Error(err)
	}
}
