package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/config"
)

// example copies an example, without its configuration.
func example(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("../../examples", name))); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "pybuild.toml")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return dir
}

func call(t *testing.T, args ...string) (out, log string, err error) {
	t.Helper()
	var o, l bytes.Buffer
	err = run(args, &o, &l)
	return o.String(), l.String(), err
}

// TestInit writes a configuration of each example, which is right as it stands and with
// every comment taken away.
func TestInit(t *testing.T) {
	for _, name := range []string{"fastapi", "flask", "psycopg", "rust", "torch"} {
		t.Run(name, func(t *testing.T) {
			dir := example(t, name)
			_, missing := os.Stat(filepath.Join(dir, ".dockerignore"))
			if _, log, err := call(t, "init", "--print", "-C", dir); err != nil || strings.Contains(log, "a .dockerignore is written as well") != (missing != nil) {
				t.Errorf("printed, it says %q, %v", log, err)
			}
			if _, _, err := call(t, "init", "-C", dir); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(dir, "pybuild.toml"))
			if err != nil {
				t.Fatal(err)
			}
			golden.Assert(t, string(text), "init-"+name+".toml")
			if out, _, err := call(t, "init", "--print", "-C", dir); err != nil || out != string(text) {
				t.Errorf("printed, it is %s, %v", out, err)
			}
			if _, err := os.Stat(filepath.Join(dir, ".dockerignore")); err != nil {
				t.Error(err)
			}
			uncommented := regexp.MustCompile(`(?m)^# ((\[\w+\]|\w+ = .*)$)`).ReplaceAllString(string(text), "$1")
			if name != "rust" { // which has the choice of two
				if _, err := config.Parse("pybuild.toml", []byte(uncommented)); err != nil {
					t.Errorf("%v\n%s", err, uncommented)
				}
			}
			if _, _, err := call(t, "init", "-C", dir); err == nil || !strings.Contains(err.Error(), "is there already") {
				t.Errorf("a second init: %v", err)
			}
		})
	}
}

// TestInitBesideTable writes no file that would replace the configuration of a pyproject.toml.
func TestInitBesideTable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte("[project]\nname = \"p\"\nversion = \"1\"\n[tool.pybuild.serve]\nmodule = \"p\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := call(t, "init", "-C", dir); err == nil || !strings.Contains(err.Error(), "pyproject.toml has a table [tool.pybuild]") {
		t.Errorf("init says %v", err)
	}
}

// TestCheckCommand ends with a code that scripts can read.
func TestCheckCommand(t *testing.T) {
	dir := example(t, "torch")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "pybuild.toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("[serve]\nscript = \"main.py\"\n")
	out, log, err := call(t, "check", "-C", dir)
	if err != nil || out != "no mistakes found\n" || !strings.Contains(log, "warning: pyproject.toml:5:1: NotLocked: ") {
		t.Errorf("check says %q, %q, %v", out, log, err)
	}
	if _, _, err := call(t, "check", "-strict", "-C", dir); err == nil {
		t.Error("a warning is no mistake of a strict check")
	}
	write("[serve]\nscrpt = \"main.py\"\n")
	if _, _, err := call(t, "check", "-C", dir); err == nil || !strings.Contains(err.Error(), "pybuild.toml:2:1: unknown key \"scrpt\"") {
		t.Errorf("check says %v", err)
	}
}

// TestUsage has one dash or two before flags, help on standard output, and a code for wrong
// command lines.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"no-such"}, {"-no-such"}, {"check", "-no-such-flag"}, {"check", "extra"}, {"schema", "-C", "."}, {"version", "1"}} {
		out, log, err := call(t, args...)
		if !errors.Is(err, errUsage) || out != "" || log == "" {
			t.Errorf("%v: %q, %q, %v", args, out, log, err)
		}
	}
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}, {"check", "--help"}, {"init", "-h"}, {"-version"}, {"--version"}, {"schema", "--help"}} {
		if out, log, err := call(t, args...); err != nil || out == "" || log != "" {
			t.Errorf("%v: %q, %q, %v", args, out, log, err)
		}
	}
	one, _, err := call(t, "explain", "-C", "../../examples/fastapi", "-f", "pybuild.toml", "-target=worker")
	if err == nil || !strings.Contains(err.Error(), `no target "worker"`) {
		t.Errorf("explain of no target says %v, %s", err, one)
	}
	if _, _, other := call(t, "explain", "--C=../../examples/fastapi", "--f", "pybuild.toml", "--target", "worker"); other == nil || other.Error() != err.Error() {
		t.Errorf("with two dashes: %v", other)
	}
}

