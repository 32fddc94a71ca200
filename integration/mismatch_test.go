package integration

import (
	"strings"
	"testing"
)

// TestMismatch installs what an index has changed since, and what it has for others
// only: the resolver's words come first, and then what to do.
func TestMismatch(t *testing.T) {
	t.Parallel()
	inner := dist{name: "inner", version: "1.0"}
	ix := newIndex(t, inner)
	files := map[string]string{
		"pybuild.toml": job + "[build]\nwheels = \"cache\"\n", "job.py": "import inner\n",
		"requirements.txt": "--index-url " + ix.simple() + "\ninner==1.0 --hash=sha256:" + strings.Repeat("a", 64) + "\n",
	}
	build{dir: project(t, files)}.fails(t, "inner", "is not the one that was locked [PB503]", "if it was published anew, lock again")
	ix = newIndex(t, dist{name: "other", version: "1.0", tag: "cp39-cp39-win_amd64"})
	files["requirements.txt"] = "--index-url " + ix.simple() + "\nother==1.0\n"
	build{dir: project(t, files)}.fails(t, "other is not published for this Python and platform [PB502]", "choose another Python")
}
