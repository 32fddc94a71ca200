package planner_test

import (
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

// TestBrought has what starts import frameworks, and says what brings them: without an
// engine, where the packages that others bring along are not known.
func TestBrought(t *testing.T) {
	const flask, django = "from flask import Flask\napp = Flask(__name__)\n", "from django.core.wsgi import get_wsgi_application\n"
	none := "\n[serve]\nserver = \"gunicorn\"\n"
	for _, c := range []struct {
		name, config string
		files        map[string]string
		want         string // the error, or nothing
	}{
		{"a server alone", "", map[string]string{"app.py": "\n" + flask, "requirements.txt": "gunicorn==23.0.0\n"}, "app.py:2:1: app.py imports flask, and no package brings it [PB312]\n  add it to the dependencies: a line flask in requirements.txt"},
		{"a configured app", "[serve]\napp = \"app:app\"" + strings.Replace(none, "\n[serve]", "", 1), map[string]string{"app.py": flask, "requirements.txt": "gunicorn==23.0.0\n"}, "app.py imports flask"},
		{"django", "[serve]\napp = \"wsgi:x\"", map[string]string{"wsgi.py": django, "requirements.txt": "gunicorn==23.0.0\n"}, "wsgi.py imports django"},
		{"the framework", "", map[string]string{"app.py": flask, "requirements.txt": "gunicorn==23.0.0\nFlask==3\n"}, ""},
		{"a package that may bring it", "", map[string]string{"app.py": flask, "requirements.txt": "gunicorn==23.0.0\nshopkit==1\n"}, ""},
		{"one that has its name", "", map[string]string{"app.py": flask, "requirements.txt": "gunicorn==23.0.0\nflask-slim==1\n"}, ""},
		{"a source that has it", "", map[string]string{"app.py": flask, "flask/__init__.py": "", "requirements.txt": "gunicorn==23.0.0\n"}, ""},
		{"a base that may have it", "base = \"registry.example/python\"", map[string]string{"app.py": flask, "requirements.txt": "gunicorn==23.0.0\n"}, ""},
		{"an import under a condition", "[serve]\nscript = \"app.py\"", map[string]string{"app.py": "try:\n    import flask\nexcept ImportError:\n    flask = None\n"}, ""},
		{"words in a text", "[serve]\nscript = \"app.py\"", map[string]string{"app.py": "\"\"\"\nimport flask\n\"\"\"\n"}, ""},
		{"no requirements", "[serve]\nscript = \"app.py\"", map[string]string{"app.py": "import flask.app\n"}, "a line flask in a new requirements.txt"},
		{"no requirements, and an app", "", map[string]string{"app.py": flask}, "no file says what to install, so there is no server for app:app [PB303]\n  write a requirements.txt with a line gunicorn and one for each"},
		{"requirements below", "", map[string]string{"backend/app.py": flask, "backend/requirements.txt": "flask\ngunicorn\n"},
			"nothing is installed, so there is no server for app:app: backend/requirements.txt lists dependencies, and no file at the root of the build context does [PB303]\n" +
				"  write input = \"backend/requirements.txt\" in [build], or build with backend as the build context"},
		{"a lock below", "", map[string]string{"backend/app.py": flask, "backend/uv.lock": "", "backend/pyproject.toml": ""}, "backend/uv.lock lists dependencies"},
		{"no dependencies", "", map[string]string{"app.py": flask, "pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n"}, "pyproject.toml lists no dependencies, so there is no server for app:app [PB303]\n  add one: uv add gunicorn"},
		{"Poetry's manifest", "", map[string]string{"app.py": flask, "pyproject.toml": "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nflask = \"3\"\n"}, "[PB303]\n  add one to the dependencies: poetry add gunicorn"},
		{"Poetry's backend", "", map[string]string{"app.py": flask, "pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n[build-system]\nrequires = [\"poetry-core\"]\nbuild-backend = \"poetry.core.masonry.api\"\n[tool.poetry]\npackage-mode = false\n"}, "poetry add gunicorn"},
		{"uv beside Poetry's backend", "", map[string]string{"app.py": flask, "pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n[tool.poetry]\npackage-mode = false\n[tool.uv]\n"}, "uv add gunicorn"},
		{"PDM's manifest", "", map[string]string{"app.py": flask, "pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n[tool.pdm]\ndistribution = false\n"}, "pdm add gunicorn"},
		{"a Pipfile alone", "", map[string]string{"app.py": flask, "Pipfile": "[packages]\nflask = \"*\"\n"},
			"the Pipfile has no lock, so nothing is installed, and there is no server for app:app [PB303]\n  run `pipenv install gunicorn` and commit Pipfile.lock"},
		{"setup.py", "", map[string]string{"app.py": flask, "setup.py": "from setuptools import setup\nsetup(name='shop')\n"}, "gunicorn in install_requires of setup.py"},
		{"a pylock.toml", "", map[string]string{"app.py": flask, "requirements.txt": "flask\n", "pylock.toml": pylockOf("flask")}, "a line gunicorn in requirements.txt, and run `uv pip compile --universal requirements.txt -o pylock.toml`"},
		{"a pylock.toml alone", "", map[string]string{"app.py": flask, "pylock.toml": pylockOf("flask")}, "a line gunicorn in the file that pylock.toml is made of, and lock again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys, cfg, facts := described(t, c.config, c.files)
			in := planner.Input{Config: cfg, Facts: facts, Platform: "linux/amd64", BuildPlatform: "linux/amd64"}
			var err error
			if in.Apps, err = project.ReadApps(fsys, project.Layout{Root: facts.Dir}); err != nil {
				t.Fatal(err)
			}
			if in, err = planner.Offline(in); err != nil {
				t.Fatal(err)
			}
			var started []string
			if _, err = planner.New(in); err == nil {
				started, err = planner.StartFiles(in, fsys)
			}
			if err == nil {
				err = planner.CheckFrameworks(in, fsys, started)
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func pylockOf(name string) string {
	return "lock-version = \"1.0\"\ncreated-by = \"uv\"\n[[packages]]\nname = \"" + name + "\"\nversion = \"1\"\n"
}
