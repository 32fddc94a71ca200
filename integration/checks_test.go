package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/errdefs"
	"gotest.tools/v3/golden"
)

// TestChecks lists what a build warns of, with what would stop it, and has
// warnings switched off and made errors.
func TestChecks(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\n[runtime]\nuser = \"root\"\n[serve]\nscript = \"job.py\"\n", "job.py": "print(1)\n", "requirements.txt": "blinker\n",
	}
	check := map[string]string{"requestid": "frontend.lint"}
	text := func(tr *trace) string { return string(tr.metadata["result.txt"]) }
	page := "https://github.com/pybuild/pybuild/blob/main/docs/checks.md#"
	said := text(build{dir: project(t, files), attrs: check}.must(t))
	for _, want := range []string{"WARNING: RootUser - " + page + "rootuser\nthe container runs as root", "\nleave the key out: the app then runs as appuser", "pybuild.toml:3\n",
		"3 | >>> user = \"root\"", "WARNING: NotLocked - " + page + "notlocked\nrequirements.txt:1:1: requirements.txt does not pin",
		"goes before requirements.txt\nrequirements.txt:1\n--------------------\n   1 | >>> blinker\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("the check does not say %q: %s", want, said)
		}
	}
	// buildx takes every source for the file of -f.
	if said := string(build{dir: project(t, files), attrs: check}.must(t).metadata["result.json"]); strings.Contains(said, `"filename": "requirements.txt"`) {
		t.Errorf("the check gives the client a source that it takes for pybuild.toml: %s", said)
	}
	first := "# syntax=org/pybuild\n"
	files["pybuild.toml"] = strings.Replace(files["pybuild.toml"], first, first+"# check=skip=RootUser\n", 1)
	if said := text(build{dir: project(t, files), attrs: check}.must(t)); strings.Contains(said, "RootUser") || !strings.Contains(said, "NotLocked") {
		t.Errorf("with RootUser skipped, the check says %s", said)
	}
	// The argument wins over the line, and may have rules of docker/dockerfile's.
	for arg, want := range map[string]bool{"skip=notlocked,JSONArgsRecommended": true, "skip=all": false, "skip=NotLocked,RootUser;experimental=all": false} {
		tr := build{dir: project(t, files), attrs: map[string]string{"requestid": "frontend.lint", "build-arg:BUILDKIT_DOCKERFILE_CHECK": arg}}.must(t)
		if said := text(tr); strings.Contains(said, "RootUser") != want || strings.Contains(said, "NotLocked") || (string(tr.metadata["result.statuscode"]) == "1") != want {
			t.Errorf("with %s, the check says %s", arg, said)
		}
	}
	strict := map[string]string{"build-arg:BUILDKIT_DOCKERFILE_CHECK": "skip=notlocked;error=true"}
	build{dir: project(t, files), attrs: strict}.fails(t, "pybuild.toml:4:8: RootUser: the container runs as root")
	build{dir: project(t, files), attrs: map[string]string{"build-arg:BUILDKIT_DOCKERFILE_CHECK": "skip=Rootuser1"}}.fails(t, `no check is named "Rootuser1"`)

	files["pybuild.toml"] = "[serve]\napp = \"job:app\"\n[target.worker]\nscript = \"wroker.py\"\n"
	answer := func() string {
		return string(build{dir: project(t, files), attrs: check}.must(t).metadata["result.json"])
	}
	if said := answer(); !strings.Contains(said, "NotLocked") || !strings.Contains(said, "job.py defines no app [PB310]") || strings.Contains(said, `"filename": "job.py"`) {
		t.Errorf("the check of what is not in the source says %s", said)
	}
	files["job.py"] = "app = print\n"
	if said := answer(); !strings.Contains(said, "pybuild.toml:4:10: the source has no file wroker.py [PB310]") {
		t.Errorf("the check of a target says %s", said)
	}
	files["worker.py"], files["pybuild.toml"] = "", strings.Replace(files["pybuild.toml"], "wroker", "worker", 1)
	if said := answer(); !strings.Contains(said, "no server for job:app among the packages of requirements.txt [PB303]") || !strings.Contains(said, "starting.md#pb303") {
		t.Errorf("the check of what cannot be built says %s", said)
	}
}

