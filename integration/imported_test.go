package integration

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportedCache has somebody who can write an imported cache put a file of his own into the
// image of a hermetic build. BuildKit compares what it imports with the sums of the cache alone, so
// that SECURITY.md says whom to import from; the day that this fails it can say less.
func TestImportedCache(t *testing.T) {
	t.Parallel()
	frontendImage(t)
	alpha := dist{name: "alpha", version: "1.0"}
	ix := newIndex(t, alpha)
	dir := pinned(t, map[string]string{
		"pybuild.toml": job + "[build]\nhermetic = true\n", "job.py": "import alpha\n", "pylock.toml": ix.pylock(t, alpha),
	})
	const path, theirs = "usr/local/lib/python3.13/site-packages/alpha.py", "VERSION = '6.6'\n"
	cache, tarball := filepath.Join(t.TempDir(), "cache"), filepath.Join(t.TempDir(), "x.tar")
	log, err := remoteBuilder(t, os.Getenv("BUILDKIT_HOST")).build(dir, "--output", "type=tar,dest="+tarball,
		"--cache-to", "type=local,mode=max,compression=uncompressed,force-compression=true,dest="+cache)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	ours := string(inTar(t, tarball, path))
	if len(ours) != len(theirs) {
		t.Fatalf("the package is %q", ours)
	}
	forge(t, cache, ours, theirs)
	log, err = remoteBuilder(t, ownBuildkitd(t, "", "", "").start().addr).build(dir, "--output", "type=tar,dest="+tarball, "--cache-from", "type=local,src="+cache)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if got := string(inTar(t, tarball, path)); got != theirs {
		t.Errorf("the image has %q: SECURITY.md can say that imported caches are verified\n%s", got, log)
	}
}

// forge writes another text of the same length into the blobs of a cache, and corrects all sums.
func forge(t *testing.T, cache, from, to string) {
	t.Helper()
	blobs := filepath.Join(cache, "blobs/sha256")
	texts := [][2]string{{from, to}}
	for len(texts) > 0 {
		text := texts[0]
		texts = texts[1:]
		files, err := os.ReadDir(blobs)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			data, err := os.ReadFile(filepath.Join(blobs, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			forged := strings.ReplaceAll(string(data), text[0], text[1])
			if forged == string(data) {
				continue
			}
			sum := sha256.Sum256([]byte(forged))
			name := hex.EncodeToString(sum[:])
			write(t, filepath.Join(blobs, name), forged)
			if err := os.Remove(filepath.Join(blobs, f.Name())); err != nil {
				t.Fatal(err)
			}
			// Who has it by its sum has the new one.
			texts = append(texts, [2]string{f.Name(), name})
		}
		index := filepath.Join(cache, "index.json")
		data, err := os.ReadFile(index)
		if err != nil {
			t.Fatal(err)
		}
		write(t, index, strings.ReplaceAll(string(data), text[0], text[1]))
	}
}
