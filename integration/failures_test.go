package integration

import (
	"strings"
	"testing"
)

// ends builds, and looks for texts on the lines that end the build, which is all that
// many people read.
func (b build) ends(t *testing.T, said ...string) {
	t.Helper()
	tr := b.run(t)
	if tr.err == nil {
		t.Error("the build did not fail")
		return
	}
	for _, text := range said {
		if !strings.Contains(tr.err.Error(), text) {
			t.Errorf("the build does not end with %q:\n%v\n%s", text, tr.err, tr.logs)
		}
	}
	if strings.Contains(tr.err.Error(), "did not complete successfully") {
		t.Errorf("the build ends with a command: %v", tr.err)
	}
}

// TestFailures has the tools that run in steps fail, each in its own words, and looks for
// pybuild's on the last line.
func TestFailures(t *testing.T) {
	t.Parallel()
	engine(t)
	inner, outer := dist{name: "inner", version: "1.0"}, dist{name: "outer", version: "1.0", requires: []string{"inner>1"}}
	newer := dist{name: "newer", version: "1.0", files: map[string]string{"newer-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: newer\nVersion: 1.0\nRequires-Python: >=3.99\n"}}
	stuck := func(name, line string) dist {
		return dist{name: name, version: "1.0", sdist: true, files: map[string]string{"backend.py": "import os, signal\n\ndef build_wheel(*args):\n    " + line + "\n"}}
	}
	broken, hungry, sloppy := stuck("broken", "raise SystemExit('no luck')"), stuck("hungry", "os.kill(os.getpid(), signal.SIGKILL)"), stuck("sloppy", "import setuptools_rust")
	ix := newIndex(t, inner, outer, newer, broken, hungry, sloppy)
	index := "--index-url " + ix.simple() + "\n"
	// A server that does not answer is asked again for a minute.
	const once = "[build]\nenv = { UV_HTTP_RETRIES = \"0\" }\n"
	for name, c := range map[string]struct {
		config, requirements string
		says                 []string
	}{
		"no such package":        {"", index + "nothing\n", []string{"requirements.txt:2:1: no index has a package nothing [PB501]", "check its name"}},
		"no such version":        {"", index + "# two\n\ninner==3\n", []string{"requirements.txt:4:1: there is no inner==3 [PB501]", "ask for a version that is published\n"}},
		"a conflict":             {"", index + "inner\nouter\n", []string{"[PB501]"}},
		"no name server":         {once, "--index-url http://nowhere.invalid/simple\ninner\n", []string{"the build cannot look up the name of nowhere.invalid [PB506]", "HTTPS_PROXY"}},
		"no server":              {once, "--index-url http://127.0.0.1:9/simple\ninner\n", []string{"127.0.0.1:9 does not answer as it should [PB507]", "try again"}},
		"a build script":         {"", index + "broken\n", []string{"broken has no wheel that fits, and building it failed [PB511]"}},
		"no memory":              {"", index + "hungry\n", []string{"the build ran out of memory [PB513]"}},
		"undeclared requirement": {"", index + "sloppy\n", []string{"sloppy needs setuptools_rust to be built, and does not say so [PB524]", `sloppy = ["setuptools_rust"]`}},
		"another Python":         {"", index + "newer\n", []string{"newer==1.0 is for Python >=3.99 only [PB518]"}},
		"no repository":          {"", "shop @ git+file:///nowhere/shop.git\n", []string{"the repository of shop is not there, or not for everybody [PB516]"}},
		"a Debian package":       {"[runtime]\npackages = [\"frobnicate\"]\n", "", []string{"pybuild.toml:6:", "the base's distribution has no package frobnicate [PB514]", "packages.debian.org"}},
		"a Debian version":       {"[runtime]\npackages = [\"libpq5=0.1\"]\n", "", []string{"the base's distribution has another version of libpq5 [PB514]"}},
		"no archive":             {"[build]\napt-mirror = \"http://127.0.0.1:9\"\n[runtime]\npackages = [\"libpq5\"]\n", "", []string{"the package archive does not answer [PB507]", "apt-mirror"}},
		"an account":             {"[runtime]\nuser = \"nobody\"\n", "", []string{"the base image has a user nobody with uid 65534, not 1001 [PB209]"}},
		"no certificate":         {"[runtime]\nca = \"requirements.txt\"\n", "", []string{"the file of [runtime] ca is no certificate in PEM [PB122]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			build{dir: project(t, map[string]string{"pybuild.toml": job + c.config, "job.py": "", "requirements.txt": c.requirements})}.ends(t, c.says...)
		})
	}
}

