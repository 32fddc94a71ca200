package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// base builds one of testdata/bases, which stand in for images of registries that
// tests do not reach, and pushes it under a name. Its digest is the same every time: with
// provenance, which has times, each test would build on a base that nothing is cached for.
func base(t *testing.T, name, ref string) string {
	t.Helper()
	ref = os.Getenv("PYBUILD_REGISTRY") + "/" + ref
	docker(t, "build", "--quiet", "--push", "--provenance=false", "--tag", ref, "--file", filepath.Join("testdata/bases", name+".Dockerfile"), "testdata/bases")
	return ref
}

// TestBases runs numpy on bases that have neither a shell nor a package manager, with
// their own Python.
func TestBases(t *testing.T) {
	for _, c := range []struct{ name, base, ref, is, says string }{
		{"distroless", "distroless", "test/distroless-python:1", "gcr.io/distroless/python3-debian12", "10 3.11 /usr/local/lib/python3.11/site-packages/numpy/__init__.py"},
		{"distroless", "minimal", "test/minimal:1", "gcr.io/distroless/python3-debian12", "10 3.13 /opt/python/lib/python3.13/site-packages/numpy/__init__.py"},
		{"alpine", "alpine", "library/python:3.11-alpine", "", "10 3.11 /usr/local/lib/python3.11/site-packages/numpy/__init__.py"},
	} {
		t.Run(c.base, func(t *testing.T) {
			t.Parallel()
			engine(t)
			ref := base(t, c.base, c.ref)
			var flags []string
			if c.is != "" {
				flags = []string{"--build-context", c.is + "=docker-image://" + ref}
			}
			img := dockerBuild(t, example(t, c.name), flags...)
			if out := docker(t, "run", "--rm", "--read-only", img.name); out != c.says {
				t.Errorf("the container says %s", out)
			}
			if user := docker(t, "inspect", "--format", "{{.Config.User}} {{.Config.Entrypoint}}", img.name); user != "1001:1001 []" {
				t.Errorf("the image runs as %s", user)
			}
			if warned := strings.Contains(img.log, "MuslBase: the base"); warned != (c.name == "alpine") {
				t.Errorf("a warning of musl: %v", warned)
			}
		})
	}
}

// TestBuilder compiles for a base that has no compiler on another image.
func TestBuilder(t *testing.T) {
	t.Parallel()
	engine(t)
	ref := base(t, "minimal", "test/minimal:1")
	ix := newIndex(t, salty())
	files := map[string]string{
		"pybuild.toml": "base = \"" + ref + "\"\n" + job, "job.py": "import salty\n", "pylock.toml": ix.pylock(t, salty()),
	}
	tr := build{dir: project(t, files)}.run(t)
	for _, said := range []string{
		"the image " + ref + " has neither apt nor apk to install g++, gcc, libc6-dev",
		"which building salty takes: there is no wheel for it [PB208]", "[build]\n", "base = \"python:3.13-slim-bookworm\"",
	} {
		if tr.err == nil || !strings.Contains(tr.err.Error(), said) {
			t.Errorf("the error does not say %q: %v", said, tr.err)
		}
	}
	files["pybuild.toml"] += "[build]\nbase = \"python:3.12-slim\"\n"
	tr = build{dir: project(t, files)}.run(t)
	if want := "the builder python:3.12-slim has Python 3.12 and the image's base 3.13: what one compiles, the other does not load [PB207]"; tr.err == nil || !strings.Contains(tr.err.Error(), want) {
		t.Errorf("a builder with another Python: %v", tr.err)
	}
	files["pybuild.toml"] = strings.ReplaceAll(files["pybuild.toml"], "3.12-slim\"\n", "3.13-slim\"\npackages = [\"libsodium-dev\"]\n")
	tr = build{dir: project(t, files)}.run(t)
	if want := ".so needs libsodium.so.23, which the image does not have"; tr.err == nil || !strings.Contains(tr.logs, want) {
		t.Errorf("a base without the library: %v\n%s", tr.err, tr.logs)
	}
}

// TestDistributionPython compiles on an image with Debian's own Python and runs it
// there.
func TestDistributionPython(t *testing.T) {
	t.Parallel()
	engine(t)
	ref := base(t, "debian", "test/cuda:1")
	// New to uv's cache, which would have the wheel for another Python: its tag says that
	// any will do.
	own := salty()
	own.files["README"] = t.TempDir()
	ix := newIndex(t, own, dist{name: "hooked", version: "1.0", files: map[string]string{"hooked.pth": "import os; os.environ['HOOKED'] = 'yes'\n"}})
	img := dockerBuild(t, project(t, map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\nbase = \"" + ref + "\"\n[build]\npackages = [\"libsodium-dev\"]\n[runtime]\npackages = [\"libsodium23\"]\n[serve]\nscript = \"main.py\"\n",
		"main.py":      "import os, salty, sys\nprint(salty.__file__, os.environ['HOOKED'], sys.executable)\n",
		"pylock.toml":  ix.pylock(t, own, dist{name: "hooked", version: "1.0"}),
	}), "--network", "host")
	out := docker(t, "run", "--rm", "--read-only", img.name)
	if !strings.HasPrefix(out, "/usr/local/lib/python3.11/site-packages/salty.cpython-311") || !strings.HasSuffix(out, ".so yes /usr/bin/python3") {
		t.Errorf("the container says %s", out)
	}
}
