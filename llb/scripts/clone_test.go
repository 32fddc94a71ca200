package scripts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// clones clones a repository below a directory.
const clones = `
import sys
import clone
clone.OUT = sys.argv[1]
sys.argv[1:] = ["--", "it", *sys.argv[2:]]
sys.exit(clone.main())
`

// TestClone has nothing in a clone that tells when it was made, whatever branches are called.
func TestClone(t *testing.T) {
	t.Parallel()
	for _, branch := range []string{"main", "logs", "x/logs", "logs/x"} {
		t.Run(strings.ReplaceAll(branch, "/", " "), func(t *testing.T) {
			t.Parallel()
			from, out := t.TempDir(), t.TempDir()
			commit := git(t, from, "init", "-q", "-b", branch) + git(t, from, "commit", "-q", "--allow-empty", "-m", "all") + git(t, from, "rev-parse", "HEAD")
			if said, err := python(t, clones, out, "file://"+from, strings.TrimSpace(commit)).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			cloned := filepath.Join(out, "it")
			if got := git(t, cloned, "rev-parse", "refs/heads/"+branch, "refs/remotes/origin/"+branch, "HEAD"); got != strings.Repeat(commit, 3) {
				t.Errorf("the clone of %s is at %s", commit, got)
			}
			if _, err := os.Stat(filepath.Join(cloned, ".git", "logs")); err == nil {
				t.Error("git's logs are left")
			}
		})
	}
}
