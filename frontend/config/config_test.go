package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/diag"
)

// read parses a file by its name, as the frontend would.
func read(name string, data []byte) (*Config, error) {
	if strings.HasSuffix(name, "pyproject.toml") {
		return ParseProject(name, data)
	}
	return Parse(name, data)
}

// render writes what a file means, or all that is wrong with it.
func render(t *testing.T, c *Config, err error) string {
	t.Helper()
	if err != nil {
		var b strings.Builder
		for _, e := range diag.All(err) {
			b.WriteString(e.Error() + "\n\n")
		}
		return b.String()
	}
	out, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out) + "\n"
}

// TestFiles compares every testdata/*.toml with the .txt beside it. Files named
// good-* must parse and all others must not.
func TestFiles(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.toml")
	if len(files) == 0 {
		t.Fatal("no files")
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := read(name, data)
			if good := strings.HasPrefix(name, "good-"); good != (err == nil) {
				t.Errorf("error: %v", err)
			}
			checkPlaces(t, err, data)
			got := render(t, c, err)
			golden.Assert(t, got, strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".toml")+".txt")

			// Neither line endings nor a byte order mark change anything.
			crlf := append([]byte("\ufeff"), bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))...)
			c, err = read(name, crlf)
			if diff := cmp.Diff(got, render(t, c, err)); diff != "" {
				t.Errorf("with BOM and CRLF (-want +got):\n%s", diff)
			}
		})
	}
}

// checkPlaces requires a place within the file of every mistake.
func checkPlaces(t *testing.T, err error, data []byte) {
	t.Helper()
	if err != nil && len(diag.All(err)) == 0 {
		t.Errorf("not a diagnostic: %v", err)
	}
	lines := bytes.Split(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n"))
	for _, e := range diag.All(err) {
		s := e.At.Start
		if e.At.File == "" || s.Line < 1 || s.Line > len(lines) || s.Column < 1 || s.Column > len(lines[s.Line-1])+1 {
			t.Errorf("%q is placed at %+v", e.Message, e.At)
		}
		if e.Source == nil || e.Message == "" {
			t.Errorf("incomplete: %+v", e)
		}
	}
}

func TestPlaceOfValues(t *testing.T) {
	c, err := ParseProject("pyproject.toml", []byte("[tool.pybuild.build]\npackages = [\"gcc\", \"make\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.At("build", "packages", "1").String(); got != "pyproject.toml:2:20" {
		t.Errorf("At = %s", got)
	}
	if at := c.At("build", "uv"); !at.IsZero() || c.Has("build", "uv") {
		t.Errorf("nothing is at %v", at)
	}
	for _, c := range []*Config{Default(), must(t, "pyproject.toml", "[project]\nname = \"x\"\n"), must(t, "pybuild.toml", "")} {
		if c.Has("python") || !c.At("build").IsZero() {
			t.Errorf("an empty configuration has keys: %+v", c)
		}
	}
}

func must(t *testing.T, name, text string) *Config {
	t.Helper()
	c, err := read(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestNoSecretInMessages covers what must never reach a log.
func TestNoSecretInMessages(t *testing.T) {
	const password = "hunter2"
	url := "https://me:" + password + "@example.org/simple"
	for _, line := range []string{
		`build.env.INDEX = "` + url + `"`,
		`build.env.INDEX = ["` + url + `"]`,
		`build.args.INDEX = "` + url + `"`,
		`runtime.env.INDEX = "` + url + `"`,
		`runtime.labels.index = "` + url + `"`,
		`build.packages = "` + url + `"`,
		`build.packages = ["` + url + `"]`,
		`base = "` + url + `"`,
		`python = "` + url + `"`,
		`serve.command = "` + url + `"`,
		`serve.healthcheck = "` + url + `"`,
		`build.env = "INDEX=` + url + `"`,
		`"` + url + `" = 1`,
		`build.env."` + url + `" = "x"`,
	} {
		_, err := Parse("pybuild.toml", []byte(line))
		if err == nil {
			t.Errorf("%s is accepted", line)
		} else if strings.Contains(err.Error(), password) {
			t.Errorf("the message repeats the password: %v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.toml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"pybuild.toml", "pyproject.toml"} {
			c, err := read(name, data)
			if (c == nil) != (err != nil) {
				t.Errorf("%v and %v", c, err)
			}
			checkPlaces(t, err, data)
		}
	})
}
