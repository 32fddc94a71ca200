package integration

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"
)

// TestEject builds examples from the Dockerfile that pybuild writes of them, and
// finds the same files.
func TestEject(t *testing.T) {
	for _, name := range []string{"fastapi", "psycopg"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := example(t, name)
			own := build{dir: dir, out: t.TempDir()}
			own.must(t)
			out := t.TempDir()
			build{dir: dir, out: out, attrs: map[string]string{"target": "dockerfile"}}.must(t)
			for _, file := range []string{"Dockerfile", "Dockerfile.dockerignore"} {
				data, err := os.ReadFile(filepath.Join(out, file))
				if err != nil {
					t.Fatal(err)
				}
				// The engine's own frontend does: no registry is asked for another.
				write(t, filepath.Join(dir, file), strings.TrimPrefix(string(data), "# syntax=docker/dockerfile:1\n"))
			}
			byHand := t.TempDir()
			dockerfile(t, dir, byHand)
			if diff := cmp.Diff(listing(t, own.out), listing(t, byHand)); diff != "" {
				t.Errorf("the Dockerfile makes something else (-pybuild +Dockerfile):\n%s", diff)
			}
		})
	}
}

// dockerfile builds a Dockerfile with the engine's own frontend.
func dockerfile(t *testing.T, dir, out string) {
	t.Helper()
	c := engine(t)
	local, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	status := make(chan *client.SolveStatus)
	var logs strings.Builder
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range status {
			for _, l := range s.Logs {
				logs.Write(l.Data)
			}
		}
	}()
	_, err = c.Solve(context.Background(), nil, client.SolveOpt{
		Frontend: "dockerfile.v0", LocalMounts: map[string]fsutil.FS{"context": local, "dockerfile": local},
		Exports: []client.ExportEntry{{Type: client.ExporterTar, Output: func(map[string]string) (io.WriteCloser, error) {
			return os.Create(out + ".tar")
		}}},
	}, status)
	<-done
	if err != nil {
		t.Fatalf("%v\n%s", err, logs.String())
	}
	if text, err := exec.Command("tar", "-xf", out+".tar", "-C", out).CombinedOutput(); err != nil {
		t.Fatalf("unpack the image: %v\n%s", err, text)
	}
}
