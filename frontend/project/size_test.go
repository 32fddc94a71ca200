package project

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestLargeClosure follows the edges of a lock that is larger than any.
func TestLargeClosure(t *testing.T) {
	const n = 20000
	var b strings.Builder
	b.WriteString("version = 1\nrequires-python = \">=3.12\"\n")
	for i := range n {
		source := `{ registry = "https://index.example/simple" }`
		if i == 0 {
			source = `{ virtual = "." }`
		}
		fmt.Fprintf(&b, "[[package]]\nname = \"p%d\"\nversion = \"1\"\nsource = %s\n", i, source)
		if i+2 < n {
			fmt.Fprintf(&b, "dependencies = [{ name = \"p%d\" }, { name = \"p%d\" }]\n", i+1, i+2)
		}
	}
	lock, err := ParseUVLock("uv.lock", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(lock.Closure("p0", nil, nil)); got != n {
		t.Errorf("the closure has %d packages of %d", got, n)
	}
}

// TestLargeLocks reads locks of ten thousand packages, which takes seconds where
// something looks through all of them for each.
func TestLargeLocks(t *testing.T) {
	const n = 10000
	repeat := func(format string, args int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, []any{i, (i + 1) % n}[:args]...)
		}
		return b.String()
	}
	manifest := "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [" + repeat("\"p%d>=1\",", 1) + "]\n"
	sum := strings.Repeat("0", 64)
	for _, c := range []struct{ name, text string }{
		{PdmLockFile, "[metadata]\nlock_version = \"4.5.0\"\nstrategy = [\"inherit_metadata\"]\ngroups = [\"default\"]\n" +
			repeat("[[package]]\nname = \"p%d\"\nversion = \"1\"\ngroups = [\"default\"]\ndependencies = [\"p%d\"]\nfiles = [{hash = \"sha256:"+sum+"\"}]\n", 2)},
		{PoetryLockFile, repeat("[[package]]\nname = \"p%d\"\nversion = \"1\"\ngroups = [\"main\"]\nfiles = [{file = \"a.whl\", hash = \"sha256:"+sum+"\"}]\n[package.dependencies]\np%d = \"*\"\n", 2) +
			"[metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.12\"\n"},
		{PipfileLockFile, "{\"_meta\": {\"pipfile-spec\": 6}, \"default\": {\"p\": {\"version\": \"==1\", \"hashes\": [\"sha256:" + sum + "\"]}" +
			repeat(",\n\"p%d\": {\"version\": \"==1\", \"hashes\": [\"sha256:"+sum+"\"]}", 1) + "}}"},
		{RequirementsFile, "-c constraints.txt\n" + repeat("p%d\n", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := fstest.MapFS{
				c.name:            {Data: []byte(c.text)},
				"constraints.txt": {Data: []byte(repeat("p%d==1 --hash=sha256:"+sum+"\n", 1))},
				PipfileFile:       {Data: []byte("[packages]\np = \"*\"\n" + repeat("p%d = \"*\"\n", 1))},
			}
			if c.name != RequirementsFile {
				fsys[PyprojectFile] = &fstest.MapFile{Data: []byte(manifest)}
			}
			facts, err := Read(fsys, Choice{})
			if err != nil {
				t.Fatal(err)
			}
			if got := len(facts.Requirements.Entries); got < n || !facts.Requirements.Pinned() || !facts.Requirements.AllHashed() {
				t.Errorf("%d of %d packages", got, n)
			}
			lock := &Pylock{}
			var installed []Installed
			for i := range n {
				name := fmt.Sprintf("p%d", i)
				lock.Packages, installed = append(lock.Packages, PylockPackage{Name: name, Version: "1"}), append(installed, Installed{name, "1"})
			}
			if wheels, rest := lock.Choose(installed, Target{}); len(wheels) != 0 || len(rest) != n || len(NeedsBuild(installed, lock, Target{})) != n {
				t.Error(len(wheels), len(rest))
			}
		})
	}
}

// TestLargeSource leaves out what is no code that starts an app.
func TestLargeSource(t *testing.T) {
	app := "from fastapi import FastAPI\napp = FastAPI()\n"
	apps, err := ReadApps(fstest.MapFS{
		"main.py": {Data: []byte(app)}, "data.py": {Data: []byte(app + "x = '" + strings.Repeat("a", maxAppFile) + "'\n")},
	}, Layout{})
	if err != nil {
		t.Fatal(err)
	}
	if len(apps.Web) != 1 || apps.Web[0].File != "main.py" {
		t.Errorf("found %+v", apps.Web)
	}
}
