package project

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/diag"
)

// lockCases are projects that were locked with uv 0.13.9, their locks trimmed
// of most packages from the index. Each mutation is what somebody might do
// without running `uv lock` again; want is in the error for it.
var lockCases = map[string][]struct{ file, old, new, want string }{
	"conflicts": {
		{"", `"idna==3.8"`, `"idna==3.9"`, `"idna==3.9" in project.optional-dependencies.b differs from uv.lock:43, which was made for "idna==3.8"`},
		{"", `"h11>0.13"`, `"h11"`, `"h11" in dependency-groups.new differs`},
		{"", "package = false", "package = true", "the project is a package by now, but not in uv.lock:18"},
	},
	"dynamic": {
		{"", "[build-system]", "[tool.gone]", "the project is no package any more"},
		{"", ">=3.12", ">=3.11", `requires-python ">=3.11" differs from uv.lock:3, which was made for ">=3.12"`},
	},
	"emptydeps": {
		{"", "dependencies = []", `dependencies = ["idna"]`, `"idna" is in project.dependencies, but not in uv.lock:`},
		{"", "==3.12.*", "==3.13.*", "requires-python"},
	},
	"extras": {
		{"", "anyio [trio] >= 4.0 , <5", "anyio >= 4.0 , <5", `"anyio>=4.0,<5" in project.dependencies differs from`},
		{"", "attrs!=23.1.0", "attrs!=23.1.1", `"attrs!=23.1.1" in project.optional-dependencies.web-stuff`},
		{"", "none = []", "other = []", `the extra "other" is not in uv.lock:`},
		{"", "none = []", "", `has the extra "none", which is gone`},
		{"", `, "idna>=3"]`, "]", `was made for "idna>=3", which is not in project.optional-dependencies any more`},
		{"", "My_Demo.App", "Your_Demo.App", `the project is called "Your_Demo.App", but uv.lock:`},
	},
	"gitrev": {
		{"", `tag="v1"`, `tag="v2"`, `the source of "gitlib" asks for tag "v2", but uv.lock:`},
		{"", `, tag="v1"`, ``, "asks for the default branch"},
		{"", `["g[x]"]`, `["g"]`, `"g" in dependency-groups.dev differs`},
	},
	"grouppy": {{"", `["h11", {`, `["h12", {`, `"h12" is in dependency-groups.docs`}},
	"groups": {
		{"", `{include-group = "base"}]`, `]`, `which is not in dependency-groups.`},
		{"", `"idna"]`, `"idna>=3"]`, `"idna>=3" in dependency-groups.base differs`},
		{"", "empty = []", "empty = [\"idna\"]", `"idna" is in dependency-groups.empty`},
		{"", "base = ", "basis = ", ""},
		{"", "~=3.12", "~=3.12.0", "requires-python"},
	},
	"index": {
		{"", `idna = { index = "my-corp.idx" }`, `idna = { path = "libs/idna" }`, `has a source of its own`},
		{"", `"idna", "h11`, `"idna>1", "h11`, `"idna>1" in project.dependencies differs`},
	},
	"inline": {
		{"", `"gitlib @ git+https://git.example/team/gitlib.git"`, `"gitlib"`, `"gitlib" in project.dependencies comes from an index, but uv.lock:`},
		{"", `"gitlib @ git+https://git.example/team/gitlib.git",`, ``, `which is not in project.dependencies any more`},
	},
	"legacy": {
		{"", `"Iniconfig>=2.0"`, `"Iniconfig>=2.1"`, `"iniconfig>=2.1" in dependency-groups.dev differs`},
		{"", `"Idna<4", `, ``, `was made for "idna<4", which is not in tool.uv.constraint-dependencies any more`},
		{"", `"pluggy>=1.0", `, ``, "tool.uv.override-dependencies"},
		{"", `setuptools<99`, `setuptools<98`, "tool.uv.build-constraint-dependencies"},
	},
	"markers": {
		{"", `  "idna>=3.1; python_version >= '3.13'",`, ``, `was made for "idna>=3.1"`},
		{"", `pluggy;`, `plugy;`, `"plugy" is in project.dependencies`},
		{"", `extra == 'never'`, `extra == 'ever'`, `"click>=8"`},
		{"", ">=3.12,<4", ">=3.12", "requires-python"},
	},
	"nodeps": {{"", `version =`, "dependencies = [\"idna\"]\nversion =", `"idna" is in project.dependencies`}},
	"package": {
		{"", "h11[a,B_b,A]", "h11[a]", `"h11[a]>=0.1" in project.dependencies differs from uv.lock:`},
		{"", "[build-system]", "[tool.gone]", "no package any more"},
	},
	"path": {
		{"libs/two/pyproject.toml", "click>=7", "click>=6", `libs/two/pyproject.toml:4:15: "click>=6" in project.dependencies differs`},
		{"", `lib-one = { path = "libs/one" }`, ``, `"lib-one>=0.1" in project.dependencies comes from an index`},
		{"", `"Lib_One>=0.1", `, ``, `was made for "lib-one", which is not in project.dependencies`},
	},
	"prerel": {
		{"", "idna>=3.0-RC.1", "idna>=3.0-RC.2", `"idna>=3.0-RC.2" in`},
		{"", "0.16.0+local.1", "0.16.0", "h11==0.16.0"},
		{"", ">=1!0", ">=0", "iniconfig>=0"},
		{"", "20.1.post0", "20.1", "attrs>=20.1"},
		{"", "!=3.14.*", "!=3.13.*", "requires-python"},
	},
	"specs": {
		{"", "h11~=0.14", "h11~=0.14.0", `"h11~=0.14.0" in project.dependencies differs from uv.lock:`},
		{"", "idna==3.*", "idna==3.0.*", "idna==3.0.*"},
		{"", "pluggy===1.5.0", "pluggy==1.5.0", "pluggy==1.5.0"},
		{"", ">=20.0", ">=20.1", "attrs!=23.1.0,>=20.1"},
		{"", "v2020.01.01", "v2020.01.02", "certifi"},
		{"", "MarkupSafe (>=2.0)", "MarkupSafe", `"markupsafe"`},
	},
	"twice": {
		{"", `"Idna<9"`, `"Idna<10"`, `"idna<10"`},
		{"", `"Idna<9", `, ``, `was made for "idna<9"`},
		{"", ">=3.12,!=3.13.1", ">=3.12.1", "requires-python"},
	},
	"virtual": {
		{"", "pluggy>=1", "pluggy>=2", `"pluggy>=2" in dependency-groups.dev differs`},
		{"packages/core/pyproject.toml", "click", "klick", `"klick" is in project.optional-dependencies.x, but not in uv.lock:69`},
		{"packages/core/pyproject.toml", "<3.14", "<3.15", "requires-python"},
		{"packages/new/pyproject.toml", "", "[project]\nname = \"new\"\nversion = \"1\"\n", `the workspace member "new" (packages/new) is not in uv.lock:`},
	},
	"workspace": {
		{"packages/api/pyproject.toml", "h11>=0.1", "h11>=0.2", `packages/api/pyproject.toml:5:15: "h11>=0.2"`},
		{"packages/api/pyproject.toml", `["iniconfig"]`, `["pluggy"]`, `"pluggy" is in dependency-groups.dev`},
		{"", `, "idna"`, ``, `was made for "idna"`},
	},
}

