package integration

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writes leaves a file in each of its arguments, and says who did.
const writes = `import os, sys
for d in sys.argv[1:]:
    with open(d + "/visits", "a") as file:
        file.write("x")
    print(os.getuid(), os.stat(d).st_uid, len(open(d + "/visits").read()))
`

// TestVolumes writes to the directories of the configuration: as the user, into a named volume
// that stays, into what the container has without one, and where nothing else may be written.
func TestVolumes(t *testing.T) {
	const config = "# syntax=org/pybuild\n[runtime]\nvolumes = [\"/data\", \"/app/media\", \"/var/lib/shop\"]\n" +
		"[serve]\nscript = \"main.py\"\nargs = [\"/data\", \"/app/media\", \"/var/lib/shop\"]\n"
	files := map[string]string{"pybuild.toml": config, "requirements.txt": "", "main.py": writes}
	t.Run("in containers", func(t *testing.T) {
		t.Parallel()
		img := dockerBuild(t, project(t, files))
		declared := slices.Sorted(maps.Keys(storedConfig(t, img.name).Volumes))
		if diff := cmp.Diff([]string{"/app/media", "/data", "/var/lib/shop"}, declared); diff != "" {
			t.Errorf("volumes of the image (-want +got):\n%s", diff)
		}
		named := strings.ToLower(filepath.Base(filepath.Dir(t.TempDir()))) + "-data"
		t.Cleanup(func() { _, _ = tryDocker("volume", "rm", "--force", named) })
		for visit, flags := range [][]string{{}, {"--read-only", "--cap-drop", "all"}} {
			out := docker(t, append(append([]string{"run", "--rm", "--volume", named + ":/data"}, flags...), img.name)...)
			want := "1001 1001 " + string(rune('1'+visit)) + "\n1001 1001 1\n1001 1001 1"
			if out != want {
				t.Errorf("%v: it says\n%s\nwant\n%s", flags, out, want)
			}
		}
		if out := docker(t, "run", "--rm", "--entrypoint", "python", img.name, "-c",
			"import os; print([(d, os.stat(d).st_uid, oct(os.stat(d).st_mode)) for d in ('/app', '/var', '/var/lib')])"); out !=
			"[('/app', 0, '0o40755'), ('/var', 0, '0o40755'), ('/var/lib', 0, '0o40755')]" {
			t.Errorf("what lies above them is %s", out)
		}
	})
	t.Run("ejected", func(t *testing.T) {
		t.Parallel()
		dir := project(t, files)
		own := build{dir: dir, out: t.TempDir()}
		own.must(t)
		out := t.TempDir()
		build{dir: dir, out: out, attrs: map[string]string{"target": "dockerfile"}}.must(t)
		data, err := os.ReadFile(filepath.Join(out, "Dockerfile"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), "\nVOLUME [\"/app/media\",\"/data\",\"/var/lib/shop\"]\n") {
			t.Errorf("the Dockerfile declares no volumes:\n%s", data)
		}
		write(t, filepath.Join(dir, "Dockerfile"), strings.TrimPrefix(string(data), "# syntax=docker/dockerfile:1\n"))
		byHand := t.TempDir()
		dockerfile(t, dir, byHand)
		for _, d := range []string{"data", "app/media", "var/lib/shop", "app", "var/lib"} {
			if want, got := owners(t, own.out, d), owners(t, byHand, d); want != got {
				t.Errorf("%s is %s, and of the Dockerfile %s", d, want, got)
			}
		}
	})
	t.Run("in an app of the user's", func(t *testing.T) {
		t.Parallel()
		of := maps.Clone(files)
		of["pybuild.toml"] = strings.Replace(config, "[serve]", "owner = \"user\"\n[serve]", 1)
		b := build{dir: project(t, of), out: t.TempDir()}
		b.must(t)
		for _, d := range []string{"app", "app/media", "app/main.py"} {
			if got := owners(t, b.out, d); got != "1001:1001" {
				t.Errorf("%s is %s", d, got)
			}
		}
	})
}

// owners are the numbers of a file's user and group.
func owners(t *testing.T, root, name string) string {
	t.Helper()
	info, err := os.Lstat(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	s := info.Sys().(*syscall.Stat_t)
	return strconv.Itoa(int(s.Uid)) + ":" + strconv.Itoa(int(s.Gid))
}
