package project

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deps.dev/util/pypi"
	"github.com/google/go-cmp/cmp"
)

// target reads the name of a golden, such as 3.12_amd64_glibc_2.36.
func target(t *testing.T, name string) Target {
	t.Helper()
	parts := strings.Split(name, "_")
	if len(parts) != 4 {
		t.Fatal(name)
	}
	return Target{Python: parts[0], OS: "linux", Arch: parts[1], Libc: parts[2], LibcVersion: parts[3]}
}

// The goldens are written by testdata/tags/generate.py.
func TestTags(t *testing.T) {
	files, err := filepath.Glob("testdata/tags/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(string(data)), "\n")
			var want []string
			for _, line := range lines[1:] {
				prefix, all := strings.CutSuffix(line, "*")
				if !all {
					want = append(want, line)
					continue
				}
				for _, platform := range strings.Fields(lines[0]) {
					want = append(want, prefix+platform)
				}
			}
			var got []string
			for _, tag := range target(t, strings.TrimSuffix(filepath.Base(file), ".txt")).Tags() {
				got = append(got, tag.Python+"-"+tag.ABI+"-"+tag.Platform)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-packaging +got:\n%s", d)
			}
		})
	}
}

func TestBest(t *testing.T) {
	data, err := os.ReadFile("testdata/tags/best.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Target, Best string
		Wheels       []string
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		var files []File
		for _, w := range c.Wheels {
			files = append(files, File{Name: w})
		}
		if got, _ := target(t, c.Target).Ranks().Best(files); got.Name != c.Best {
			t.Errorf("%s of %v:\ngot  %s\nwant %s", c.Target, c.Wheels, got.Name, c.Best)
		}
	}
}

func TestNoTarget(t *testing.T) {
	for _, target := range []Target{
		{}, {Python: "2.7", OS: "linux", Arch: "amd64"}, {Python: "3.12", OS: "windows", Arch: "amd64"}, {Python: "3", OS: "linux"},
	} {
		if tags := target.Tags(); tags != nil {
			t.Errorf("%+v: %d tags", target, len(tags))
		}
	}
	// Without knowledge of libc, pure wheels are still good.
	if _, ok := (Target{Python: "3.12", OS: "linux", Arch: "mips"}).Ranks().Best([]File{{Name: "a-1-py3-none-any.whl"}}); !ok {
		t.Error("no pure wheel")
	}
}

func TestNeedsBuild(t *testing.T) {
	lock, err := ParsePylock("pylock.toml", []byte(`
lock-version = "1.0"
created-by = "uv"
[[packages]]
name = "Good_One"
version = "1.0"
wheels = [{ url = "https://index.example/files/good_one-1.0-py3-none-any.whl?x=1#y" }]
[[packages]]
name = "ext"
version = "2"
sdist = { url = "https://index.example/files/ext-2.tar.gz" }
wheels = [{ name = "ext-2-cp312-cp312-win_amd64.whl", url = "https://index.example/files/z" }]
[[packages]]
name = "only"
version = "2"
wheels = [{ path = "wheels/only-2-cp311-cp311-linux_x86_64.whl" }]
[[packages]]
name = "repo"
version = "1"
vcs = { type = "git", url = "https://git.example/x", commit-id = "abc" }
[[packages]]
name = "dir"
directory = { path = "libs/dir" }
[[packages]]
name = "tarball"
archive = { url = "https://host.example/tarball-1.zip" }
[[packages]]
name = "wheelball"
archive = { url = "https://host.example/wheelball-1-py3-none-any.whl" }
[[packages]]
name = "fork"
version = "1"
marker = "sys_platform == 'win32'"
[[packages]]
name = "fork"
version = "1.0"
marker = "sys_platform == 'linux'"
wheels = [{ name = "fork-1-py3-none-any.whl" }]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Build{
		{Installed{"ext", "2.0"}, BuildSdist}, {Installed{"only", "2"}, BuildNothing}, {Installed{"repo", "1"}, BuildVCS},
		{Installed{"dir", "0.1"}, BuildDirectory}, {Installed{"tarball", "1"}, BuildArchive}, {Installed{"gone", "1"}, BuildUnknown},
		{Installed{"good-one", "1.1"}, BuildUnknown},
	}
	packages := []Installed{{"good.one", "1.0.0"}, {"wheelball", "1"}, {"fork", "1"}}
	for _, b := range want {
		packages = append(packages, b.Installed)
	}
	got := NeedsBuild(packages, lock, Target{Python: "3.12", OS: "linux", Arch: "amd64", Libc: "glibc", LibcVersion: "2.36"})
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParsePylockErrors(t *testing.T) {
	for text, want := range map[string]string{
		`lock-version = "2.0"`: `pylock.toml:1:16: lock-version "2.0" is not 1.x`,
		`created-by = "x"`:     `lock-version "" is not 1.x`,
		"lock-version = \"1.9\"\n[[packages]]\nversion = \"1\"":                                               `pylock.toml:2:`,
		"lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nvcs = {url = \"u\"}\ndirectory = {path = \"p\"}": "one of vcs, directory",
		"lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nwheels = 3":                                      "wheels",
		"lock-version = ": "pylock.toml:1:",
		"lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nwheels = [{name = \"../a-1-py3-none-any.whl\", path = \"x\"}]": "\"../a-1-py3-none-any.whl\" is not the name of a file",
		"lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nsdist = {name = \"a\\n--index-url\", path = \"x\"}":            "is not the name of a file",
		"lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\\n--index-url https://x.example\"":               "is not a version",
	} {
		if _, err := ParsePylock("pylock.toml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzPylock(f *testing.F) {
	f.Add([]byte("lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nwheels = [{url = \"https://h.example/a-1-py3-none-any.whl\"}]\nsdist = {path = \"x\"}"))
	f.Add([]byte("lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\narchive = {url = \"%zz\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		watch(t)
		lock, err := ParsePylock("pylock.toml", data)
		checkTold(t, err, map[string]string{"pylock.toml": string(data)})
		if err != nil {
			return
		}
		for _, p := range lock.Packages {
			if line, _ := p.Requirement(); strings.ContainsAny(line, "\r\n") || strings.HasPrefix(line, "-") {
				t.Errorf("%q is more than a requirement", line)
			}
			NeedsBuild([]Installed{{p.Name, p.Version}}, lock, Target{Python: "3.12", Arch: "amd64", Libc: "glibc", LibcVersion: "2.36"})
		}
	})
}

func FuzzWheelName(f *testing.F) {
	f.Add("demo-1.0-1a-cp32.cp312-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "3.12", "2.36")
	f.Add("demo-1.0--py3-none-any.whl", "3.13t", "1.2.4")
	f.Add("a-1-99999999999999999999-py3-none-any.whl", "3.999", "2.999")
	f.Fuzz(func(t *testing.T, name, python, libc string) {
		target := Target{Python: python, OS: "linux", Arch: "amd64", Libc: "glibc", LibcVersion: libc}
		best, ok := target.Ranks().Best([]File{{Name: name}})
		if ok != (best.Name == name && name != "") {
			t.Errorf("%v %q", ok, best.Name)
		}
		if _, err := pypi.ParseWheelName(name); err != nil && ok {
			t.Errorf("%q is not a wheel", name)
		}
	})
}