// notStale are changes after which `uv lock --check` is content.
var notStale = []struct{ name, file, old, new string }{
	{"specs", "", ">=5.0.0.0", ">=5"},
	{"specs", "", "===1.5.0", "===1.5"},
	{"specs", "", "==2.0.0", "==2.0"},
	{"specs", "", ">=3.12.0", ">=3.12"},
	{"package", "", ">=3.0,>=3.0", ">=3.0"},
	{"package", "", "[a,B_b,A]", "[a,b-b]"},
	{"package", "", `version = "0.1.0"`, `version = "0.2.0"`}, // uv minds, but the install does not
	{"markers", "", ">=3.12,<4", "~=3.12"},
	{"markers", "", ">=3.12,<4", ">=3.12,<4.0"},
	{"markers", "", "python_version < '3'", "sys_platform == 'a' and sys_platform == 'b'"},
	{"emptydeps", "", "==3.12.*", "~=3.12.0"},
	{"emptydeps", "", "==3.12.*", ">=3.12,<3.13"},
	{"prerel", "", "<3.15, !=3.14.*", "<3.14"},
	{"twice", "", `"idna>=2", "idna>=2"`, `"idna>=2"`},
	{"twice", "", "!=3.13.1", "!=3.13.2"},
	{"twice", "", ",!=3.13.1", ""},
	{"groups", "", "empty = []", ""}, // uv minds, but nothing is installed by it
	{"legacy", "", "Idna<4", "Idna<4.0"},
	{"index", "", "explicit = true", "explicit = false"},
	{"workspace", "", ">=3.11", ">=3.12"},
	{"extras", "", "sys_platform == 'linux'", "os_name == 'posix'"}, // markers are not compared
}