// TestDirectories says what to do where the project is not there, or cannot be written.
func TestDirectories(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"init", "check", "explain", "eject"} {
		for dir, want := range map[string]string{"/no/such": "there is no directory /no/such [PB405]", file: "is a file, and", t.TempDir(): "is empty [PB405]"} {
			if _, _, err := call(t, name, "-C", dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `docker run --rm -v "$PWD:/src"`) {
				t.Errorf("%s of %s: %v", name, dir, err)
			}
		}
	}
	if _, _, err := call(t, "check", "-C", "../../examples/fastapi", "-f", "other.toml"); err == nil || !strings.Contains(err.Error(), "the configuration other.toml cannot be read") {
		t.Errorf("a configuration that is not there: %v", err)
	}
	// What stands where a file is to be written, even for root.
	taken := example(t, "script")
	if err := os.MkdirAll(filepath.Join(taken, "pybuild.toml", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := call(t, "init", "-C", taken, "--force"); err == nil || !strings.Contains(err.Error(), "pybuild.toml cannot be written into "+taken+": is a directory [PB407]") {
		t.Errorf("a directory in the way: %v", err)
	}
}

// TestEjectCommand writes a Dockerfile and its ignore file, and nothing over one that is there.
func TestEjectCommand(t *testing.T) {
	dir := example(t, "fastapi")
	if out, _, err := call(t, "eject", "-C", dir); err != nil || !strings.Contains(out, "wrote Dockerfile\nwrote Dockerfile.dockerignore") {
		t.Fatalf("eject says %q, %v", out, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "Dockerfile"))
	if err != nil || !strings.HasPrefix(string(text), "# syntax=docker/dockerfile:1\n# Written without an engine") || !strings.Contains(string(text), "\nCMD [\"uvicorn\",\"app.main:app\"") {
		t.Errorf("the Dockerfile is %s, %v", text, err)
	}
	if _, _, err := call(t, "eject", "-C", dir); err == nil || !strings.Contains(err.Error(), "Dockerfile is there already [PB406]\n  edit it, replace it with eject --force") {
		t.Errorf("a second one says %v", err)
	}
	if out, _, err := call(t, "eject", "-C", dir, "--print"); err != nil || out != string(text) {
		t.Errorf("printed, it is %s, %v", out, err)
	}
	if _, _, err := call(t, "eject", "-C", dir, "--target", "dev"); err == nil {
		t.Error("the target dev is ejected")
	}
	if n := strings.Count(string(text), "/tree.py\n"); n != 1 {
		t.Errorf("the text of a script stands there %d times", n)
	}
	config := "[runtime.env]\nMOTD = \"two\\nlines\"\n\n[serve]\napp = \"app.main:app\"\n"
	if err := os.WriteFile(filepath.Join(dir, "pybuild.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, err := call(t, "eject", "-C", dir, "--print"); err == nil || !strings.Contains(err.Error(), "the variable MOTD, which has lines, cannot be written into a Dockerfile [PB413]") {
		t.Errorf("of a value with lines it says %s, %v", out, err)
	}
}

// TestPrinted has what the other commands print.
func TestPrinted(t *testing.T) {
	out, _, err := call(t, "explain", "-C", "../../examples/fastapi")
	if err != nil || !strings.Contains(out, "runtime for linux/amd64") || !strings.Contains(out, "app.main:app") {
		t.Errorf("explain says %v %s", err, out)
	}
	for flag, want := range map[string]string{"--json": `"keys": {`, "-dot": "digraph pybuild {", "--svg": "<svg xmlns="} {
		if out, _, err := call(t, "explain", "-C", "../../examples/fastapi", flag); err != nil || !strings.Contains(out, want) {
			t.Errorf("explain %s says %v %s", flag, err, out)
		}
	}
	out, _, err = call(t, "schema")
	var schema map[string]any
	if err != nil || json.Unmarshal([]byte(out), &schema) != nil || schema["title"] != "pybuild.toml" {
		t.Errorf("schema says %v %s", err, out)
	}
	if out, _, err = call(t, "version"); err != nil || out != "pybuild dev\n" {
		t.Errorf("version says %v %s", err, out)
	}
}

// TestCheckTargets checks what each target is made of.
func TestCheckTargets(t *testing.T) {
	for _, target := range []string{"runtime", "builder", "debug", "dev", "lock", "wheelhouse", "dockerfile"} {
		if _, _, err := call(t, "check", "-C", "../../examples/fastapi", "--target", target); err != nil {
			t.Errorf("the check of %s: %v", target, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte("[project]\nname = \"p\"\nversion = \"1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err := call(t, "explain", "-C", dir, "--target", "lock")
	if err != nil || !strings.Contains(out, "[lock] write uv.lock") {
		t.Errorf("explain of the target lock says %s, %v", out, err)
	}
}
