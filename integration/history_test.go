package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHistory takes a package's version from git, with the history in the
// builder alone, and files that the context leaves out overlooked.
func TestHistory(t *testing.T) {
	t.Parallel()
	frontendImage(t)
	dir := project(t, map[string]string{
		"pybuild.toml":     "# syntax=org/pybuild\n[serve]\nmodule = \"shop\"\n",
		"pyproject.toml":   "[project]\nname = \"shop\"\ndynamic = [\"version\"]\n[build-system]\nrequires = [\"hatchling==1.33.0\", \"hatch-vcs==0.5.0\"]\nbuild-backend = \"hatchling.build\"\n[tool.hatch.version]\nsource = \"vcs\"\n",
		"shop/__init__.py": "", "shop/__main__.py": "import importlib.metadata as m; print(m.version('shop'))\n",
		"notes.txt": "ignored\n", ".dockerignore": "notes.txt\n.git\n",
	})
	git(t, dir, "init", "--quiet", "--initial-branch", "main")
	git(t, dir, "add", "--all")
	git(t, dir, "-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "--quiet", "--message", "all")
	git(t, dir, "tag", "v1.4.0")
	img := dockerBuild(t, dir)
	if out := docker(t, "run", "--rm", img.name); out != "1.4.0" {
		t.Errorf("the version of the tag is %q", out)
	}
	note(t, filepath.Join(dir, "shop/__main__.py"), "# changed\n")
	if out := docker(t, "run", "--rm", dockerBuild(t, dir).name); !strings.HasPrefix(out, "1.4.1.dev0+g") {
		t.Errorf("the version of a changed tree is %q", out)
	}
	if img.has(t, "/usr/bin/git") || img.has(t, "/app/.git") {
		t.Error("git or the history is in the image")
	}

	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
	if img, err := tryDockerBuild(t, dir); err == nil || !strings.Contains(img.log, "the version of shop comes from git (hatch-vcs)") {
		t.Errorf("no repository: %v\n%s", err, img.log)
	}
	note(t, filepath.Join(dir, "pybuild.toml"), "[build]\nargs = { SETUPTOOLS_SCM_PRETEND_VERSION = \"\" }\n")
	img = dockerBuild(t, dir, "--build-arg", "SETUPTOOLS_SCM_PRETEND_VERSION=2.0")
	if out := docker(t, "run", "--rm", img.name); out != "2.0" {
		t.Errorf("the given version is %q", out)
	}
}
