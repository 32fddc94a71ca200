package integration

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"

	"github.com/pybuild/pybuild/frontend"
)

// build is one build of a directory by the frontend in this very process,
// against a real buildkitd.
type build struct {
	dir   string
	file  string            // -f, pybuild.toml if empty
	attrs map[string]string // further attributes of the frontend
	out   string            // directory that the image's files go to, if any
}

// trace is what a build did.
type trace struct {
	cached   map[string]bool
	warnings []string
	err      error
}

func (tr *trace) ran(name string) bool { cached, ok := tr.cached[name]; return ok && !cached }

// step returns the full name of the one step that contains a text.
func (tr *trace) step(t *testing.T, text string) string {
	t.Helper()
	for name := range tr.cached {
		if strings.Contains(name, text) {
			return name
		}
	}
	t.Fatalf("no step %q among %v", text, tr.cached)
	return ""
}

func engine(t *testing.T) *client.Client {
	t.Helper()
	host := os.Getenv("BUILDKIT_HOST")
	if host == "" {
		t.Skip("no engine: run `make test`, or eval the exports of `go run ./integration/bed env`")
	}
	c, err := client.New(context.Background(), host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (b build) run(t *testing.T) *trace {
	t.Helper()
	c := engine(t)
	local, err := fsutil.NewFS(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	file := b.file
	if file == "" {
		file = "pybuild.toml"
	}
	opt := client.SolveOpt{
		FrontendAttrs: map[string]string{"filename": file},
		LocalMounts:   map[string]fsutil.FS{"context": local, "dockerfile": local},
	}
	for k, v := range b.attrs {
		opt.FrontendAttrs[k] = v
	}
	if b.out != "" {
		// A tar: exporting a whole image with the local exporter can hang.
		opt.Exports = []client.ExportEntry{{Type: client.ExporterTar, Output: func(map[string]string) (io.WriteCloser, error) {
			return os.Create(b.out + ".tar")
		}}}
	} else {
		// Without an exporter nothing makes BuildKit build the image.
		opt.Exports = []client.ExportEntry{{Type: client.ExporterOCI, Output: discard}}
	}
	status := make(chan *client.SolveStatus)
	tr := &trace{cached: map[string]bool{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range status {
			for _, v := range s.Vertexes {
				if v.Completed != nil {
					tr.cached[v.Name] = v.Cached
				}
			}
			for _, w := range s.Warnings {
				tr.warnings = append(tr.warnings, string(w.Short))
			}
		}
	}()
	_, tr.err = c.Build(context.Background(), opt, "", frontend.Build, status)
	<-done
	if b.out != "" && tr.err == nil {
		if text, err := exec.Command("tar", "-xf", b.out+".tar", "-C", b.out).CombinedOutput(); err != nil {
			t.Fatalf("unpack the image: %v\n%s", err, text)
		}
	}
	return tr
}

func (b build) must(t *testing.T) *trace {
	t.Helper()
	tr := b.run(t)
	if tr.err != nil {
		t.Fatal(tr.err)
	}
	return tr
}

type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }

func discard(map[string]string) (io.WriteCloser, error) { return nowhere{io.Discard}, nil }

// project writes files into a directory of its own.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// example copies an example, which a test may then change.
func example(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "examples", name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// note appends to a file.
func note(t *testing.T, path, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, text...), 0o600); err != nil {
		t.Fatal(err)
	}
}
