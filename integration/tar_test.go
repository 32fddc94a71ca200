package integration

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// inTar is a file of an archive.
func inTar(t *testing.T, name, path string) []byte {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for r := tar.NewReader(file); ; {
		h, err := r.Next()
		if err != nil {
			t.Fatalf("%s of %s: %v", path, name, err)
		}
		if strings.TrimPrefix(h.Name, "./") == path {
			data, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
	}
}

// tarNames are the files of an archive.
func tarNames(t *testing.T, name string) map[string]bool {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	names := map[string]bool{}
	for r := tar.NewReader(file); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names[strings.TrimPrefix(h.Name, "./")] = true
	}
}
