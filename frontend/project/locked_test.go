package project

import (
	"regexp"
	"strings"
	"testing"
)

var lockOfSeveral = long(`lock-version = "1.0"
created-by = "test"
[[packages]]
name = "pure"
version = "1.0"
wheels = [{ url = "https://index.example/pure-1.0-py3-none-any.whl", size = 5, hashes = { sha256 = "aa" } }]
[[packages]]
name = "native"
version = "2.0"
sdist = { url = "https://index.example/native-2.0.tar.gz", hashes = { sha256 = "bb" } }
wheels = [
  { url = "https://index.example/native-2.0-cp312-cp312-manylinux_2_17_x86_64.whl", hashes = { sha256 = "c1" } },
  { url = "https://index.example/native-2.0-cp313-cp313-manylinux_2_17_x86_64.whl", hashes = { sha256 = "c2" } },
  { url = "https://index.example/native-2.0-cp313-cp313-manylinux_2_17_aarch64.whl", hashes = { sha256 = "c3" } },
]
[[packages]]
name = "source"
version = "3.0"
sdist = { url = "https://index.example/source-3.0.tar.gz", hashes = { sha256 = "dd" } }
[[packages]]
name = "unhashed"
version = "4.0"
wheels = [{ url = "https://index.example/unhashed-4.0-py3-none-any.whl", hashes = {} }]
[[packages]]
name = "repo"
version = "5.0"
vcs = { type = "git", url = "https://git.example/repo", commit-id = "0123", subdirectory = "sub" }
[[packages]]
name = "archive"
version = "6.0"
archive = { url = "https://files.example/archive-6.0-py3-none-any.whl", hashes = { sha256 = "ee" } }
`)

// long writes sums out: of two digits, the rest is zeros.
func long(text string) string {
	return regexp.MustCompile(`(sha256(?: = "|:|=))([0-9a-f]{2})\b`).ReplaceAllString(text, "${1}${2}"+strings.Repeat("0", 62))
}

// short are the first two digits of a sum.
func short(sum string) string { return sum[:min(2, len(sum))] }

// TestChoose takes what can be fetched and verified, for the target, and leaves
// the others with what pip needs to know of them.
func TestChoose(t *testing.T) {
	lock, err := ParsePylock("pylock.toml", []byte(lockOfSeveral))
	if err != nil {
		t.Fatal(err)
	}
	all := []Installed{{"pure", "1.0"}, {"native", "2.0"}, {"source", "3.0"}, {"unhashed", "4.0"}, {"repo", ""}, {"archive", "6.0"}, {"unknown", "7.0"}}
	for arch, native := range map[string]string{"amd64": "c2", "arm64": "c3", "s390x": ""} {
		wheels, rest := lock.Choose(all, Target{Python: "3.13", OS: "linux", Arch: arch, Libc: "glibc", LibcVersion: "2.31"})
		var got, left []string
		for _, w := range wheels {
			got = append(got, w.Name+"="+short(w.File.Hashes["sha256"]))
		}
		for _, p := range rest {
			line, hashed := p.Requirement()
			if hashed {
				line = "hashed " + line
			}
			left = append(left, line)
		}
		want := "pure=aa native=" + native + " archive=ee"
		wantLeft := "hashed source==3.0 --hash=sha256:dd|unhashed==4.0|repo @ git+https://git.example/repo@0123#subdirectory=sub|unknown==7.0"
		if native == "" {
			want = "pure=aa archive=ee"
			wantLeft = "hashed native==2.0 --hash=sha256:bb --hash=sha256:c1 --hash=sha256:c2 --hash=sha256:c3|" + wantLeft
		}
		if strings.Join(got, " ") != want || strings.Join(left, "|") != long(wantLeft) {
			t.Errorf("%s: got %v and %v", arch, got, left)
		}
	}
}

// TestRestrict drops files that a requirement's hashes do not allow.
func TestRestrict(t *testing.T) {
	lock, err := ParsePylock("pylock.toml", []byte(lockOfSeveral))
	if err != nil {
		t.Fatal(err)
	}
	requirements, err := ParseRequirements(files("r.txt", long("native==2.0 --hash=sha256:c2\npure==1.0 --hash=sha256:00\nsource==3.0\n")), "r.txt")
	if err != nil {
		t.Fatal(err)
	}
	requirements.Restrict(lock)
	native, pure, source := lock.Packages[1], lock.Packages[0], lock.Packages[2]
	if len(native.Wheels) != 1 || short(native.Wheels[0].Hashes["sha256"]) != "c2" || native.Sdist != nil {
		t.Errorf("native has %+v", native)
	}
	if len(pure.Wheels) != 0 || source.Sdist == nil {
		t.Errorf("pure has %+v, source %+v", pure, source)
	}
	if text := requirements.Only([]string{"pure"}); text != long("pure==1.0 --hash=sha256:00\n") {
		t.Errorf("the requirement is %q", text)
	}
}
