package scripts_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// takes fetches a file out of a wheelhouse, over a cache that others write.
const takes = `
import sys
import fetch
fetch.CACHE, fetch.OUT = sys.argv[1:3]
fetch.fetch("a.whl", sys.argv[4], "http://none.invalid/a.whl", None, None, sys.argv[3])
`

// TestPoisonedWheels has what is no wheel where a wheel is kept: another file, a link to a
// secret, a pipe that nobody writes, a directory. What is handed on is what was locked.
func TestPoisonedWheels(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("wheel"))
	digest := hex.EncodeToString(sum[:])
	for name, poison := range map[string]func(path string) error{
		"nothing": func(string) error { return nil },
		"a file":  func(path string) error { return os.WriteFile(path, []byte("other"), 0o644) },
		"a link":  func(path string) error { return os.Symlink("/etc/passwd", path) },
		"a link to the very file": func(path string) error {
			_ = os.WriteFile(path+"-real", []byte("wheel"), 0o644)
			return os.Symlink(path+"-real", path)
		},
		"a pipe":      func(path string) error { return syscall.Mkfifo(path, 0o644) },
		"a directory": func(path string) error { return os.MkdirAll(path+"/x", 0o755) },
		"the wheel":   func(path string) error { return os.WriteFile(path, []byte("wheel"), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept, out, house := t.TempDir(), t.TempDir(), t.TempDir()
			if err := poison(filepath.Join(kept, digest)); err != nil {
				t.Fatal(err)
			}
			if name != "the wheel" {
				if err := os.WriteFile(filepath.Join(house, "a.whl"), []byte("wheel"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			command := python(t, takes, kept, out, house, digest)
			if said, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			got, err := os.ReadFile(filepath.Join(out, "a.whl"))
			if err != nil || string(got) != "wheel" {
				t.Errorf("what is handed on is %q, %v", got, err)
			}
			left, err := os.ReadDir(kept)
			if err != nil || len(left) > 2 {
				t.Errorf("the cache is left with %v, %v", left, err)
			}
		})
	}
}
