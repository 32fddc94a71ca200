package integration

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsInURLs has a secret in URLs of a requirements file, as `${NAME}`, in each place
// where people write one and uv would write it into a lock, and where uv says that there
// is nothing at that URL.
func TestSecretsInURLs(t *testing.T) {
	for name, c := range map[string]struct{ line, target, said string }{
		"password":          {line: "inner @ http://builder:${CORP_TOKEN}@HOST/files/inner/FILE"},
		"user":              {line: "inner @ http://${CORP_TOKEN}@HOST/files/inner/FILE --hash=SUM"},
		"query":             {line: "inner @ http://HOST/files/inner/FILE?token=${CORP_TOKEN}"},
		"path of an index":  {line: "--index-url http://HOST/${CORP_TOKEN}/simple\ninner"},
		"repository":        {line: "probe @ git+http://x:${CORP_TOKEN}@GIT/shop.git", said: "probe would be locked with the secret CORP_TOKEN"},
		"lock":              {line: "inner @ http://HOST/${CORP_TOKEN}/files/inner/FILE", target: "lock", said: "pylock.toml would hold the secret CORP_TOKEN"},
		"nothing at a path": {line: "inner @ http://HOST/${CORP_TOKEN}/files/other/FILE", said: "ended with exit code"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine(t)
			h := newHunt(t)
			token := h.plain("token")
			if strings.Contains(c.line, "other/") {
				token += "'\"\u00e4" // which is encoded
			}
			ix := newIndex(t, dist{name: "inner", version: "1.0"})
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if i := strings.Index(r.URL.Path, "/files/"); i >= 0 {
					r.URL.Path = r.URL.Path[i:]
				}
				if i := strings.Index(r.URL.Path, "/simple/"); i >= 0 {
					r.URL.Path = r.URL.Path[i:]
				}
				ix.ServeHTTP(w, r)
			}))
			t.Cleanup(web.Close)
			bare := repository(t, map[string]string{"pyproject.toml": probeManifest, "backend.py": strings.TrimPrefix(discreet("probe", "1"), "import helper\n")})
			git := httptest.NewServer(gitHTTP(t, filepath.Dir(bare), token))
			t.Cleanup(git.Close)
			const file = "inner-1.0-py3-none-any.whl"
			text := strings.NewReplacer("HOST", web.Listener.Addr().String(), "GIT", git.Listener.Addr().String(), "SUM", ix.hash(file), "FILE", file).Replace(c.line)
			dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "", "requirements.txt": text + "\n"})
			attrs := map[string]string{"requestid": "frontend.explain"}
			if c.target != "" {
				attrs = map[string]string{"target": c.target}
			}
			if c.said == "" {
				c.said = "inner would be locked with the secret CORP_TOKEN in its URL, where everybody reads it [PB607]"
			}
			err := h.through(t, dir, attrs, passing(map[string]string{"CORP_TOKEN": token}))
			if err == nil || !strings.Contains(err.Error(), c.said) {
				t.Errorf("the build says %v\n%s", err, h.said)
			}
		})
	}
}