// TestFailuresOfLocks installs locks whose files are not to be had, by the engine and by a
// step, and manifests that want another uv.
func TestFailuresOfLocks(t *testing.T) {
	t.Parallel()
	engine(t)
	inner := dist{name: "inner", version: "1.0"}
	changed, gone, closed, private := newIndex(t, inner), newIndex(t), newIndex(t, inner), newIndex(t, inner)
	// The engine takes what it has of the same checksum from whomever: each of its own.
	own := func(name string, at *index) string {
		d := dist{name: "inner", version: "1.0", files: map[string]string{"inner.py": "# " + name + t.TempDir() + "\n"}}
		of := newIndex(t, d)
		return strings.ReplaceAll(of.pylock(t, d), of.URL, at.URL)
	}
	text := own("changed", changed)
	closed.Close()
	private.password = planted
	for name, c := range map[string]struct {
		lock string
		says []string
	}{
		"another file": {text, []string{"the file inner-1.0-py3-none-any.whl is not the one that was locked [PB503]"}},
		"no file":      {own("gone", gone), []string{"inner-1.0-py3-none-any.whl is not where the lock says [PB520]", "lock again"}},
		"a login":      {own("private", private), []string{"wants a user name and a password [PB504]"}},
		"no server":    {own("closed", closed), []string{"does not answer as it should [PB507]"}},
		"no hash":      {strings.Replace(text, "sha256 = \"", "sha256 = \"0", 1), []string{"has 65 digits, and a sum of sha256 has 64 [PB108]"}},
		"no time":      {strings.Replace(text, "hashes = ", "upload-time = \"yesterday\", hashes = ", 1), []string{"[PB599]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			build{dir: project(t, map[string]string{"pybuild.toml": job, "job.py": "", "pylock.toml": c.lock})}.ends(t, c.says...)
		})
	}
	t.Run("another uv", func(t *testing.T) {
		t.Parallel()
		build{dir: project(t, map[string]string{
			"pybuild.toml": job, "job.py": "", "pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"inner\"]\n[tool.uv]\nrequired-version = \">=99\"\nindex-url = \"" + changed.simple() + "\"\n",
		})}.ends(t, "the project wants uv >=99, and 0.13.9 installs [PB517]")
	})
	t.Run("no base", func(t *testing.T) {
		t.Parallel()
		alpine := base(t, "alpine", "library/python:3.11-alpine")
		build{dir: project(t, map[string]string{"pybuild.toml": "base = \"" + alpine + "\"\n[runtime]\npackages = [\"libpq\"]\n[serve]\nscript = \"job.py\"\n", "job.py": ""})}.
			ends(t, "apk cannot install what [runtime] install libpq names [PB514]")
	})
}

// TestLostIndex has an index out of reach that is for those who log in.
func TestLostIndex(t *testing.T) {
	t.Parallel()
	engine(t)
	const pass = "the index \"our-corp\" got no user name and password; if it wants them, pass them from variables of these names:\n" +
		"  docker build --secret id=UV_INDEX_OUR_CORP_USERNAME --secret id=UV_INDEX_OUR_CORP_PASSWORD ..."
	for name, c := range map[string]struct{ server, says string }{
		"no name server": {"nowhere.invalid", "the build cannot look up the name of nowhere.invalid [PB506]"},
		"no server":      {"127.0.0.1:9", "127.0.0.1:9 does not answer as it should [PB507]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{
				"pybuild.toml": job + "[build]\nenv = { UV_HTTP_RETRIES = \"0\" }\n", "job.py": "",
				"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"inner\"]\n\n[[tool.uv.index]]\nname = \"our-corp\"\nurl = \"http://" + c.server + "/simple\"\ndefault = true\n",
			}
			b := build{dir: project(t, files)}
			b.ends(t, "pyproject.toml:8:7: "+c.says, pass)
			b.session = passing(map[string]string{"UV_INDEX_OUR_CORP_USERNAME": "builder", "UV_INDEX_OUR_CORP_PASSWORD": planted})
			if err := b.run(t).err; err == nil || strings.Contains(err.Error(), "got no user name") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("with a password the build ends with %v", err)
			}
		})
	}
}
