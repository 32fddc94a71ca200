package scripts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fails runs a command that says a text and fails, with a cache that is kept.
const fails = `
import os, sys
import arguments, cache, uv
cache.kept = lambda env: sys.argv[1]
sys.exit(uv.run(["sh", "-c", 'echo "$1" >&2; exit 1', "sh", sys.argv[2]], dict(os.environ), arguments.Options([], [])).returncode)
`

// TestHeal takes away what is damaged in uv's cache where that may have failed a command,
// and leaves it alone where no versions fit.
func TestHeal(t *testing.T) {
	t.Parallel()
	for said, heals := range map[string]bool{
		"error: Failed to install: salty-1.0-py3-none-any.whl":      true,
		"  × No solution found when resolving dependencies:\n nope": false,
	} {
		dir := t.TempDir()
		// A wheel that has lost its RECORD.
		if err := os.MkdirAll(filepath.Join(dir, "archive-v0", "x", "salty-1.0.dist-info"), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := python(t, fails, dir, said).CombinedOutput()
		if err == nil || strings.Contains(string(out), "damaged files of salty-1.0") != heals {
			t.Errorf("after %q it says %s, %v", said, out, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "archive-v0", "x")); (err != nil) != heals {
			t.Errorf("after %q the wheel: %v", said, err)
		}
	}
}
