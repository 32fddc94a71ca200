package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// watch ends a run of the fuzzer on an input that takes for ever: it would not notice.
func watch(t *testing.T) {
	t.Helper()
	timer := time.AfterFunc(time.Minute, func() { panic("an input takes more than a minute") })
	t.Cleanup(func() { timer.Stop() })
}

// checkTold wants diagnostics with a code, whose places are in the files that they name,
// and which say nothing that a terminal obeys or that is a password.
func checkTold(t *testing.T, err error, texts map[string]string) {
	t.Helper()
	if err != nil && len(diag.All(err)) == 0 {
		t.Errorf("not a diagnostic: %v", err)
	}
	for _, e := range diag.All(err) {
		said := e.Error()
		if e.Code == "" || e.At.File == "" || diag.HasCredential(said) || strings.ContainsFunc(said, plan.Hidden) || len(said) > 8000 {
			t.Errorf("%q: code %q at %q", said, e.Code, e.At)
		}
		text, known := texts[e.At.File]
		lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
		if at := e.At.Start; known && at.Line != 0 && (at.Line < 1 || at.Line > len(lines) || at.Column < 1 || at.Column > len(lines[at.Line-1])+1) {
			t.Errorf("place outside of the file: %v", e)
		}
	}
}

// FuzzMarker holds that a marker which is written out reads as it did.
func FuzzMarker(f *testing.F) {
	for _, seed := range []string{
		"os_name == 'x' or (python_version < \"3.9\" and extra == 'a')", "'linux' in sys_platform", "python_full_version not in '3.9 3.10.1'",
		"\"x\" in extras and 'dev' not in dependency_groups", "python_version ~= '3.9' and os.name != \"it's\"", "((((a==''))))", "platform_version === '1.2.3'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		watch(t)
		m, err := parseMarker(text)
		Environment{Python: "3.13.2", Machine: "x86_64"}.Holds(text, []string{"a"})
		if err != nil || m.never() {
			return
		}
		written := m.String()
		again, err := parseMarker(written)
		if err != nil || again.String() != written {
			t.Errorf("%q is written as %q, which reads as %q, %v", text, written, again.String(), err)
		}
		if strings.ContainsAny(written, "\r\n") {
			t.Errorf("%q has another line", written)
		}
		decided := m.withExtras([]string{"a"})
		set := setOf(decided)
		set.not()
		if set.and(setOf(decided)).marker(allPythons()).neverOnLinux() != set.marker(allPythons()).neverOnLinux() {
			t.Errorf("%q holds elsewhere than it and itself", text)
		}
	})
}

// FuzzSpecifier reads ranges of versions, of PEP 440 and of Poetry.
func FuzzSpecifier(f *testing.F) {
	for _, seed := range []string{">=3.9,<4", "^3.9 || ~3.7", "==3.12.*", "~=3.9.1,!=3.9.7", "*", ">=3.9a1", "3.9 - 3.11", "===3", "<2!1.0", ">= 3.10 , != 3.11.*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		watch(t)
		if r, err := parsePythonRange(text); err == nil {
			samePythons(r, r)
		}
		c, err := parseConstraint(text)
		if err != nil {
			return
		}
		if one := pythonsWhere(func(r pythonRelease) bool { return c.allows(r.full) }); c.pythons() != one {
			t.Errorf("%q allows other releases one by one", text)
		}
		if spec, ok := c.specifier(); ok {
			if kept := pythonSpecifier(spec); kept != "" && kept != spec || strings.ContainsFunc(spec, plan.Hidden) {
				t.Errorf("%q is written as %q", text, spec)
			}
		}
		compareVersions(text, "3.9")
		_, _ = trimSpecifier(text)
	})
}

// FuzzProcfile reads what a Procfile and a .flaskenv declare.
func FuzzProcfile(f *testing.F) {
	f.Add([]byte("web: gunicorn shop:app --bind 0.0.0.0:$PORT\nworker: celery -A shop worker\nrelease: ./manage.py migrate # x\n"), []byte("FLASK_APP=shop:app\n"))
	f.Add([]byte("\ufeffweb:\ta\r\n\r\nweb: https://u:p@h.example\n"), []byte("export FLASK_APP='shop'\n"))
	f.Fuzz(func(t *testing.T, procfile, flaskenv []byte) {
		watch(t)
		texts := map[string]string{"Procfile": string(procfile), ".flaskenv": string(flaskenv)}
		apps, err := ReadApps(files("Procfile", string(procfile), ".flaskenv", string(flaskenv)), Layout{})
		checkTold(t, err, texts)
		if err != nil {
			return
		}
		for _, p := range apps.Procfile {
			if p.Name == "" || p.Command == "" || strings.ContainsAny(p.Name+p.Command, "\n") || diag.HasCredential(p.Command) {
				t.Errorf("%+v", p)
			}
		}
	})
}

