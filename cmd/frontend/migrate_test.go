package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"golang.org/x/tools/txtar"
	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/migrate"
	"github.com/pybuild/pybuild/frontend/planner"
)

// unpack lays a project of testdata out.
func unpack(t *testing.T, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata/migrate", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range archive.Files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestMigrate proposes a configuration for each project, or says why there is none. What is
// proposed passes a check, loses no instruction, and has no credential in it.
func TestMigrate(t *testing.T) {
	archives, err := filepath.Glob("testdata/migrate/*.txtar")
	if err != nil || len(archives) < 20 {
		t.Fatal(archives, err)
	}
	for _, archive := range archives {
		name := strings.TrimSuffix(filepath.Base(archive), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := unpack(t, name)
			text, log, err := call(t, "migrate", "-C", dir, "--print")
			if err != nil {
				golden.Assert(t, err.Error()+"\n", "migrate/"+name+".txt")
				if text != "" {
					t.Errorf("an error prints %s", text)
				}
				return
			}
			golden.Assert(t, text+"----\n"+log, "migrate/"+name+".txt")
			if said := text + log; strings.Contains(said, "hunter2") || strings.Contains(said, "s3cret") || strings.Contains(said, "ghp_") {
				t.Errorf("a credential is shown")
			}
			if _, err := config.Parse("pybuild.toml", []byte(text)); err != nil {
				t.Error(err)
			}
			accounts(t, filepath.Join(dir, "Dockerfile"), text+log)
			if out, _, err := call(t, "migrate", "-C", dir); err != nil || !strings.HasPrefix(out, "wrote pybuild.toml") {
				t.Fatalf("it writes %s, %v", out, err)
			}
			if written, err := os.ReadFile(filepath.Join(dir, "pybuild.toml")); err != nil || string(written) != text {
				t.Errorf("what is written is %s, %v", written, err)
			}
			if out, _, err := call(t, "check", "-C", dir); err != nil && !strings.Contains(text, "the project does not list it") && !strings.Contains(text, "the source has no file") {
				t.Errorf("check says %s, %v", out, err)
			}
			if _, _, err := call(t, "migrate", "-C", dir); err == nil || !strings.Contains(err.Error(), "pybuild.toml is there already [PB406]\n  edit it, replace it with migrate --force") {
				t.Errorf("a second one says %v", err)
			}
		})
	}
}

// last is the line of the last FROM.
func last(file *parser.Node) (line int) {
	for _, node := range file.Children {
		if strings.EqualFold(node.Value, "from") {
			line = node.StartLine
		}
	}
	return line
}

// accounts wants something said of each instruction: in a key, or in a note.
func accounts(t *testing.T, dockerfile, said string) {
	t.Helper()
	data, err := os.Open(dockerfile)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = data.Close() }()
	parsed, err := parser.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[int]bool{}
	for _, m := range regexp.MustCompile(`Dockerfile:(\d+(?:, \d+)*)`).FindAllStringSubmatch(said, -1) {
		for _, line := range strings.Split(m[1], ", ") {
			n, _ := strconv.Atoi(line)
			lines[n] = true
		}
	}
	of := false // a stage of which something is said as a whole
	for _, node := range parsed.AST.Children {
		if strings.EqualFold(node.Value, "from") {
			of = lines[node.StartLine]
			continue
		}
		found := of && node.StartLine < last(parsed.AST)
		for n := node.StartLine; n <= node.EndLine; n++ {
			found = found || lines[n]
		}
		if !found {
			t.Errorf("nothing is said of %s", node.Original)
		}
	}
}

// TestMigrateCommand names files and stages, ends with a code that scripts can read, and says
// what is missing.
func TestMigrateCommand(t *testing.T) {
	dir := unpack(t, "celery")
	if err := os.Rename(filepath.Join(dir, "Dockerfile"), filepath.Join(dir, "app.Dockerfile")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "there is nothing to migrate: no Dockerfile, no Mopyfile.yaml, no Mopyfile.yml, no Mopyfile, no Containerfile, no docker/Dockerfile [PB408]"},
		{[]string{"other"}, "other cannot be read: no such file or directory [PB408]"},
		{[]string{"../Dockerfile"}, "../Dockerfile cannot be read: invalid argument [PB408]"},
		{[]string{"requirements.txt"}, "requirements.txt:1:1: requirements.txt is not a Dockerfile: "},
		{[]string{"app.Dockerfile", "-target", "wroker"}, "app.Dockerfile has no stage \"wroker\" [PB401]\n  its stages are base, worker, beat, test, docs, web"},
		{[]string{"app.Dockerfile", "-strict"}, "1 thing of the file could not be carried over [PB411]"},
	} {
		if out, _, err := call(t, append([]string{"migrate", "-C", dir, "-print"}, c.args...)...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v says %v, %s", c.args, err, out)
		}
	}
	out, _, err := call(t, "migrate", "app.Dockerfile", "-C", dir, "--target=worker", "--print")
	if err != nil || !strings.Contains(out, `command = ["celery", "-A", "shop.tasks", "worker", "-l", "info", "-Q", "mail"]  # app.Dockerfile:9`) {
		t.Errorf("as the worker it is %s, %v", out, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte("[project]\nname = \"p\"\nversion = \"1\"\n[tool.pybuild.serve]\nmodule = \"p\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := call(t, "migrate", "app.Dockerfile", "-C", dir); err == nil || !strings.Contains(err.Error(), "pyproject.toml has a table [tool.pybuild]") {
		t.Errorf("beside a table it says %v", err)
	}
}

// TestMigrationPages shows what is proposed for the files of the page.
func TestMigrationPages(t *testing.T) {
	for _, page := range []string{"docs/migration/dockerfile.md", "docs/migration/mopy.md"} {
		for _, g := range groups(t, page) {
			p := lay(t, g)
			for _, s := range g.snippets {
				if s.file != "pybuild.toml" {
					continue
				}
				if text, _, err := call(t, "migrate", "-C", p.dir, "--print"); err != nil || text != s.text {
					t.Errorf("%s: what is proposed is %s, %v", s.at, text, err)
				}
			}
		}
	}
}

// FuzzMigrate wants a proposal that can be read, or an error that has a code, whatever a
// file says.
func FuzzMigrate(f *testing.F) {
	archives, err := filepath.Glob("testdata/migrate/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data, archive.Files[0].Name != "Dockerfile")
	}
	f.Fuzz(func(t *testing.T, data []byte, mopy bool) {
		name := "Dockerfile"
		if mopy {
			name = "Mopyfile.yaml"
		}
		fsys := fstest.MapFS{
			name:               {Data: data},
			"main.py":          {Data: []byte("print(1)\n")},
			"start.sh":         {Data: []byte("#!/bin/sh\n")},
			"requirements.txt": {Data: []byte("flask\ngunicorn\n")},
		}
		p, err := migrate.Propose(fsys, migrate.Options{Open: func(fsys fs.FS, cfg *config.Config, target string) (planner.Input, error) {
			p, err := openWith(fsys, cfg, target)
			if err != nil {
				return planner.Input{}, err
			}
			return p.input, nil
		}})
		if err != nil {
			if all := diag.All(err); len(all) == 0 || all[0].Code == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		if _, err := config.Parse("pybuild.toml", []byte(p.Text)); err != nil {
			t.Fatalf("%v\n%s", err, p.Text)
		}
	})
}
