package main

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
)

// TestBadIgnores has a pattern that nothing can match be a mistake of .dockerignore.
func TestBadIgnores(t *testing.T) {
	for _, pattern := range []string{"[", "a/[z-a]", "!b[", "\\"} {
		fsys := fstest.MapFS{".dockerignore": {Data: []byte("# none\n" + pattern + "\n")}, "main.py": {}, "pybuild.toml": {Data: []byte("[serve]\nmodule = \"main\"\n")}}
		if _, err := open(fsys, "", ""); err == nil || !strings.Contains(err.Error(), "[PB123]") || !strings.HasPrefix(err.Error(), ".dockerignore") {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}

// FuzzIgnores looks at a project through a .dockerignore and [runtime] include: what is seen is
// of the project, and an error has a code.
func FuzzIgnores(f *testing.F) {
	for _, seed := range []string{"*\n!main.py\n", "# none\n\n/a/**\n.env", "\ufeffa\r\n!a/c", "**", "!", "a\\", "***/x", "[!a-]*\n../b", "a/[z-a]", "!.git/..", "a/*/d.txt\n!a/c/d.txt"} {
		f.Add([]byte(seed), seed)
	}
	f.Fuzz(func(t *testing.T, data []byte, include string) {
		fsys := fstest.MapFS{
			".dockerignore": {Data: data}, "main.py": {}, ".env": {}, "a/b.py": {}, "a/c/d.txt": {}, "a/c/.git/HEAD": {}, "[z-a]": {}, "requirements.txt": {},
		}
		cfg, err := config.Parse("pybuild.toml", []byte("[serve]\ncommand = [\"a\"]\n[runtime]\ninclude = ['"+include+"']\n"))
		if err != nil {
			cfg, err = config.Parse("pybuild.toml", []byte("[serve]\ncommand = [\"a\"]\n"))
		}
		if err != nil {
			t.Fatal(err)
		}
		p, err := openWith(fsys, cfg, "")
		if err != nil {
			if all := diag.All(err); len(all) == 0 || all[0].Code == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		err = fs.WalkDir(p.tree.App, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if _, err := fs.Stat(fsys, name); err != nil {
				return err
			}
			if d.IsDir() {
				return nil
			}
			if base := strings.TrimSuffix(name, d.Name()); base != "" && !fs.ValidPath(strings.TrimSuffix(base, "/")) {
				return errors.New("no path")
			}
			_, err = fs.ReadFile(p.tree.App, name)
			return err
		})
		if err != nil {
			t.Errorf("%q: %v", data, err)
		}
	})
}
