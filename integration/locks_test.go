package integration

import (
	"strings"
	"testing"
)

// TestForeignLocks installs what the locks of other tools pin, without the
// tools: versions, hashes, groups and markers.
func TestForeignLocks(t *testing.T) {
	alpha, beta := dist{name: "alpha", version: "1.0", requires: []string{"beta"}}, dist{name: "beta", version: "2.0"}
	gamma := dist{name: "gamma", version: "3.0"}
	newer := dist{name: "beta", version: "2.1"}
	ix := newIndex(t, alpha, beta, gamma, newer)
	const says = "import importlib.metadata as m\nprint(*sorted(d.name + '=' + d.version for d in m.distributions() if d.name != 'pip'))\n"
	file := func(d dist) string { return `{file = "` + d.file() + `", hash = "` + ix.hash(d.file()) + `"}` }

	for name, files := range map[string]map[string]string{
		"poetry": {
			"pyproject.toml": "[tool.poetry]\nname = \"shop\"\nversion = \"1\"\npackage-mode = false\n[tool.poetry.dependencies]\npython = \"^3.12\"\nalpha = \"^1.0\"\n" +
				"[tool.poetry.group.extra.dependencies]\ngamma = \"*\"\n[build-system]\nrequires = [\"poetry-core\"]\nbuild-backend = \"poetry.core.masonry.api\"\n",
			"poetry.lock": "[[package]]\nname = \"alpha\"\nversion = \"1.0\"\ndescription = \"\"\noptional = false\npython-versions = \"*\"\ngroups = [\"main\"]\nfiles = [\n    " + file(alpha) + ",\n]\n\n[package.dependencies]\nbeta = \"*\"\n\n" +
				"[[package]]\nname = \"beta\"\nversion = \"2.0\"\ndescription = \"\"\noptional = false\npython-versions = \"*\"\ngroups = [\"main\"]\nfiles = [\n    " + file(beta) + ",\n]\n\n" +
				"[[package]]\nname = \"gamma\"\nversion = \"3.0\"\ndescription = \"\"\noptional = false\npython-versions = \"*\"\ngroups = [\"extra\"]\nfiles = [\n    " + file(gamma) + ",\n]\n\n" +
				"[metadata]\nlock-version = \"2.1\"\npython-versions = \"^3.12\"\ncontent-hash = \"0\"\n",
		},
		"pdm": {
			"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"alpha>=1\"]\n[dependency-groups]\nextra = [\"gamma\"]\n[tool.pdm]\ndistribution = false\n",
			"pdm.lock": "[metadata]\ngroups = [\"default\", \"extra\"]\nstrategy = [\"inherit_metadata\"]\nlock_version = \"4.5.0\"\ncontent_hash = \"sha256:0\"\n\n[[metadata.targets]]\nrequires_python = \">=3.12\"\n\n" +
				"[[package]]\nname = \"alpha\"\nversion = \"1.0\"\nsummary = \"\"\ngroups = [\"default\"]\ndependencies = [\n    \"beta\",\n]\nfiles = [\n    " + file(alpha) + ",\n]\n\n" +
				"[[package]]\nname = \"beta\"\nversion = \"2.0\"\nsummary = \"\"\ngroups = [\"default\"]\nfiles = [\n    " + file(beta) + ",\n]\n\n" +
				"[[package]]\nname = \"gamma\"\nversion = \"3.0\"\nsummary = \"\"\ngroups = [\"extra\"]\nfiles = [\n    " + file(gamma) + ",\n]\n",
		},
		"pipenv": {
			"Pipfile": "[[source]]\nurl = \"" + ix.simple() + "\"\nverify_ssl = false\nname = \"corp\"\n\n[packages]\nalpha = \"*\"\n\n[extra]\ngamma = \"*\"\n\n[requires]\npython_version = \"3.13\"\n",
			"Pipfile.lock": `{"_meta": {"hash": {"sha256": "0"}, "pipfile-spec": 6, "requires": {"python_version": "3.13"}, "sources": [{"name": "corp", "url": "` + ix.simple() + `", "verify_ssl": false}]},
"default": {"alpha": {"hashes": ["` + ix.hash(alpha.file()) + `"], "index": "corp", "version": "==1.0"}, "beta": {"hashes": ["` + ix.hash(beta.file()) + `"], "version": "==2.0"}},
"develop": {}, "extra": {"gamma": {"hashes": ["` + ix.hash(gamma.file()) + `"], "markers": "python_version >= '3.9'", "version": "==3.0"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frontendImage(t)
			config := "# syntax=org/pybuild\n[build]\nenv = { UV_DEFAULT_INDEX = \"" + ix.simple() + "\" }\n"
			files["main.py"] = says
			files["pybuild.toml"] = config + "[serve]\nscript = \"main.py\"\n"
			dir := project(t, files)
			if out := docker(t, "run", "--rm", dockerBuild(t, dir, "--network", "host").name); out != "alpha=1.0 beta=2.0" {
				t.Errorf("the container has %q", out)
			}
			write(t, dir+"/pybuild.toml", config+"groups = [\"extra\"]\n[serve]\nscript = \"main.py\"\n")
			if out := docker(t, "run", "--rm", dockerBuild(t, dir, "--network", "host").name); out != "alpha=1.0 beta=2.0 gamma=3.0" {
				t.Errorf("with a group the container has %q", out)
			}
			manifest := "pyproject.toml"
			switch name {
			case "poetry":
				replace(t, dir+"/pyproject.toml", "alpha = \"^1.0\"\n", "alpha = \"^1.0\"\ndelta = \"*\"\n")
			case "pdm":
				replace(t, dir+"/pyproject.toml", "\"alpha>=1\"", "\"alpha>=1\", \"delta\"")
			default:
				manifest = "Pipfile"
				replace(t, dir+"/Pipfile", "alpha = \"*\"\n", "alpha = \"*\"\ndelta = \"*\"\n")
			}
			tr := build{dir: dir}.run(t)
			if tr.err == nil || !strings.Contains(tr.err.Error(), manifest+":") || !strings.Contains(tr.err.Error(), "delta") {
				t.Errorf("a stale lock: %v", tr.err)
			}
		})
	}
}
