package integration

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestTokenStaysWithItsServer has a git server that sends everybody to another one, which
// gets no token.
func TestTokenStaysWithItsServer(t *testing.T) {
	t.Parallel()
	engine(t)
	ca := newAuthority(t)
	bare := repository(t, map[string]string{"pyproject.toml": probeManifest, "backend.py": strings.TrimPrefix(discreet("probe", "1"), "import helper\n")})
	var mu sync.Mutex
	var seen []string
	public := gitHTTP(t, filepath.Dir(bare), "")
	other := ca.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Header.Get("Authorization"))
		mu.Unlock()
		public.ServeHTTP(w, r)
	}))
	first := ca.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1)+r.URL.String(), http.StatusFound)
	}))
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[build]\nca = true\n", "job.py": "", "unique.txt": t.TempDir(),
		"pylock.toml": "lock-version = \"1.0\"\ncreated-by = \"test\"\n[[packages]]\nname = \"probe\"\nversion = \"1\"\n" +
			"vcs = { type = \"git\", url = \"" + first.URL + "/shop.git\", commit-id = \"" + head(t, bare) + "\" }\n",
	})
	tr := build{dir: dir, session: passing(map[string]string{"GIT_AUTH_TOKEN": planted, "ca": ca.pem})}.run(t)
	if len(seen) < 2 {
		t.Fatalf("the other server is not asked: %v\n%s", tr.err, tr.logs)
	}
	for _, login := range seen {
		if login != "" {
			t.Errorf("the other server is sent %q", login)
		}
	}
}
