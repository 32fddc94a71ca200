package integration

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// TestInputs builds and runs a project of each kind of input. The app says
// which packages it found.
func TestInputs(t *testing.T) {
	const main = "import importlib.metadata as m\nprint(*sorted(d.name.lower() + '=' + d.version for d in m.distributions() if d.name != 'pip'))\n"
	const project = "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\n"
	for name, c := range map[string]struct {
		files map[string]string
		lock  []string // what makes the lock, before the build
		says  string
	}{
		"requirements with -r, -c and a marker": {map[string]string{
			"requirements.txt": "-r requirements/base.txt\n-c limits.txt\npywin32; sys_platform == 'win32'\n", "requirements/base.txt": "blinker\n", "limits.txt": "blinker==1.8.2\n",
		}, nil, "blinker=1.8.2"},
		"a requirements file of another name": {map[string]string{
			"requirements/base.txt": "blinker==1.8.2\n", "requirements/production.txt": "-r base.txt\nitsdangerous==2.2.0\n",
			"pybuild.toml": "[build]\ninput = \"requirements/production.txt\"\n",
		}, nil, "blinker=1.8.2 itsdangerous=2.2.0"},
		"a package of the context": {map[string]string{
			"requirements.txt": "./lib\nblinker==1.8.2\n", "lib/pyproject.toml": probeManifest, "lib/backend.py": backend,
		}, nil, "blinker=1.8.2 probe=1"},
		"uv.lock with groups and extras": {map[string]string{
			"pyproject.toml": project + "[project.optional-dependencies]\npg = [\"itsdangerous==2.2.0\"]\nother = [\"click\"]\n[dependency-groups]\nprod = [\"blinker==1.8.2\"]\ndev = [\"click\"]\n",
			"pybuild.toml":   "[build]\ngroups = [\"prod\"]\nextras = [\"pg\"]\n",
		}, []string{"uv", "lock", "--quiet"}, "blinker=1.8.2 itsdangerous=2.2.0"},
		"default groups": {map[string]string{
			"pyproject.toml": project + "[dependency-groups]\nprod = [\"blinker==1.8.2\"]\ndev = [\"click\"]\n[tool.uv]\ndefault-groups = [\"dev\", \"prod\"]\n",
		}, []string{"uv", "lock", "--quiet"}, "blinker=1.8.2"},
		"conflicting extras": {map[string]string{
			"pyproject.toml": project + "[project.optional-dependencies]\nold = [\"blinker==1.8.2\"]\nnew = [\"blinker==1.9.0\"]\n[tool.uv]\nconflicts = [[{ extra = \"old\" }, { extra = \"new\" }]]\n",
			"pybuild.toml":   "[build]\nextras = [\"old\"]\n",
		}, []string{"uv", "lock", "--quiet"}, "blinker=1.8.2"},
		"pylock.toml": {map[string]string{"requirements.in": "blinker==1.8.2\n"},
			[]string{"uv", "pip", "compile", "--quiet", "--format", "pylock.toml", "requirements.in", "-o", "pylock.toml"}, "blinker=1.8.2"},
		"pyproject.toml alone": {map[string]string{"pyproject.toml": project + "dependencies = [\"blinker==1.8.2\"]\n"}, nil, "blinker=1.8.2"},
		"a script": {map[string]string{
			"main.py": "# /// script\n# requires-python = \">=3.12\"\n# dependencies = [\"blinker==1.8.2\"]\n# ///\n" + main,
		}, nil, "blinker=1.8.2"},
		"a locked script": {map[string]string{
			"main.py": "# /// script\n# requires-python = \">=3.12\"\n# dependencies = [\"blinker<1.9\"]\n# ///\n" + main,
		}, []string{"uv", "lock", "--quiet", "--script", "main.py"}, "blinker=1.8.2"},
		"setup.py": {map[string]string{
			"setup.py": "from setuptools import setup\nsetup(name='shop', version='1', py_modules=['shop'], install_requires=['blinker==1.8.2'])\n", "shop.py": "",
			"pybuild.toml": "[runtime]\ninclude = [\"main.py\"]\n",
		}, nil, "blinker=1.8.2 shop=1"},
		"setup.cfg and src": {map[string]string{
			"setup.cfg": "[metadata]\nname = shop\nversion = 1\n[options]\npackage_dir =\n    =src\npackages = find:\ninstall_requires =\n    blinker==1.8.2\n[options.packages.find]\nwhere = src\n",
			"setup.py":  "from setuptools import setup\nsetup()\n", "src/shop/__init__.py": "", "pybuild.toml": "[runtime]\ninclude = [\"main.py\"]\n",
		}, nil, "blinker=1.8.2 shop=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine(t)
			files := map[string]string{"main.py": main}
			maps.Copy(files, c.files)
			files["pybuild.toml"] = "# syntax=org/pybuild\n" + files["pybuild.toml"] + "[serve]\nscript = \"main.py\"\n"
			dir := projectDir(t, files, c.lock)
			img := dockerBuild(t, dir)
			if out := docker(t, "run", "--rm", img.name); out != c.says {
				t.Errorf("the container has %q, want %q", out, c.says)
			}
		})
	}
}

