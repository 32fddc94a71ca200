package integration

import (
	"archive/tar"
	"bytes"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRemoteContexts builds a repository and an archive that a server holds.
func TestRemoteContexts(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"pybuild.toml": job, "job.py": "print(1)\n", "notes.txt": "x", ".env": "x", ".dockerignore": "notes.txt\n",
	}
	dir := project(t, files)
	git(t, dir, "init", "--quiet", "--initial-branch", "main")
	git(t, dir, "add", "--all")
	git(t, dir, "-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "--quiet", "--message", "all")
	archive := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-tar")
		_, _ = w.Write(pack(t, files))
	}))
	defer archive.Close()

	for name, context := range map[string]string{
		"git":  gitServer(t, dir) + "#main",
		"http": archive.URL + "/app.tar",
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			build{dir: t.TempDir(), out: out, top: true, attrs: map[string]string{"context": context}}.must(t)
			for path, want := range map[string]bool{"app/job.py": true, "app/notes.txt": false, "app/.env": false, "app/pybuild.toml": false, "app/.git": false} {
				if _, err := os.Lstat(filepath.Join(out, path)); (err == nil) != want {
					t.Errorf("%s is in the image: %v, want %v", path, err == nil, want)
				}
			}
		})
	}
}

// gitServer serves a repository over HTTP and returns its URL.
func gitServer(t *testing.T, dir string) string {
	t.Helper()
	repos := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(git(t, dir, "--exec-path")), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + filepath.Dir(dir), "GIT_HTTP_EXPORT_ALL=1"},
	})
	t.Cleanup(repos.Close)
	return repos.URL + "/" + filepath.Base(dir) + "/.git"
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func pack(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestIgnorePatterns names the line of .dockerignore that is no pattern: what sends the
// context would say so of nobody's.
func TestIgnorePatterns(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"data/[a-", "![z-a]"} {
		files := map[string]string{"pybuild.toml": job, "job.py": "", ".dockerignore": "*.log\n" + pattern + "\n"}
		build{dir: project(t, files)}.fails(t, ".dockerignore: \""+pattern+"\" is no pattern [PB123]")
	}
}