// TestHiddenCredentials has passwords in URLs where they are warned of, and where they
// are refused: what a client shows, and the provenance, have the file without them.
func TestHiddenCredentials(t *testing.T) {
	t.Parallel()
	const url = "https://someone:" + planted + "@packages.corp.example/simple"
	warned := map[string]string{
		"pyproject.toml": "# syntax=org/pybuild\n[project]\nname = \"p\"\nversion = \"1\"\n[tool.other]\nurl = \"" + url + "\"\n[tool.pybuild.serve]\nscript = \"job.py\"\n",
		"job.py":         "print(1)\n",
	}
	b := build{dir: project(t, warned), file: "pyproject.toml"}
	tr := b.must(t)
	if all := strings.Join(tr.warnings, "\n"); !strings.Contains(all, "CredentialInURL") || strings.Contains(all, planted) {
		t.Errorf("the warnings are %s", all)
	}
	for _, call := range []string{"lint", "outline", "targets", "explain"} {
		b.attrs = map[string]string{"requestid": "frontend." + call}
		for kind, text := range b.must(t).metadata {
			if strings.Contains(string(text), planted) {
				t.Errorf("the call %s shows the password in %s", call, kind)
			}
		}
	}
	image, _ := build{dir: b.dir, file: b.file}.exports(t)
	if found := search(t, image, planted); len(found) > 0 {
		t.Errorf("the password is in %v", found)
	}
	for name, files := range map[string]map[string]string{
		"a failing step": {"pybuild.toml": job + "[build]\npackages = [\"no-such-package\"]\n# " + url + "\n", "job.py": "", "setup.py": ""},
		"a wrong key":    {"pybuild.toml": "# " + url + "\nbasis = 1\n"},
		"a variable":     {"pybuild.toml": job + "[build]\nenv = { INDEX = \"" + url + "\" }\n"},
	} {
		tr := build{dir: project(t, files)}.run(t)
		if tr.err == nil || strings.Contains(tr.err.Error()+tr.logs, planted) {
			t.Errorf("%s: %v", name, tr.err)
		}
		for _, s := range errdefs.Sources(tr.err) {
			if strings.Contains(string(s.Info.Data), planted) {
				t.Errorf("%s: the excerpt is %s", name, s.Info.Data)
			}
		}
	}
}

// TestExplain shows a plan and builds nothing of it.
func TestExplain(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "print(1)\n", "requirements.txt": "blinker==1.8.2\n"})
	tr := build{dir: dir, attrs: map[string]string{"requestid": "frontend.explain"}}.must(t)
	said := string(tr.metadata["result.txt"])
	for _, want := range []string{"runtime for linux/", "input", "requirements.txt", "[builder] lay out the app in /app and compile it", "user 1001:1001"} {
		if !strings.Contains(said, want) {
			t.Errorf("the plan does not say %q:\n%s", want, said)
		}
	}
	for name := range tr.cached {
		if strings.Contains(name, "compile it") {
			t.Errorf("the explanation ran %s", name)
		}
	}
}

// TestGraph holds the picture of docs/how.md to the build that it is of; -update draws it
// anew.
func TestGraph(t *testing.T) {
	t.Parallel()
	tr := build{dir: example(t, "fastapi"), attrs: map[string]string{"requestid": "frontend.explain-svg", "platform": "linux/amd64"}}.must(t)
	golden.Assert(t, string(tr.metadata["result.txt"]), "../../docs/graph.svg")
}

// TestLargeApp has a large file in the context, which a build and a check name, and that is
// not sent where it is left out.
func TestLargeApp(t *testing.T) {
	t.Parallel()
	engine(t)
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "", "data/f.bin": ""})
	if err := os.Truncate(filepath.Join(dir, "data", "f.bin"), 120_000_000); err != nil {
		t.Fatal(err)
	}
	const want = "LargeApp: 120 MB of the build context become part of the image: data/f.bin (120 MB)"
	if all := strings.Join(build{dir: dir}.must(t).warnings, "\n"); !strings.Contains(all, want) || strings.Count(all, "LargeApp") != 1 {
		t.Errorf("the warnings are %s", all)
	}
	strict := map[string]string{"build-arg:BUILDKIT_DOCKERFILE_CHECK": "error=true"}
	build{dir: dir, attrs: strict}.fails(t, want[len("LargeApp: "):]+" [PB404]")
	lint := map[string]string{"requestid": "frontend.lint"}
	if said := string(build{dir: dir, attrs: lint}.must(t).metadata["result.txt"]); !strings.Contains(said, "120 MB of the build context") {
		t.Errorf("the check says %s", said)
	}
	if err := os.WriteFile(filepath.Join(dir, ".dockerignore"), []byte("data\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(build{dir: dir}.must(t).warnings, "\n"); strings.Contains(all, "LargeApp") {
		t.Errorf("without the file the warnings are %s", all)
	}
}
