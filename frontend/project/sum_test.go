package project

import (
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/diag"
)

// TestSums has every reader refuse what is no sum, at its place: it would be a digest for
// BuildKit, and a word in a file for the installer.
func TestSums(t *testing.T) {
	manifest, err := ParsePyproject(PyprojectFile, []byte("[project]\nname = \"p\"\nversion = \"1\"\n[tool.poetry.dependencies]\na = \"1\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	const metadata = "[metadata]\nlock-version = \"2.0\"\nlock_version = \"4.5.0\"\npython-versions = \"*\"\n"
	readers := map[string]struct {
		text string
		read func(text []byte) error
	}{
		"uv.lock:5:": {"version = 1\nrequires-python = \">=3.12\"\n[[package]]\nname = \"a\"\nwheels = [{url = \"https://h.example/a-1-py3-none-any.whl\", hash = \"SUM\"}]\n",
			func(text []byte) error { _, err := ParseUVLock(UVLockFile, text); return err }},
		"uv.lock:4:": {"version = 1\n[[package]]\nname = \"a\"\nsdist = {url = \"https://h.example/a-1.tar.gz\", hash = \"SUM\"}\n",
			func(text []byte) error { _, err := ParseUVLock(UVLockFile, text); return err }},
		"poetry.lock:8:": {metadata + "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [{file = \"a.whl\", hash = \"SUM\"}]\n",
			func(text []byte) error { _, err := ParsePoetryLock(PoetryLockFile, text, manifest); return err }},
		"poetry.lock:6:": {metadata + "[metadata.files]\na = [{file = \"a.whl\", hash = \"SUM\"}]\n",
			func(text []byte) error { _, err := ParsePoetryLock(PoetryLockFile, text, manifest); return err }},
		"pdm.lock:8:": {metadata + "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [{file = \"a.whl\", hash = \"SUM\"}]\n",
			func(text []byte) error { _, err := ParsePdmLock(PdmLockFile, text, manifest); return err }},
		"pdm.lock:6:": {metadata + "[metadata.files]\n\"a 1\" = [{file = \"a.whl\", hash = \"SUM\"}]\n",
			func(text []byte) error { _, err := ParsePdmLock(PdmLockFile, text, manifest); return err }},
		"Pipfile.lock:2:": {"{\"_meta\": {\"pipfile-spec\": 6},\n\"default\": {\"a\": {\"version\": \"==1\", \"hashes\": [\"SUM\"]}}}",
			func(text []byte) error { _, err := ParsePipfileLock(PipfileLockFile, text, nil); return err }},
		"pylock.toml:4:": {"lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nwheels = [{url = \"https://h.example/a-1-py3-none-any.whl\", hashes = {NAME = \"DIGITS\"}}]\n",
			func(text []byte) error { _, err := ParsePylock("pylock.toml", text); return err }},
		"requirements.txt:2:": {"b==1 --hash=sha256:" + strings.Repeat("0", 64) + "\na==1 --hash=SUM\n",
			func(text []byte) error {
				_, err := ParseRequirements(files(RequirementsFile, string(text)), RequirementsFile)
				return err
			}},
		"requirements.txt:1:": {"a @ https://h.example/a-1.tar.gz#NAME=DIGITS\n",
			func(text []byte) error {
				_, err := ParseRequirements(files(RequirementsFile, string(text)), RequirementsFile)
				return err
			}},
	}
	for place, reader := range readers {
		try := func(sum string) error {
			name, digits, _ := strings.Cut(sum, ":")
			return reader.read([]byte(strings.NewReplacer("SUM", sum, "NAME", name, "DIGITS", digits).Replace(reader.text)))
		}
		for _, good := range []string{"sha256:" + strings.Repeat("0a", 32), "sha512:" + strings.Repeat("f", 128), "sha384:" + strings.Repeat("1", 96)} {
			if err := try(good); err != nil {
				t.Errorf("%s: %s: %v", place, good, err)
			}
		}
		for _, bad := range []string{
			"sha256:" + strings.Repeat("0", 63), "sha256:" + strings.Repeat("0", 65), "sha512:" + strings.Repeat("0", 64), "sha256:" + strings.Repeat("0", 63) + "g",
			"sha256:$(id)", "sha256:" + strings.Repeat("0", 62) + "''", "sha256:" + strings.Repeat("٠", 32), "sha257:" + strings.Repeat("0", 64), "../x:00",
		} {
			if strings.HasPrefix(reader.text, "a @") && !strings.HasPrefix(bad, "sha256:") && !strings.HasPrefix(bad, "sha512:") {
				continue // another fragment of a URL
			}
			all := diag.All(try(bad))
			if strings.HasPrefix(place, "pylock") && strings.Contains(bad, "/") {
				continue // no key of TOML
			}
			if len(all) != 1 || !strings.HasPrefix(all[0].Error(), place) || all[0].Code != "PB108" && all[0].Code != "PB115" {
				t.Errorf("%s: %q: %v", place, bad, all)
			}
		}
	}
}
