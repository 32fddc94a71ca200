package integration

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestLimits answers what is no file of a project, or too much of one, before a step
// runs: a pipe would have the engine wait for ever.
func TestLimits(t *testing.T) {
	const config = "# syntax=org/pybuild\n[serve]\ncommand = [\"true\"]\n"
	large := strings.Repeat("#\n", 9<<20)
	for name, c := range map[string]struct {
		file string
		make func(path string) error
		want string
	}{
		"a pipe":             {"uv.lock", func(path string) error { return syscall.Mkfifo(path, 0o600) }, "uv.lock: cannot read uv.lock [PB101]"},
		"a directory":        {"uv.lock", func(path string) error { return os.Mkdir(path, 0o755) }, "uv.lock: cannot read uv.lock [PB101]"},
		"a link out":         {"uv.lock", func(path string) error { return os.Symlink("/etc/hostname", path) }, "uv.lock: cannot read uv.lock [PB101]"},
		"a link above":       {"requirements.txt", func(path string) error { return os.Symlink("../../../etc/passwd", path) }, "requirements.txt: cannot read requirements.txt [PB101]"},
		"a link to itself":   {"pylock.toml", func(path string) error { return os.Symlink("pylock.toml", path) }, "pylock.toml: cannot read pylock.toml [PB101]"},
		"a link to a pipe":   {"sub/requirements.txt", func(path string) error { return linkedPipe(path) }, "cannot read the requirements file sub/requirements.txt [PB113]"},
		"a large lock":       {"uv.lock", func(path string) error { return os.WriteFile(path, []byte(large), 0o600) }, "uv.lock: uv.lock is 19 MB large, and no more than 16 MB of it are read [PB702]"},
		"a large file of -f": {"pybuild.toml", func(path string) error { return os.WriteFile(path, []byte(config+large), 0o600) }, "the file of -f is too large: "},
		"a large configuration": {"pybuild.toml", func(path string) error { return os.WriteFile(path, []byte(config+large[:2<<20]), 0o600) },
			"pybuild.toml: pybuild.toml is 2.1 MB large, and no more than 1.0 MB of it are read [PB702]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n", "pybuild.toml": config}
			if strings.HasPrefix(c.file, "sub/") {
				files["requirements.txt"] = "-r " + c.file + "\n"
				files["sub/other.txt"] = ""
			}
			dir := project(t, files)
			_ = os.Remove(filepath.Join(dir, c.file))
			if err := c.make(filepath.Join(dir, c.file)); err != nil {
				t.Fatal(err)
			}
			tr := build{dir: dir}.run(t)
			if tr.err == nil || !strings.Contains(tr.err.Error(), c.want) {
				t.Errorf("error %v, want %q", tr.err, c.want)
			}
		})
	}
}

// linkedPipe is a link to a pipe beside it.
func linkedPipe(path string) error {
	if err := syscall.Mkfifo(path+".requirements", 0o600); err != nil {
		return err
	}
	return os.Symlink(filepath.Base(path)+".requirements", path)
}
