package integration

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestNothingStays has everything done for two platforms at once, which share what is read
// of a project: images, what targets write, answers, and mistakes of each kind. Go's race
// detector looks on (`make race`), and nothing of the frontend stays behind.
func TestNothingStays(t *testing.T) {
	if os.Getenv("BUILDKIT_HOST") == "" {
		t.Skip("no engine: run `make test`")
	}
	before := goleak.IgnoreCurrent()
	t.Run("builds", func(t *testing.T) {
		wheel := dist{name: "stays" + fmt.Sprint(rand.Uint32()), version: "1.0"}
		ix := newIndex(t, wheel)
		files := map[string]string{
			"pybuild.toml": job + "[target.test]\ncommand = [\"python\", \"tests.py\"]\n", "job.py": "print(1)\n", "tests.py": "raise SystemExit(3)\n",
			"requirements.txt": "--index-url " + ix.simple() + "\n" + wheel.name + "==1.0\n",
			".git/HEAD":        "ref: refs/heads/main\n", ".git/refs/heads/main": strings.Repeat("a1", 20) + "\n", ".git/packed-refs": "",
		}
		locked := project(t, files)
		lockOf(t, locked, nil)
		for _, c := range []struct {
			attrs map[string]string
			file  string // that is other than above
			text  string
			says  string // of a build that fails
		}{
			{attrs: map[string]string{"attest:sbom": ""}},
			{attrs: map[string]string{"target": "lock"}},
			{attrs: map[string]string{"target": "dockerfile"}},
			{attrs: map[string]string{"target": "wheelhouse"}},
			{attrs: map[string]string{"target": "test", "build-arg:TESTS": "report"}},
			{attrs: map[string]string{"requestid": "frontend.outline"}},
			{attrs: map[string]string{"requestid": "frontend.targets"}},
			{attrs: map[string]string{"requestid": "frontend.lint"}},
			{attrs: map[string]string{"requestid": "frontend.explain"}},
			{attrs: map[string]string{"target": "test"}, says: "[PB523]"},
			{file: "pybuild.toml", text: job + "prot = 1\n", says: "[PB004]"},
			{file: "job.py", text: "print(\n", says: "[PB311]"},
			{file: "requirements.txt", text: "--index-url " + ix.simple() + "\nmissing\n", says: "[PB501]"},
		} {
			dir := locked
			if c.file != "" {
				changed := maps.Clone(files)
				changed[c.file] = c.text
				dir = project(t, changed)
			}
			attrs := map[string]string{"platform": "linux/amd64,linux/arm64"}
			maps.Copy(attrs, c.attrs)
			if tr := (build{dir: dir, attrs: attrs}).run(t); (tr.err == nil) != (c.says == "") || tr.err != nil && !strings.Contains(tr.err.Error(), c.says) {
				t.Errorf("%v of %s: %v", c.attrs, filepath.Join(dir, c.file), tr.err)
			}
		}
	})
	goleak.VerifyNone(t, before)
}