// TestWorkspace builds one member of a workspace: only what it needs of the
// workspace is there, and neither a version nor a README installs anything
// again.
func TestWorkspace(t *testing.T) {
	t.Parallel()
	engine(t)
	member := func(name, more string) string {
		return "[project]\nname = \"" + name + "\"\nversion = \"1\"\nrequires-python = \">=3.12\"\n" + more
	}
	const hatch = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n"
	dir := projectDir(t, map[string]string{
		"pybuild.toml":                       "# syntax=org/pybuild\n[build]\npackage = \"api\"\n[serve]\nmodule = \"api\"\n",
		"pyproject.toml":                     "[tool.uv.workspace]\nmembers = [\"packages/*\", \"services/*\"]\n",
		"packages/core/pyproject.toml":       member("core", "dependencies = [\"blinker==1.8.2\"]\n"+hatch),
		"packages/core/src/core/__init__.py": "NAME = 'core 1'\n",
		"packages/other/pyproject.toml":      member("other", "dependencies = [\"click\"]\n"+hatch),
		"packages/other/src/other/broken.py": "this is no Python",
		"services/api/pyproject.toml":        member("api", "dependencies = [\"core\"]\n[tool.uv.sources]\ncore = { workspace = true }\n"+hatch),
		"services/api/src/api/__init__.py":   "",
		"services/api/src/api/__main__.py":   "import core, blinker; print(core.NAME)\n",
		"services/worker/pyproject.toml":     member("worker", "dependencies = [\"core\"]\n[tool.uv.sources]\ncore = { workspace = true }\n"),
		"services/worker/main.py":            "import core; print('worker of', core.NAME)\n",
	}, []string{"uv", "lock", "--quiet"})
	img := dockerBuild(t, dir)
	if out := docker(t, "run", "--rm", img.name); out != "core 1" {
		t.Errorf("the container said %q", out)
	}
	if out := img.python(t, "import importlib.util as u; print(u.find_spec('other'), u.find_spec('click'))"); out != "None None" {
		t.Errorf("a member that is not needed is in the image: %s", out)
	}

	first := build{dir: dir}.must(t)
	install, core, api := first.step(t, "[packages] install blinker"), first.step(t, "build and install packages/core"), first.step(t, "build and install api")
	note(t, filepath.Join(dir, "services/api/src/api/__main__.py"), "# "+dir+"\n")
	note(t, filepath.Join(dir, "packages/other/src/other/broken.py"), "# "+dir+"\n")
	tr := build{dir: dir}.must(t)
	if tr.ran(install) || tr.ran(core) || !tr.ran(api) {
		t.Errorf("after a change of the service: install ran %v, core %v, api %v", tr.ran(install), tr.ran(core), tr.ran(api))
	}
	note(t, filepath.Join(dir, "packages/core/src/core/__init__.py"), "NAME = 'core of "+dir+"'\n")
	tr = build{dir: dir, read: []string{"usr/local/lib/python3.13/site-packages/core/__init__.py"}}.must(t)
	if tr.ran(install) || !tr.ran(core) || tr.ran(api) {
		t.Errorf("after a change of the library: install ran %v, core %v, api %v", tr.ran(install), tr.ran(core), tr.ran(api))
	}
	for _, text := range tr.files {
		if !strings.Contains(text, dir) {
			t.Errorf("the change of the library is not in the image: %s", text)
		}
	}
	replace(t, filepath.Join(dir, "pyproject.toml"), "[tool", "# 2\n[tool")
	if tr = (build{dir: dir}).must(t); tr.ran(install) || tr.ran(core) || tr.ran(api) {
		t.Errorf("after a change of the root: install ran %v, core %v, api %v", tr.ran(install), tr.ran(core), tr.ran(api))
	}

	// A member that is an application is copied, with its libraries installed.
	replace(t, filepath.Join(dir, "pybuild.toml"), "\"api\"\n[serve]\nmodule = \"api\"", "\"worker\"\n[serve]\nscript = \"main.py\"")
	if out := docker(t, "run", "--rm", dockerBuild(t, dir).name); !strings.HasPrefix(out, "worker of core of") {
		t.Errorf("the worker said %q", out)
	}
	replace(t, filepath.Join(dir, "pybuild.toml"), "package = \"worker\"", "")
	if tr = (build{dir: dir}).run(t); tr.err == nil || !strings.Contains(tr.err.Error(), "the workspace has 4 members") ||
		!strings.Contains(tr.err.Error(), "write package = \"api\" in [build], or another of api, core, other, worker") {
		t.Errorf("no member chosen: %v", tr.err)
	}
}

