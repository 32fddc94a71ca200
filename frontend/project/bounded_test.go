package project

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/diag"
)

// TestLimits answers what is too much with the code of the limit, in a moment.
func TestLimits(t *testing.T) {
	repeat := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	const uvLock = "version = 1\nrequires-python = \">=3.12\"\n"
	pdm := func(marker string) string {
		return "[metadata]\nlock_version = \"4.5.0\"\nstrategy = [\"inherit_metadata\"]\n[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"default\"]\nmarker = \"" + marker + "\"\n"
	}
	many := maxListed + 1
	for _, c := range []struct {
		name string
		want string // of the message
		file string
		text string
	}{
		{"a large lock", "uv.lock: uv.lock is 16 MB large, and no more than 16 MB of it are read [PB702]", UVLockFile, strings.Repeat("#", MaxFile+1)},
		{"a large manifest", "[PB702]", PyprojectFile, strings.Repeat("#", MaxFile+1)},
		{"large requirements", "[PB702]", RequirementsFile, strings.Repeat("#", MaxFile+1)},
		{"packages of uv", "uv.lock:3:1: uv.lock has 20001 packages, and no more than 20000 are read [PB703]", UVLockFile, uvLock + repeat(many, "[[package]]\nname = \"p%d\"\n")},
		{"packages of PEP 751", "[PB703]", "pylock.toml", "lock-version = \"1.0\"\n" + repeat(many, "[[packages]]\nname = \"p%d\"\n")},
		{"packages of PDM", "[PB703]", PdmLockFile, pdm("") + repeat(many, "[[package]]\nname = \"p%d\"\n")},
		{"packages of Poetry", "[PB703]", PoetryLockFile, repeat(many, "[[package]]\nname = \"p%d\"\n") + "[metadata]\nlock-version = \"2.1\"\npython-versions = \"*\"\n"},
		{"packages of Pipenv", "[PB703]", PipfileLockFile, `{"_meta": {"pipfile-spec": 6}, "default": {` + strings.TrimSuffix(repeat(many, "\"p%d\": {},\n"), ",\n") + "}}"},
		{"requirements", "[PB703]", RequirementsFile, repeat(2*maxListed+1, "p%d\n")},
		{"a long line", "requirements.txt:1:1: a requirement of more than 1048576 bytes is no tool's [PB704]", RequirementsFile, strings.Repeat("a", maxReqLine+1)},
		{"a joined line", "[PB704]", RequirementsFile, strings.Repeat("a \\\n", maxReqLine)},
		{"a long text", "pyproject.toml:2:8: project.name is a text of more than 1048576 bytes [PB704]", PyprojectFile, "[project]\nname = \"" + strings.Repeat("a", 1<<20+1) + "\"\n"},
		{"a long key", "[PB704]", PyprojectFile, "[project]\n" + strings.Repeat("a", 1<<20+1) + " = 1\n"},
		{"a long marker", "an environment marker of more than 65536 bytes [PB108]", PdmLockFile, pdm(repeat(5000, "os_name == 'x%d' or ") + "os_name == 'y'")},
		{"nested lists", "pyproject.toml:1:", PyprojectFile, "a = " + strings.Repeat("[", 1e6)},
		{"nested tables", "[PB701]", PyprojectFile, "a = " + strings.Repeat("{a=", 1e5)},
		{"nested JSON", "[PB701]", PipfileLockFile, strings.Repeat("[", 1e6)},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := fstest.MapFS{c.file: {Data: []byte(c.text)}}
			if c.file != PyprojectFile && c.file != RequirementsFile && c.file != PipfileLockFile {
				fsys[PyprojectFile] = &fstest.MapFile{Data: []byte(aProject)}
			}
			_, err := Read(fsys, Choice{})
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 10_000 {
				t.Errorf("answered with %.300v", err)
			}
			for _, e := range diag.All(err) {
				if e.At.File == "" {
					t.Errorf("no place: %v", e)
				}
			}
		})
	}
}

// TestReadTogether counts what is read of all files.
func TestReadTogether(t *testing.T) {
	fsys := fstest.MapFS{RequirementsFile: {Data: []byte("-r r0.txt\n-r r1.txt\n-r r2.txt\n-r r3.txt\n-r r4.txt\n")}}
	for i := range 5 {
		fsys[fmt.Sprintf("r%d.txt", i)] = &fstest.MapFile{Data: []byte(strings.Repeat("#"+strings.Repeat(" ", 99)+"\n", MaxFile/101))}
	}
	_, err := ParseRequirements(fsys, RequirementsFile)
	if err == nil || !strings.Contains(err.Error(), "requirements.txt:5:1: the files of the project that are read are more than 64 MB together [PB702]") {
		t.Error(err)
	}
}

// TestNoPlainFile reads no directories, pipes and devices, nor what links lead to
// elsewhere, and waits for none.
func TestNoPlainFile(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"directory":    func(path string) error { return os.Mkdir(path, 0o755) },
		"pipe":         func(path string) error { return syscall.Mkfifo(path, 0o644) },
		"device":       func(path string) error { return os.Symlink("/dev/zero", path) },
		"link":         func(path string) error { return os.Symlink("/etc/passwd", path) },
		"linked pipe":  func(path string) error { return linkedPipe(path) },
		"link to self": func(path string) error { return os.Symlink(filepath.Base(path), path) },
	} {
		for _, file := range []string{UVLockFile, PyprojectFile, RequirementsFile, PipfileLockFile, "pylock.toml", PythonVersionFile} {
			t.Run(name+" "+file, func(t *testing.T) {
				dir := t.TempDir()
				if file != PyprojectFile {
					if err := os.WriteFile(filepath.Join(dir, PyprojectFile), []byte(aProject), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if err := make(filepath.Join(dir, file)); err != nil {
					t.Skip(err)
				}
				root, err := os.OpenRoot(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = root.Close() }()
				_, err = Read(root.FS(), Choice{})
				all := diag.All(err)
				if len(all) != 1 || all[0].Code != "PB101" || all[0].At.File != file || strings.Contains(err.Error(), "root:") {
					t.Errorf("answered with %v", err)
				}
			})
		}
	}
}

// linkedPipe is a link to a pipe beside it.
func linkedPipe(path string) error {
	if err := syscall.Mkfifo(path+".pipe", 0o644); err != nil {
		return err
	}
	return os.Symlink(filepath.Base(path)+".pipe", path)
}