func TestLocksAreFresh(t *testing.T) {
	dirs, err := os.ReadDir("testdata/locks")
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) != len(lockCases) {
		t.Errorf("%d locks, but %d in the table", len(dirs), len(lockCases))
	}
	for _, dir := range dirs {
		t.Run(dir.Name(), func(t *testing.T) {
			choice := Choice{}
			if dir.Name() == "virtual" {
				choice.Package = "api-svc" // it has no project at its root
			}
			if _, err := Read(caseFS(t, dir.Name()), choice); err != nil {
				t.Errorf("falsely stale:\n%v", err)
			}
		})
	}
	for _, c := range notStale {
		t.Run(c.name+"/"+c.new, func(t *testing.T) {
			fsys := caseFS(t, c.name)
			mutate(t, fsys, c.file, c.old, c.new)
			if _, err := Read(fsys, Choice{}); err != nil {
				t.Errorf("falsely stale:\n%v", err)
			}
		})
	}
}

func TestStale(t *testing.T) {
	for name, mutations := range lockCases {
		for _, m := range mutations {
			t.Run(name+"/"+m.new, func(t *testing.T) {
				fsys := caseFS(t, name)
				mutate(t, fsys, m.file, m.old, m.new)
				_, err := Read(fsys, Choice{})
				if err == nil {
					t.Fatal("not found")
				}
				if !strings.Contains(err.Error(), m.want) {
					t.Errorf("got:\n%v\nwant something with:\n%s", err, m.want)
				}
				if name == "groups" && m.new == "basis = " {
					return // not about the lock: the group is included elsewhere
				}
				for _, e := range diag.All(err) {
					if e.At.Start.Line == 0 || e.Source == nil || !strings.Contains(e.Hint, "uv lock") || !strings.Contains(e.Message, "uv.lock") {
						t.Errorf("lacks a place or a hint: %+v", e)
					}
				}
			})
		}
	}
}

// A lock whose uv knew no provides-extras is no reason to complain.
func TestOldLock(t *testing.T) {
	fsys := caseFS(t, "extras")
	mutate(t, fsys, "uv.lock", `provides-extras = ["web-stuff", "all", "none"]`, "")
	mutate(t, fsys, "uv.lock", "revision = 5\n", "")
	if _, err := Read(fsys, Choice{}); err != nil {
		t.Error(err)
	}
}

func caseFS(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	root := filepath.Join("testdata", "locks", name)
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(root, p)
		fsys[filepath.ToSlash(rel)] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

func mutate(t *testing.T, fsys fstest.MapFS, file, old, new string) {
	t.Helper()
	if file == "" {
		file = PyprojectFile
	}
	if fsys[file] == nil {
		fsys[file] = &fstest.MapFile{Data: []byte(new)}
		return
	}
	text := string(fsys[file].Data)
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not contain %q", file, old)
	}
	fsys[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, new, 1))}
}
