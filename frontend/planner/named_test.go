package planner_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend"
	"github.com/pybuild/pybuild/frontend/planner"
)

// TestNamed looks in the source for what the configuration names.
func TestNamed(t *testing.T) {
	const (
		plain      = "[project]\nname = \"shop\"\nversion = \"1\"\n"
		scripts    = plain + "[project.scripts]\nshop-serve = \"shop:main\"\n"
		packaged   = "[build-system]\nrequires = []\nbuild-backend = \"backend\"\n"
		setuptools = "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n"
	)
	for _, c := range []struct {
		name, config string
		files        map[string]string
		root, want   string // what is on sys.path, and the error
	}{
		{"an app", "[serve]\napp = \"app.main:app\"", map[string]string{"app/main.py": "app = 1\n"}, "", ""},
		{"an app below src", "[serve]\napp = \"app.main:app\"", map[string]string{"src/app/main.py": "app = 1\n"}, "src", ""},
		{"an app of a package", "[serve]\napp = \"shop:app\"", map[string]string{"pyproject.toml": plain + packaged, "src/shop/__init__.py": "from .x import *\n"}, "", ""},
		{"a mistyped module", "[serve]\napp = \"app.mian:app\"", map[string]string{"app/main.py": ""}, "",
			"pybuild.toml:2:7: the source has no module app.mian [PB310]\n  did you mean app = \"app.main:app\"?"},
		{"an app elsewhere", "[serve]\napp = \"main:app\"", map[string]string{"backend/main.py": ""}, "", "did you mean app = \"backend.main:app\"?\n  what an installed package has"},
		{"another attribute", "[serve]\napp = \"main:ap\"", map[string]string{"main.py": "app = 1\n"}, "", "pybuild.toml:2:7: main.py defines no ap [PB310]\n  did you mean app = \"main:app\"?"},
		{"the app of a module", "[serve]\napp = \"main:application\"", map[string]string{"main.py": "from fastapi import FastAPI\n\napp = FastAPI()\napplications = []\n"}, "", "main.py defines no application [PB310]\n  did you mean app = \"main:app\"?"},
		{"a file for a module", "[serve]\napp = \"main.py:app\"", map[string]string{"main.py": "app = 1\n"}, "", "the source has no module main.py [PB310]\n  did you mean app = \"main:app\"?"},
		{"a factory", "[serve]\napp = \"main:make()\"", map[string]string{"main.py": "def create():\n    pass\n"}, "", "main.py defines no make [PB310]\n  it defines create()"},
		{"an attribute by a star", "[serve]\napp = \"main:ap\"", map[string]string{"main.py": "from other import *\n"}, "", ""},
		{"an attribute by magic", "[serve]\napp = \"main:ap\"", map[string]string{"main.py": "def __getattr__(name):\n    pass\n"}, "", ""},
		{"a submodule", "[serve]\napp = \"shop:api.app\"", map[string]string{"shop/__init__.py": "", "shop/api.py": ""}, "", ""},
		{"what a backend makes", "[serve]\nmodule = \"made\"", map[string]string{"pyproject.toml": plain + packaged, "src/shop/__init__.py": ""}, "", ""},
		{"a package from elsewhere", "[serve]\napp = \"shop.main:app\"", map[string]string{"pyproject.toml": plain + setuptools, "lib/shop/main.py": ""}, "", ""},
		{"a mistyped package", "[serve]\napp = \"shp.main:app\"", map[string]string{"pyproject.toml": plain + setuptools, "src/shop/main.py": ""}, "", "the source has no module shp [PB310]\n  did you mean app = \"shop.main:app\"?"},
		{"a dependency's app", "[serve]\napp = \"superset.app:create_app()\"", map[string]string{"main.py": "", "requirements.txt": "apache-superset\n"}, "", ""},
		{"an image of a dependency", "[serve]\napp = \"shop.main:app\"", map[string]string{"requirements.txt": "corp-web\n"}, "", ""},
		{"a compiled module", "[serve]\napp = \"fast:app\"", map[string]string{"fast.pyx": ""}, "", ""},
		{"a module", "[serve]\nmodule = \"worker\"", map[string]string{"worker.py": ""}, "", ""},
		{"a module of a directory on PYTHONPATH", "[runtime]\nenv = { PYTHONPATH = \"/app/lib\" }\n[serve]\nmodule = \"worker\"", map[string]string{"lib/worker.py": ""}, "", ""},
		{"no module of a directory on PYTHONPATH", "[runtime]\nenv = { PYTHONPATH = \"/app/lib\" }\n[serve]\nmodule = \"wroker\"", map[string]string{"lib/worker.py": ""}, "", "the source has no module wroker [PB310]"},
		{"a module of who knows where", "[runtime]\nenv = { PYTHONPATH = \"/opt/lib\" }\n[serve]\nmodule = \"tool\"", map[string]string{"worker.py": ""}, "", ""},
		{"Python's own", "[serve]\nmodule = \"http.server\"", map[string]string{"main.py": ""}, "", ""},
		{"no module", "[serve]\nmodule = \"wroker\"", map[string]string{"worker.py": ""}, "", "pybuild.toml:2:10: the source has no module wroker [PB310]\n  did you mean module = \"worker\"?"},
		{"a package without a main", "[serve]\nmodule = \"shop\"", map[string]string{"shop/__init__.py": ""}, "", "it has no __main__.py [PB310]"},
		{"a program", "[serve]\nmodule = \"shop\"", map[string]string{"shop/__init__.py": "", "shop/__main__.py": ""}, "", ""},
		{"a script", "[serve]\nscript = \"bin/run.py\"", map[string]string{"bin/run.py": ""}, "", ""},
		{"another case", "[serve]\nscript = \"Main.py\"", map[string]string{"main.py": ""}, "", "pybuild.toml:2:10: the source has no file Main.py [PB310]\n  did you mean \"main.py\"?"},
		{"a script elsewhere", "[serve]\nscript = \"run.py\"", map[string]string{"bin/run.py": ""}, "", "did you mean \"bin/run.py\"?"},
		{"a script that is ignored", "[serve]\nscript = \"run.py\"", map[string]string{"run.py": "", ".dockerignore": "*\n!app\n"}, "",
			"run.py is in the build context, and include, exclude or .dockerignore leaves it out [PB310]"},
		{"a module that is ignored", "[serve]\napp = \"app.main:app\"", map[string]string{"app/main.py": "", "other.py": "", ".dockerignore": "app\n"}, "", "app.main is in the build context, and include, exclude or .dockerignore leaves it out"},
		{"a script of a package", "[serve]\nscript = \"run.py\"", map[string]string{"pyproject.toml": scripts + packaged, "run.py": ""}, "",
			"run.py is not in the image: the project is installed, and its files are not copied [PB310]\n  take it in with include = [\"run.py\"] in [runtime], or start what is installed: script = \"shop-serve\""},
		{"a script of what has no manifest", "[build]\nproject = \"install\"\n[serve]\nscript = \"run.py\"", map[string]string{"run.py": ""}, "",
			"run.py is not in the image: the project is installed, and its files are not copied [PB310]\n  take it in with include = [\"run.py\"] in [runtime]"},
		{"a command's file", "[serve]\ncommand = [\"python\", \"mian.py\"]", map[string]string{"main.py": ""}, "", "pybuild.toml:2:11: the source has no file mian.py [PB310]\n  did you mean \"main.py\"?"},
		{"a command", "[serve]\ncommand = [\"uvicorn\", \"nope:app\"]", map[string]string{"main.py": ""}, "", ""},
		{"an entry point", "[serve]\nscript = \"shop-serve\"", map[string]string{"pyproject.toml": scripts + packaged}, "", ""},
		{"a mistyped entry point", "[serve]\nscript = \"shop-server\"", map[string]string{"pyproject.toml": scripts + packaged}, "", "[project.scripts] has no shop-server [PB310]\n  did you mean \"shop-serve\"?"},
		{"an entry point that is not installed", "[serve]\nscript = \"shop-serve\"", map[string]string{"pyproject.toml": scripts}, "", "and the project is not installed [PB310]\n  write project = \"install\""},
		{"a dependency's command", "[serve]\nscript = \"celery\"", map[string]string{"requirements.txt": "celery\n"}, "", ""},
		{"nobody's command", "[serve]\nscript = \"celery\"", map[string]string{"main.py": ""}, "", "nothing is installed that could bring the command celery [PB310]"},
		{"includes", "[runtime]\ninclude = [\"app\", \"*.ini\", \"static/**/*.css\"]", map[string]string{"app/x.py": "", "a.ini": "", "static/a/b/c.css": ""}, "", ""},
		{"no include", "[runtime]\ninclude = [\"app\", \"migratoins\"]", map[string]string{"app/x.py": "", "migrations/1.py": ""}, "",
			"pybuild.toml:2:19: include: no file of the build context matches migratoins [PB113]\n  did you mean \"migrations\"?"},
		{"no pattern", "[runtime]\ninclude = [\"static/*.css\"]", map[string]string{"static/a.js": ""}, "", "no file of the build context matches static/*.css"},
		{"an include that is ignored", "[runtime]\ninclude = [\".env\"]", map[string]string{".env": ""}, "", ".env is in the build context, and exclude, .dockerignore or pybuild itself leaves it out [PB113]"},
		{"no certificate", "[runtime]\nca = \"certs/corp.pem\"", map[string]string{"certs/crop.pem": ""}, "", "pybuild.toml:2:6: the certificate certs/corp.pem is not in the build context [PB113]\n  did you mean ca = \"certs/crop.pem\"?"},
		{"a certificate that the app goes without", "[runtime]\nca = \"corp.pem\"", map[string]string{"corp.pem": "", ".dockerignore": "*.pem\n"}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys, cfg, facts := described(t, c.config, c.files)
			ignored, _ := fs.ReadFile(fsys, ".dockerignore")
			tree, err := frontend.Tree(fsys, cfg, facts, strings.Fields(string(ignored)))
			if err != nil {
				t.Fatal(err)
			}
			root, err := planner.CheckNamed(planner.Input{Config: cfg, Facts: facts}, tree)
			if root != c.root {
				t.Errorf("on sys.path is %q, want %q", root, c.root)
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
