package project

import (
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/diag"
)

// otherStale are what somebody might do without locking again; want is in the
// error for it, or in the warning where it starts with "warning: ".
var otherStale = map[string][]struct{ old, new, want string }{
	"poetry-2.1": {
		{`click = "8.*"`, "click = \"8.*\"\nrich = \"^13\"", `pyproject.toml:12:1: "rich" is in tool.poetry.dependencies, but not in poetry.lock`},
		{`httpx = { version = "^0.27"`, `httpx = { version = "^0.28"`, `pyproject.toml:9:1: "httpx" in tool.poetry.dependencies asks for "^0.28", but poetry.lock:225 has 0.27.2`},
		{`version = "<3.7"`, `version = "<3.6"`, `"idna" in tool.poetry.dependencies asks for "<3.6", but poetry.lock:`},
		{"MarkupSafe = \"~2.1\"\n", "", `has "markupsafe", which nothing asks for any more`},
		{`python = "^3.9"`, `python = "^3.8"`, `pyproject.toml:8:10: the range of Pythons "^3.8" differs from poetry.lock:617, which was made for "^3.9"`},
		{"[tool.poetry.group.docs.dependencies]", "[tool.poetry.group.docs.dependencies]\nclick = \"*\"", `"click" is in tool.poetry.group.docs.dependencies, but poetry.lock:70 has it for the group main only`},
		{`cache = ["redis"]`, `caches = ["redis"]`, `the extra "caches" is not in poetry.lock`},
		{`all = ["redis", "orjson"]`, `all = ["redis"]`, `the extra "all" installs redis, but at poetry.lock:611 it is orjson, redis`},
		{`click = "8.*"`, `click = { git = "https://git.example/click.git" }`, `"click" in tool.poetry.dependencies comes from https://git.example/click.git, but poetry.lock:70 has it from an index`},
		{`colorama = { version = "^0.4", markers = "sys_platform == 'win32'" }`, `colorama = "^0.4"`, "warning: poetry.lock:618:16: the manifest was changed"},
	},
	"poetry-2.0": {
		{`pytest = "^8.0"`, `pytest = "^9.0"`, `"pytest" in tool.poetry.group.dev.dependencies asks for "^9.0", but poetry.lock:`},
		{"pytest = \"^8.0\"\n", "", `has "pytest", which nothing asks for any more`},
		{`tomli = { version = "^2.0", python = "<3.11" }`, `tomli = { version = "^3.0", python = "<3.9" }`, "warning: "}, // no Python of the lock asks
	},
	"poetry-1.1": {{`click = "8.*"`, `click = ">=8.2"`, `asks for ">=8.2", but poetry.lock:`}},
	"poetry-project": {
		{`"jinja2>=3"`, `"jinja2>=4"`, `"jinja2" in project.optional-dependencies.web asks for ">=4", but poetry.lock:`},
		{`"idna (>=3)",`, `"idna (>=3)", "attrs",`, `"attrs" is in project.dependencies, but not in poetry.lock`},
		{`requires-python = ">=3.10,<4"`, `requires-python = ">=3.11,<4"`, "the range of Pythons"},
	},
	"poetry-groups": {
		{`["h11"]`, `["h11", "anyio"]`, `"anyio" is in dependency-groups.lint, but poetry.lock:`},
		{`["idna>=3"]`, `["idna>=4"]`, `"idna" in dependency-groups.base asks for ">=4"`},
	},
	"poetry-sources": {
		{`tag = "v1"`, `tag = "v2"`, `"gitlib" in tool.poetry.dependencies comes from https://git.example/team/gitlib.git at v2, but poetry.lock:`},
		{`path = "libs/one"`, `path = "libs/two"`, `comes from libs/two, but`},
		{`iniconfig = { url = "https://files.example/`, `iniconfig = { url = "https://other.example/`, `comes from https://other.example/`},
	},
	"pdm-4.5": {
		{`"httpx[http2]>=0.27,<0.28"`, `"httpx[http2]>=0.28"`, `pyproject.toml:6:3: "httpx" in project.dependencies asks for ">=0.28", but pdm.lock:`},
		{`"httpx[http2]`, `"httpx[http2,socks]`, `asks for the extra "socks", which pdm.lock:`},
		{`["redis>=5,<6"]`, `["redis>=5,<6", "rich"]`, `"rich" is in project.optional-dependencies.cache, but not in pdm.lock`},
		{`["markdown>=3.4"]`, `["markdown>=3.4", "redis"]`, `"redis" is in tool.pdm.dev-dependencies.docs, but pdm.lock:`},
		{`["markdown>=3.4"]`, `[]`, `has "markdown", which nothing asks for any more`},
		{`distribution = false`, "distribution = false\n[tool.pdm.resolution]\nrespect-source-order = true", "warning: pdm.lock:8:16"},
		{`docs = `, "new = [\"never-locked\"]\ndocs = ", "warning: "},
	},
	"pdm-4.2":     {{`"tomli>=2 `, `"tomli>=3 `, `"tomli" in project.dependencies asks for ">=3", but pdm.lock:`}},
	"pdm-groups":  {{`["idna>=3"]`, `["idna>=4"]`, `"idna" in dependency-groups.base asks for ">=4"`}},
	"pdm-sources": {{"gitlib.git@v1", "gitlib.git@v2", `"gitlib" in project.dependencies comes from git+https://git.example/team/gitlib.git@v2, but pdm.lock:`}},
	"pipenv": {
		{`click = "==8.*"`, `click = "==7.*"`, `Pipfile:9:1: "click" in packages asks for "==7.*", but Pipfile.lock:35 has 8.5.1`},
		{`markdown = "*"`, "markdown = \"*\"\nsphinx = \"*\"", `"sphinx" is in docs, but not in the section docs of Pipfile.lock`},
		{`extras = ["http2"]`, `extras = ["socks"]`, "warning: "}, // not all versions of Pipenv record them
		{`python_version = "3.12"`, `python_version = "3.13"`, `Python "3.13" differs from Pipfile.lock:8, which was made for "3.12"`},
		{`verify_ssl = true`, `verify_ssl = false`, "warning: Pipfile.lock:4:13"},
		{"click = \"==8.*\"\n", "", "warning: "},
	},
	"pipenv-sources": {{`git = "https://git.example/team/gitlib.git"`, `git = "https://git.example/gitlib.git"`, `"gitlib" in packages comes from https://git.example/gitlib.git`}},
}

