package planner_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"
	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

// TestStarts holds what each of the projects runs, with the packages that it
// would have: the corpus is that of the detection.
func TestStarts(t *testing.T) {
	corpus, err := filepath.Glob("../project/testdata/apps/*.txtar")
	if err != nil || len(corpus) < 20 {
		t.Fatalf("%d projects, %v", len(corpus), err)
	}
	installed := map[string]string{
		"cookiecutter-django": "celery django gunicorn", "django-polls": "django uvicorn", "netbox": "django gunicorn", "dash": "dash flask gunicorn",
		"celery-proj": "celery", "dramatiq": "dramatiq", "flaskr": "flask waitress", "microblog": "flask gunicorn", "flask-wsgi": "flask gunicorn",
		"flask-reexported-factory": "flask gunicorn", "litestar-fullstack": "litestar granian", "quart": "quart hypercorn",
		"two-apps": "flask gunicorn starlette uvicorn", "broken": "falcon uvicorn", "streamlit-pages": "streamlit", "gradio-space": "gradio uvicorn",
		"fastapi-conditional": "fastapi starlette uvicorn uvloop gunicorn", "words-are-not-code": "fastapi uvicorn",
	}
	var got strings.Builder
	for _, file := range corpus {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		packages, ok := installed[name]
		if !ok {
			packages = "starlette uvicorn"
		}
		fmt.Fprintf(&got, "== %s, with %s\n%s\n", name, packages, starts(t, file, strings.Fields(packages)))
	}
	golden.Assert(t, got.String(), "starts.txt")
}

// starts plans a project and describes what runs.
func starts(t *testing.T, file string, installed []string) string {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, f := range archive.Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	facts, err := project.Read(fsys, project.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	in := input(t, examples()[0])
	in.Config, in.Facts, in.Resolved = config.Default(), facts, &planner.Resolved{}
	for _, name := range installed {
		in.Resolved.Install = append(in.Resolved.Install, planner.Package{Name: name, Version: "1"})
	}
	if in.Apps, err = project.ReadApps(fsys, project.Layout{Root: facts.Dir, Package: planner.InstallsProject(in)}); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	p, err := planner.New(in)
	if err != nil {
		return "error " + strings.ReplaceAll(err.Error(), "\n", "\n      ") + "\n"
	}
	fmt.Fprintf(&text, "cmd    %s\n", strings.Join(p.Config.Cmd, " "))
	for _, v := range p.Config.Env {
		if v.Name == "PORT" || v.Name == "PYTHONPATH" || strings.HasPrefix(v.Name, "GRADIO") {
			fmt.Fprintf(&text, "env    %s=%s\n", v.Name, v.Value)
		}
	}
	if len(p.Config.Ports) > 0 {
		fmt.Fprintf(&text, "port   %d\n", p.Config.Ports[0])
	}
	if h := p.Config.Healthcheck; h != nil {
		fmt.Fprintf(&text, "health %s\n", strings.Join(h.Command[3:], " "))
	}
	for _, d := range p.Decisions {
		if d.What == "start" || d.What == "server" || d.What == "worker class" || d.What == "static files" {
			fmt.Fprintf(&text, "%s: %s, since %s\n", d.What, d.Value, d.Reason)
		}
	}
	described, err := planner.DescribeTargets(in)
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, d := range described {
		targets = append(targets, d.Name)
		if strings.TrimSpace(d.Description) != d.Description || d.Description == "" {
			t.Errorf("the target %s is described as %q", d.Name, d.Description)
		}
	}
	for _, target := range targets[slices.Index(targets, planner.Dockerfile)+1:] {
		in.Target = target
		if p, err = planner.New(in); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "target %s: %s\n", target, strings.Join(p.Config.Cmd, " "))
	}
	return text.String()
}

// TestFoundScript takes the metadata of what the source shows to start, as if the configuration
// named it.
func TestFoundScript(t *testing.T) {
	const block = "# /// script\n# dependencies = [\"idna\"]\n# ///\n"
	for name, c := range map[string]struct {
		configuration string
		files         map[string]string
		want          string
	}{
		"the only script":          {files: map[string]string{"job.py": block + "import idna\n"}, want: "job.py"},
		"beside modules":           {files: map[string]string{"job.py": block + "import other\n", "other.py": ""}, want: "job.py"},
		"beside requirements":      {files: map[string]string{"main.py": block, "requirements.txt": "click\n"}, want: "main.py"},
		"without metadata":         {files: map[string]string{"main.py": "print()\n"}},
		"one of two":               {files: map[string]string{"a.py": block, "b.py": block}},
		"a web app":                {files: map[string]string{"main.py": block + "from fastapi import FastAPI\napp = FastAPI()\n"}, want: "main.py"},
		"a web app's requirements": {files: map[string]string{"main.py": block + "from fastapi import FastAPI\napp = FastAPI()\n", "requirements.txt": "fastapi\nuvicorn\n"}},
		"a program of streamlit":   {files: map[string]string{"show.py": block + "import streamlit as st\nst.write(1)\n"}, want: "show.py"},
		"another is configured":    {configuration: "[serve]\nmodule = \"other\"\n", files: map[string]string{"job.py": block, "other.py": ""}},
		"another input":            {configuration: "[build]\ninput = \"requirements.txt\"\n", files: map[string]string{"job.py": block, "requirements.txt": "click\n"}},
		"a package": {files: map[string]string{"shop/__main__.py": block, "shop/__init__.py": "",
			"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n[build-system]\nrequires = [\"hatchling\"]\n"}},
	} {
		fsys, cfg, facts := described(t, c.configuration, c.files)
		in := planner.Input{Config: cfg, Facts: facts}
		apps, err := project.ReadApps(fsys, project.Layout{Root: facts.Dir, Package: planner.InstallsProject(in)})
		if err != nil {
			t.Fatal(err)
		}
		in.Apps = apps
		if got := planner.FoundScript(in, fsys); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
