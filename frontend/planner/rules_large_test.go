package planner_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/planner"
)

// TestLargeApp names what makes an app large, as far down as it is one thing.
func TestLargeApp(t *testing.T) {
	many := map[string]int{"a.bin": 120}
	for i := range 400 {
		many[fmt.Sprintf("d%d/x", i)] = 1
	}
	for _, c := range []struct {
		name, config string
		sizes        map[string]int // in MB
		manifest     string
		want         string // "" for nothing
	}{
		{"a small one", "", map[string]int{"main.py": 1, "data/f.bin": 98}, "", ""},
		{"one file", "", map[string]int{"main.py": 0, "data/raw/f.bin": 400, "data/g.bin": 2}, "",
			"LargeApp: 402 MB of the build context become part of the image: data/raw/f.bin (400 MB)\n  leave out what the app does without: in .dockerignore, or with exclude = [\"data/raw/f.bin\"] in [runtime]"},
		{"several", "[runtime]\ninclude = [\"**\"]\n", map[string]int{"data/a": 40, "data/b": 40, "models/m": 60, "x.zip": 20, "y.zip": 18}, "",
			"pybuild.toml:2:11: LargeApp: 178 MB of the build context become part of the image: data (80 MB), models/m (60 MB), x.zip (20 MB)\n"},
		{"many small ones", "", map[string]int{"a": 9, "b": 9, "c": 9, "d": 9, "e": 9, "f": 9, "g": 9, "h": 9, "i": 9, "j": 9, "k": 9, "l": 9, "m": 9}, "",
			"LargeApp: 117 MB of the build context become part of the image\n  leave out what the app does without: in .dockerignore, or with exclude in [runtime]"},
		{"more than is looked into", "", many, "", "LargeApp: more than 219 MB of the build context become part of the image: a.bin (120 MB)\n"},
		{"an installed project", "", map[string]int{"data/f.bin": 400}, "[project]\nname = \"shop\"\nversion = \"1\"\n[build-system]\nrequires = []\nbuild-backend = \"backend\"\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"main.py": ""}
			if c.manifest != "" {
				files["pyproject.toml"] = c.manifest
			}
			_, cfg, facts := described(t, c.config, files)
			app := fstest.MapFS{}
			for name, size := range c.sizes {
				app[name] = &fstest.MapFile{Data: data(size * 1_000_000)}
			}
			got := ""
			for _, w := range planner.LargeApp(planner.Input{Config: cfg, Facts: facts}, fs.FS(app)) {
				got += w.String() + "\n"
			}
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// data is what is in a file of that size, which does not matter.
func data(n int) []byte { return make([]byte, n) }
