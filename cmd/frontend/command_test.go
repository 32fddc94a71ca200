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
			if _, _, err := call(t, "init", "-C", dir); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(dir, "pybuild.toml"))
			if err != nil {
				t.Fatal(err)
			}
			golden.Assert(t, string(text), "init-"+name+".toml")
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
	for _, args := range [][]string{{"no-such"}, {"check", "-no-such-flag"}, {"check", "extra"}} {
		if _, _, err := call(t, args...); !errors.Is(err, errUsage) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// TestPrinted has what the other commands print.
func TestPrinted(t *testing.T) {
	out, _, err := call(t, "explain", "-C", "../../examples/fastapi")
	if err != nil || !strings.Contains(out, "runtime for linux/amd64") || !strings.Contains(out, "app.main:app") {
		t.Errorf("explain says %v %s", err, out)
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