// FuzzApps looks for what to start in two modules.
func FuzzApps(f *testing.F) {
	f.Add([]byte("from shop.app import create\napp = create()\nif __name__ == '__main__':\n    app.run()\n"), []byte("from fastapi import FastAPI\ndef create():\n    return FastAPI()\n"))
	f.Add([]byte("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.app')\n"), []byte("STATIC_ROOT = 'x'\nINSTALLED_APPS = ['django.contrib.staticfiles']\nWSGI_APPLICATION = 'shop.wsgi.application'\n"))
	f.Add([]byte("from .app import *\nfrom shop import app as a\na.b.c = a"), []byte("import celery as c\nx = c.Celery('x', broker=f'{1}')\ny = x\n"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		watch(t)
		texts := map[string]string{"main.py": string(first), "shop/app.py": string(second), "manage.py": string(first)}
		apps, err := ReadApps(files("main.py", string(first), "shop/app.py", string(second), "shop/__init__.py", "", "manage.py", string(first)), Layout{Package: len(first)%2 == 0})
		checkTold(t, err, texts)
		if err != nil {
			return
		}
		for _, at := range apps.Places() {
			if _, ok := texts[at.File]; !ok && !at.IsZero() && at.File != "shop/__init__.py" {
				t.Errorf("a place in %q", at.File)
			}
		}
	})
}

// FuzzProject reads a manifest and requirements as a project.
func FuzzProject(f *testing.F) {
	manifests, err := filepath.Glob("testdata/*/pyproject.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range manifests {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, []byte("a==1 ; os_name == 'x'\n-e .\n"), []byte("3.12\n"))
	}
	f.Add([]byte(aProject+"dependencies = [\"a[x]>=1 ; extra == 'y'\", \"b @ git+https://h.example/b\"]\n[dependency-groups]\ndev = [\"c\", {include-group = \"dev2\"}]\ndev2 = []\n"+
		"[tool.uv]\nsources = {b = [{path = \"libs/b\"}]}\n[[tool.uv.index]]\nname = \"x\"\nurl = \"https://h.example\"\n[build-system]\nrequires = [\"maturin\"]\n"), []byte("-i https://h.example\n"), []byte("pypy3.10\n"))
	f.Fuzz(func(t *testing.T, manifest, requirements, version []byte) {
		watch(t)
		texts := map[string]string{PyprojectFile: string(manifest), RequirementsFile: string(requirements), PythonVersionFile: string(version), ".tool-versions": "python " + string(version)}
		for _, input := range []string{"", RequirementsFile, PyprojectFile} {
			facts, err := Read(files(PyprojectFile, string(manifest), RequirementsFile, string(requirements), PythonVersionFile, string(version), ".tool-versions", "python "+string(version),
				"libs/b/pyproject.toml", aProject), Choice{Input: input, Groups: []string{"dev"}, Extras: []string{"x"}})
			if (facts == nil) == (err == nil) {
				t.Error("facts and error, or neither")
			}
			for _, e := range diag.All(err) {
				if e.At.File != "" { // that of a key of the configuration
					checkTold(t, e, texts)
				}
			}
			if facts != nil {
				facts.Indexes()
				facts.GitHosts()
				facts.Asks()
			}
		}
	})
}

// FuzzPins reads a lock of images, and writes it anew.
func FuzzPins(f *testing.F) {
	sum := "sha256:" + strings.Repeat("0", 64)
	f.Add([]byte("version = 1\n[images]\n\"python:3.13-slim\" = \"" + sum + "\"\n[frontend]\n\"org/pybuild\" = \"" + sum + "\"\n"))
	f.Add([]byte("version = 1\nimages.\"h.example:5000/a@" + sum + "\" = \"x\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		watch(t)
		pins, err := ParsePins(data)
		checkTold(t, err, map[string]string{PinsFile: string(data)})
		if err != nil {
			return
		}
		text := WritePins(pins, nil, nil, "pybuild.toml")
		again, err := ParsePins([]byte(text))
		if err != nil || len(again.Images) != len(pins.Images) || WritePins(again, nil, nil, "pybuild.toml") != text {
			t.Errorf("%v of\n%s", err, text)
		}
	})
}
