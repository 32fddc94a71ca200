package project

import (
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/diag"
)

// Credentials are mistakes wherever uv would use them, and never shown, not
// even by another mistake next to them.
func TestCredentialsAreNotShown(t *testing.T) {
	const secret = "hunter2secret"
	const url = "https://me:" + secret + "@index.example/"
	for name, c := range map[string][]string{
		"requirement":             {PyprojectFile, aProject + "dependencies = [\"b @ " + url + "b.whl\"]\n"},
		"group":                   {PyprojectFile, aProject + "[dependency-groups]\ndev = [\"b @ " + url + "b.whl\"]\n"},
		"source":                  {PyprojectFile, aProject + "[tool.uv.sources]\nb = {url = \"" + url + "\"}\n"},
		"index":                   {PyprojectFile, aProject + "[[tool.uv.index]]\nurl = \"" + url + "\"\n"},
		"index-url":               {PyprojectFile, aProject + "[tool.uv]\nindex-url = \"" + url + "\"\n"},
		"invalid TOML":            {PyprojectFile, aProject + "[[tool.uv.index]]\nurl = \"" + url + "\n"},
		"bad requirement":         {PyprojectFile, aProject + "dependencies = [\"b ^ " + url + "\"]\n"},
		"lock":                    {PyprojectFile, aProject, UVLockFile, aLock + "[[package]]\nname = \"b\"\nsource = { registry = \"" + url + "\" }\n"},
		"lock and stale":          {PyprojectFile, aProject + "dependencies = [\"b @ " + url + "\"]\n", UVLockFile, aLock},
		"uv.toml":                 {PyprojectFile, aProject, UVConfigFile, "[[index]]\nname = \"corp\"\nurl = \"" + url + "\"\n"},
		"pylock":                  {"pylock.toml", "lock-version = \"1.0\"\ncreated-by = \"test\"\n[[packages]]\nname = \"b\"\nversion = \"1\"\nindex = \"" + url + "\"\n"},
		"file":                    {RequirementsFile, "b @ " + url + "b.whl\nc ^ 1"},
		"file's index":            {RequirementsFile, "--index-url=" + url},
		"file's constraint":       {RequirementsFile, "-c x.txt\nb", "x.txt", "b @ " + url + "b.whl"},
		"file's links":            {RequirementsFile, "--find-links " + url + "\nb"},
		"file's extra index":      {RequirementsFile, "--extra-index-url " + url + "\nb"},
		"file's short index":      {RequirementsFile, "-i " + url + "\nb"},
		"file's short links":      {RequirementsFile, "-f " + url + "\nb"},
		"file's option of a line": {RequirementsFile, "b --config-settings=--x=" + url},
		"member":                  {RequirementsFile, "./m", "m/pyproject.toml", "[project]\nname = \"m\"\nversion = \"1\"\ndependencies = [\"b @ " + url + "b.whl\"]\n"},
		"optional":                {PyprojectFile, aProject + "[project.optional-dependencies]\nx = [\"b @ " + url + "b.whl\"]\n"},
		"build requirement":       {PyprojectFile, aProject + "[build-system]\nrequires = [\"b @ " + url + "b.whl\"]\n"},
		"uv's constraint":         {PyprojectFile, aProject + "[tool.uv]\nconstraint-dependencies = [\"b @ " + url + "b.whl\"]\n"},
		"uv's override":           {PyprojectFile, aProject + "[tool.uv]\noverride-dependencies = [\"b @ " + url + "b.whl\"]\n"},
		"uv's links":              {PyprojectFile, aProject + "[tool.uv]\nfind-links = [\"" + url + "\"]\n"},
		"uv's extra index":        {PyprojectFile, aProject + "[tool.uv]\nextra-index-url = [\"" + url + "\"]\n"},
		"uv.toml's links":         {PyprojectFile, aProject, UVConfigFile, "find-links = [\"" + url + "\"]\n"},
		"uv.toml's index-url":     {PyprojectFile, aProject, UVConfigFile, "index-url = \"" + url + "\"\n"},
		"script":                  {"main.py", "# /// script\n# dependencies = [\"b @ " + url + "b.whl\"]\n# ///\n"},
		"script's index":          {"main.py", "# /// script\n# dependencies = [\"b\"]\n# [[tool.uv.index]]\n# url = \"" + url + "\"\n# ///\n"},
		"script's source":         {"main.py", "# /// script\n# dependencies = [\"b\"]\n# [tool.uv.sources]\n# b = { url = \"" + url + "b.whl\" }\n# ///\n"},
		"setup.cfg":               {"setup.cfg", "[metadata]\nname = a\n[options]\ninstall_requires =\n  b @ " + url + "b.whl\n"},
		"setup.py":                {"setup.py", "from setuptools import setup\nsetup(name='a', install_requires=['b @ " + url + "b.whl'])\n"},
		"poetry.lock":             {PyprojectFile, "[tool.poetry]\nname = \"a\"\nversion = \"1\"\n", PoetryLockFile, "[[package]]\nname = \"b\"\nversion = \"1\"\n[package.source]\ntype = \"git\"\nurl = \"" + url + "\"\n[metadata]\nlock-version = \"2.1\"\npython-versions = \"*\"\ncontent-hash = \"\"\n"},
		"poetry's source":         {PyprojectFile, "[tool.poetry]\nname = \"a\"\nversion = \"1\"\n[[tool.poetry.source]]\nname = \"corp\"\nurl = \"" + url + "\"\n", PoetryLockFile, "[metadata]\nlock-version = \"2.1\"\npython-versions = \"*\"\ncontent-hash = \"\"\n"},
		"stale poetry.lock":       {PyprojectFile, "[tool.poetry]\nname = \"a\"\nversion = \"1\"\n[tool.poetry.dependencies]\nb = { git = \"" + url + "\" }\n", PoetryLockFile, "package = []\n[metadata]\nlock-version = \"2.1\"\npython-versions = \"*\"\ncontent-hash = \"\"\n"},
		"pdm.lock":                {PyprojectFile, aProject, PdmLockFile, "[metadata]\nlock_version = \"4.5.0\"\ncontent_hash = \"\"\n[[package]]\nname = \"b\"\nversion = \"1\"\ngit = \"" + url + "\"\n"},
		"pdm's source":            {PyprojectFile, aProject + "[[tool.pdm.source]]\nname = \"corp\"\nurl = \"" + url + "\"\n", PdmLockFile, "[metadata]\nlock_version = \"4.5.0\"\ncontent_hash = \"\"\n"},
		"stale Pipfile.lock":      {"Pipfile", "[packages]\nb = { git = \"" + url + "\" }\n", PipfileLockFile, `{"_meta": {"pipfile-spec": 6, "hash": {}, "sources": []}, "default": {}, "develop": {}}`},
		"Pipfile's source":        {"Pipfile", "[[source]]\nname = \"corp\"\nurl = \"" + url + "\"\n[packages]\n", PipfileLockFile, `{"_meta": {"pipfile-spec": 6, "hash": {}, "sources": []}, "default": {}, "develop": {}}`},
		"Pipfile.lock":            {"Pipfile", "[packages]\n", PipfileLockFile, `{"_meta": {"pipfile-spec": 6, "hash": {}, "sources": [{"name": "corp", "url": "` + url + `"}]}, "default": {}, "develop": {}}`},
		"file's include":          {RequirementsFile, "-r x.txt", "x.txt", "-e git+" + url},
	} {
		t.Run(name, func(t *testing.T) {
			choice := Choice{}
			if c[0] == "main.py" {
				choice.Script = c[0]
			}
			f, err := Read(files(c...), choice)
			if err == nil {
				if len(f.Warnings) == 0 || f.Warnings[len(f.Warnings)-1].Rule != "CredentialInURL" {
					t.Fatalf("neither an error nor a warning: %v", f.Warnings)
				}
				for _, w := range f.Warnings {
					if strings.Contains(w.String()+string(w.Source), secret) {
						t.Errorf("shown: %v", w)
					}
				}
				return
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("shown: %v", err)
			}
			for _, e := range diag.All(err) {
				if strings.Contains(string(e.Source), secret) || (e.Err != nil && strings.Contains(e.Err.Error(), secret)) {
					t.Errorf("in the source or cause: %v", e)
				}
			}
			if all := diag.All(err); !strings.HasPrefix(name, "invalid") && !strings.HasPrefix(name, "bad") && !strings.HasPrefix(name, "stale") {
				found := false
				for _, e := range all {
					found = found || (strings.Contains(e.Message, "holds a credential") && e.At.Start.Line > 0)
				}
				if !found {
					t.Error(err)
				}
			}
		})
	}
	// Credentials of other tools are not ours.
	if _, err := Read(files(PyprojectFile, aProject+"[tool.x]\nurl = \"postgres://a:b@localhost/\"\n"), Choice{}); err != nil {
		t.Error(err)
	}
}

// TestLoginHint tells indexes from what is installed: there a login is no variable.
func TestLoginHint(t *testing.T) {
	for line, want := range map[string]string{
		"--extra-index-url https://a:b@c.example":        "${NAME}",
		"-i https://a:b@c.example":                       "${NAME}",
		"-e git+https://a@c.example/d":                   "GIT_AUTH_TOKEN",
		"--editable=git+https://a@c.example/d":           "GIT_AUTH_TOKEN",
		"d @ https://a:b@c.example/d-1-py3-none-any.whl": "id=netrc",
	} {
		if got := loginHint(line); !strings.Contains(got, want) {
			t.Errorf("%s: %s", line, got)
		}
	}
}