// TestSources takes packages from an index of the project's own, a repository,
// a URL and a file, as uv.lock has them.
func TestSources(t *testing.T) {
	t.Parallel()
	frontendImage(t)
	ix := newIndex(t, dist{name: "alpha", version: "1.0", requires: []string{"beta"}}, dist{name: "beta", version: "2.0"},
		dist{name: "gamma", version: "3.0"}, dist{name: "delta", version: "4.0"})
	repo := project(t, map[string]string{"pyproject.toml": probeManifest, "backend.py": backend})
	git(t, repo, "init", "--quiet", "--initial-branch", "main")
	git(t, repo, "add", "--all")
	git(t, repo, "-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "--quiet", "--message", "all")
	repos := gitServer(t, repo)
	dir := projectDir(t, map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\n[serve]\nscript = \"main.py\"\n", "main.py": "import alpha, beta, gamma, delta, probe\nprint(alpha.VERSION, gamma.VERSION, delta.VERSION)\n",
		"vendor/delta-4.0-py3-none-any.whl": string(dist{name: "delta", version: "4.0"}.bytes(t)),
		"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"alpha\", \"gamma\", \"delta\", \"probe\"]\n" +
			"[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n" +
			"[tool.uv.sources]\nalpha = { index = \"corp\" }\ngamma = { url = \"" + ix.URL + "/files/gamma/gamma-3.0-py3-none-any.whl\" }\n" +
			"delta = { path = \"vendor/delta-4.0-py3-none-any.whl\" }\nprobe = { git = \"" + repos + "\" }\n",
	}, []string{"uv", "lock", "--quiet", "git"})
	img := dockerBuild(t, dir, "--network", "host")
	if out := docker(t, "run", "--rm", img.name); out != "1.0 3.0 4.0" {
		t.Errorf("the container said %q", out)
	}
	if img.has(t, "/usr/bin/git") {
		t.Error("git is in the image")
	}
}