// otherFresh are changes that the tools do not mind.
var otherFresh = []struct{ name, old, new string }{
	{"poetry-2.1", `version = "0.1.0"`, `version = "0.2.0"`},
	{"poetry-2.1", `python = "^3.9"`, "python = \"^3.9\" # Python"},
	{"pdm-4.5", `name = "pdmbasic"`, `name = "other"`},
	{"pipenv", `Httpx = `, `httpx = `},
}

func TestOtherLocksAreFresh(t *testing.T) {
	for name := range otherLocks {
		t.Run(name, func(t *testing.T) {
			lock, err := parseOther(otherFS(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if warnings, err := lock.Stale(); err != nil || warnings != nil {
				t.Errorf("falsely stale: %v, %v", warnings, err)
			}
		})
		t.Run(name+" without its hash", func(t *testing.T) {
			fsys := otherFS(t, name)
			for _, f := range fsys {
				text := string(f.Data)
				for _, key := range []string{`content-hash = "`, `content_hash = "sha256:`, "\"hash\": {\n            \"sha256\": \""} {
					text = strings.ReplaceAll(text, key, key+"0")
				}
				f.Data = []byte(text)
			}
			lock, err := parseOther(fsys)
			if err != nil {
				t.Fatal(err)
			}
			if warnings, err := lock.Stale(); err != nil || len(warnings) != 1 || warnings[0].At.Start.Line == 0 || warnings[0].Hint == "" {
				t.Errorf("falsely stale: %v, %v", warnings, err)
			}
		})
	}
	for _, c := range otherFresh {
		t.Run(c.name+"/"+c.new, func(t *testing.T) {
			fsys := otherFS(t, c.name)
			mutateManifest(t, c.name, c.old, c.new, func(name string) []byte { return fsys[name].Data }, func(name string, data []byte) { fsys[name].Data = data })
			lock, err := parseOther(fsys)
			if err != nil {
				t.Fatal(err)
			}
			if warnings, err := lock.Stale(); err != nil || warnings != nil {
				t.Errorf("falsely stale: %v, %v", warnings, err)
			}
		})
	}
}

func mutateManifest(t *testing.T, name, old, new string, get func(string) []byte, set func(string, []byte)) {
	t.Helper()
	file := PyprojectFile
	if strings.HasPrefix(name, "pipenv") {
		file = PipfileFile
	}
	text := string(get(file))
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not contain %q", file, old)
	}
	set(file, []byte(strings.Replace(text, old, new, 1)))
}

func TestOtherLocksAreStale(t *testing.T) {
	for name, mutations := range otherStale {
		for _, m := range mutations {
			t.Run(name+"/"+m.new, func(t *testing.T) {
				fsys := otherFS(t, name)
				mutateManifest(t, name, m.old, m.new, func(name string) []byte { return fsys[name].Data }, func(name string, data []byte) { fsys[name].Data = data })
				lock, err := parseOther(fsys)
				if err != nil {
					t.Fatal(err)
				}
				warnings, err := lock.Stale()
				got := ""
				for _, w := range warnings {
					got += "warning: " + w.At.String() + ": " + w.Message + "\n"
				}
				if err != nil {
					got += err.Error()
				}
				if !strings.Contains(got, m.want) || strings.HasPrefix(m.want, "warning: ") && err != nil {
					t.Errorf("got:\n%s\nwant something with:\n%s", got, m.want)
				}
				for _, e := range diag.All(err) {
					if e.At.Start.Line == 0 || e.Source == nil || !strings.Contains(e.Hint, " lock`") {
						t.Errorf("lacks a place or a hint: %+v", e)
					}
				}
				if all := diag.All(err); len(all) > 2 {
					t.Errorf("one mistake, %d errors: %v", len(all), err)
				}
			})
		}
	}
}