// TestHashes refuses what the index has in place of what was locked.
func TestHashes(t *testing.T) {
	t.Parallel()
	good := dist{name: "alpha", version: "1.0"}
	evil := dist{name: "alpha", version: "1.0", files: map[string]string{"alpha.py": "VERSION = 'evil'\n"}}
	want, ix := newIndex(t, good).hash(good.file()), newIndex(t, evil)
	dir := project(t, map[string]string{
		"pybuild.toml": job, "job.py": "import alpha\n",
		"requirements.txt": "--index-url " + ix.simple() + "\nalpha==1.0 --hash=" + want + "\n",
	})
	tr := build{dir: dir}.run(t)
	if tr.err == nil || !strings.Contains(strings.ToLower(tr.logs), "hash") {
		t.Errorf("error %v, log %s", tr.err, tr.logs)
	}
	// Hashes hold beside a package of the context, which can have none.
	note(t, filepath.Join(dir, "requirements.txt"), "./lib\n")
	for name, text := range map[string]string{"lib/pyproject.toml": probeManifest, "lib/backend.py": backend} {
		write(t, filepath.Join(dir, name), text)
	}
	if tr = (build{dir: dir}).run(t); tr.err == nil || !strings.Contains(strings.ToLower(tr.logs), "hash") {
		t.Errorf("beside a local package: error %v, log %s", tr.err, tr.logs)
	}
	replace(t, filepath.Join(dir, "requirements.txt"), want, ix.hash(good.file()))
	build{dir: dir, read: []string{"usr/local/lib/python3.13/site-packages/alpha.py", "usr/local/lib/python3.13/site-packages/probe.json"}}.must(t)
}

// TestEditable installs the project that a requirements file names, not
// editable: what runs is in the image.
func TestEditable(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, dist{name: "alpha", version: "1.0"})
	dir := project(t, map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\npython = \"3.13\"\n[serve]\nmodule = \"probe\"\n", "pyproject.toml": probeManifest, "backend.py": backend,
		"requirements.txt": "--index-url " + ix.simple() + "\n-e .\nalpha\n",
	})
	build{dir: dir, read: []string{"usr/local/lib/python3.13/site-packages/alpha.py", "usr/local/lib/python3.13/site-packages/probe.json"}}.must(t)
}

// TestFoundScript builds the only script of a project, which nothing names, with what its own
// metadata asks for, and holds its lock to that.
func TestFoundScript(t *testing.T) {
	t.Parallel()
	block := func(dependencies string) string {
		return "# /// script\n# requires-python = \">=3.12\"\n# dependencies = [" + dependencies + "]\n# ///\nimport blinker\n"
	}
	const installed = "usr/local/lib/python3.13/site-packages/blinker/__init__.py"
	dir := projectDir(t, map[string]string{"pybuild.toml": "python = \"3.13\"\n", "job.py": block(`"blinker==1.8.2"`)}, nil)
	if tr := (build{dir: dir, read: []string{installed}}).must(t); !strings.Contains(strings.Join(tr.warnings, "\n"), "NotLocked") {
		t.Errorf("the warnings are %s", tr.warnings)
	}
	dir = projectDir(t, map[string]string{"pybuild.toml": "python = \"3.13\"\n", "job.py": block(`"blinker==1.8.2"`)}, []string{"uv", "lock", "--quiet", "--script", "job.py"})
	if tr := (build{dir: dir, read: []string{installed}}).must(t); strings.Contains(strings.Join(tr.warnings, "\n"), "NotLocked") {
		t.Errorf("the lock is not one: %s", tr.warnings)
	}
	write(t, filepath.Join(dir, "job.py"), block(`"blinker==1.8.2", "itsdangerous"`))
	build{dir: dir}.fails(t, `"itsdangerous" is in dependencies, but not in job.py.lock`, "uv lock --script job.py")
}

// TestIndexOfScript takes the packages of a script without a lock from the index that it names.
func TestIndexOfScript(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, dist{name: "inner", version: "1.0"})
	dir := projectDir(t, map[string]string{"pybuild.toml": job, "job.py": "# /// script\n# requires-python = \">=3.12\"\n# dependencies = [\"inner\"]\n" +
		"# [[tool.uv.index]]\n# name = \"corp\"\n# url = \"" + ix.simple() + "\"\n# default = true\n# ///\nimport inner\n"}, nil)
	build{dir: dir, read: []string{"usr/local/lib/python3.13/site-packages/inner.py"}}.must(t)
}
