package integration

import (
	"strings"
	"testing"
)

// TestStarting builds projects that say nothing of pybuild but its first line,
// runs them and asks them.
func TestStarting(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		path  string
		says  string
		port  string // what PORT is set to
	}{
		"fastapi in a package directory": {map[string]string{
			"requirements.txt": "fastapi==0.165.0\nuvicorn==0.54.0\n", "app/__init__.py": "",
			"app/main.py":   "from fastapi import FastAPI\nfrom app.routes import router\napp = FastAPI()\napp.include_router(router)\n",
			"app/routes.py": "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/')\ndef root(): return {'by': 'fastapi'}\n",
		}, "/", `{"by":"fastapi"}`, ""},
		"fastapi in backend/": {map[string]string{
			"requirements.txt": "fastapi==0.165.0\nuvicorn==0.54.0\n", "backend/app/__init__.py": "", "backend/app/name.py": "NAME = 'below'\n",
			"backend/app/main.py": "from fastapi import FastAPI\nfrom app.name import NAME\napp = FastAPI()\n@app.get('/')\ndef root(): return NAME\n",
		}, "/", `"below"`, ""},
		"flask with a factory": {map[string]string{
			"requirements.txt":   "flask==3.1.3\ngunicorn==27.0.1\n",
			"flaskr/__init__.py": "from flask import Flask\ndef create_app(test_config=None):\n    app = Flask(__name__)\n    app.add_url_rule('/', view_func=lambda: 'made')\n    return app\n",
		}, "/", "made", "9000"},
		"flask on waitress": {map[string]string{
			"requirements.txt": "flask==3.1.3\nwaitress==3.0.2\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n@app.get('/')\ndef root(): return 'calm'\n",
		}, "/", "calm", "9000"},
		"quart on hypercorn": {map[string]string{
			"requirements.txt": "quart==0.23.1\n", "app.py": "from quart import Quart\napp = Quart(__name__)\n@app.get('/')\nasync def root(): return 'async'\n",
		}, "/", "async", "9000"},
		"litestar on granian": {map[string]string{
			"requirements.txt": "litestar==2.25.0\ngranian==2.8.7\n", "app.py": "from litestar import Litestar, get\n@get('/', sync_to_thread=False)\ndef root() -> str: return 'light'\napp = Litestar([root])\n",
		}, "/", "light", "9000"},
		"fasthtml": {map[string]string{
			"requirements.txt": "python-fasthtml==0.14.14\n", "main.py": "from fasthtml.common import *\napp, rt = fast_app(secret_key='x')\n@rt('/')\ndef get(): return P('html')\nserve()\n",
		}, "/", "<p>html</p>", "9000"},
		"aiohttp's own server": {map[string]string{
			"requirements.txt": "aiohttp==3.14.5\n", "main.py": "from aiohttp import web\nasync def root(_): return web.Response(text='own')\napp = web.Application()\napp.router.add_get('/', root)\nif __name__ == '__main__':\n    web.run_app(app)\n",
		}, "/", "own", ""},
		"a Procfile": {map[string]string{
			"requirements.txt": "flask==3.1.3\ngunicorn==27.0.1\n", "Procfile": "web: gunicorn --bind 0.0.0.0:$PORT shop:app\nworker: python -c 'print(\"worked\")'\n",
			"shop.py": "from flask import Flask\napp = Flask(__name__)\nadmin = Flask('admin')\n@app.get('/')\ndef root(): return 'by the file'\n",
		}, "/", "by the file", "9000"},
		"django": {djangoProject(), "/static/shop/hello.txt", "static hello", "9000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frontendImage(t)
			c.files["pybuild.toml"] = "# syntax=org/pybuild\n"
			var flags []string
			if c.port != "" {
				flags = []string{"--env", "PORT=" + c.port}
			}
			run := dockerBuild(t, project(t, c.files)).start(t, append(flags, "--read-only", "--tmpfs", "/tmp")...)
			if status, body := run.get(c.path); status != 200 || !strings.Contains(body, c.says) {
				t.Errorf("GET %s: %d %s, want %s", c.path, status, body, c.says)
			}
			docker(t, "stop", "--timeout", "20", run.id)
			if code := run.inspect("{{.State.ExitCode}}"); code == "137" {
				t.Errorf("SIGTERM did not end it:\n%s", run.logs())
			}
		})
	}
}

// djangoProject is a project as `django-admin startproject` lays it out, with
// static files served by whitenoise.
func djangoProject() map[string]string {
	return map[string]string{
		"requirements.txt":   "django==6.1.3\ngunicorn==27.0.1\nwhitenoise==6.12.0\n",
		"manage.py":          "import os, sys\nif __name__ == '__main__':\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\n    from django.core.management import execute_from_command_line\n    execute_from_command_line(sys.argv)\n",
		"mysite/__init__.py": "", "shop/__init__.py": "",
		"mysite/settings.py": "import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n" +
			"SECRET_KEY = os.environ.get('SECRET_KEY', 'x')\nALLOWED_HOSTS = ['*']\nROOT_URLCONF = 'mysite.urls'\n" +
			"INSTALLED_APPS = ['django.contrib.staticfiles', 'shop']\nMIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware']\n" +
			"WSGI_APPLICATION = 'mysite.wsgi.application'\nSTATIC_URL = '/static/'\nSTATIC_ROOT = BASE_DIR / 'staticfiles'\n" +
			"DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': '/tmp/db.sqlite3'}}\n",
		"mysite/urls.py":             "urlpatterns = []\n",
		"mysite/wsgi.py":             "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\napplication = get_wsgi_application()\n",
		"mysite/asgi.py":             "import os\nfrom django.core.asgi import get_asgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\napplication = get_asgi_application()\n",
		"shop/static/shop/hello.txt": "static hello\n",
	}
}

// TestDjango keeps the build's key out of the image, and migrates only where
// it is told to.
func TestDjango(t *testing.T) {
	t.Parallel()
	frontendImage(t)
	files := djangoProject()
	files["mysite/settings.py"] = strings.Replace(files["mysite/settings.py"], "os.environ.get('SECRET_KEY', 'x')", "os.environ['SECRET_KEY']", 1)
	// Django answers to the names of its settings alone, as startproject's middleware asks.
	files["mysite/settings.py"] = strings.NewReplacer("['*']", "['.shop.example']", "MIDDLEWARE = [", "MIDDLEWARE = ['django.middleware.common.CommonMiddleware', ").
		Replace(files["mysite/settings.py"])
	files["mysite/urls.py"] = "from django.http import HttpResponse\nfrom django.urls import path\nurlpatterns = [path('', lambda request: HttpResponse('the shop'))]\n"
	files["pybuild.toml"] = "# syntax=org/pybuild\n[serve]\nhealthcheck = \"/\"\n"
	dir := project(t, files)
	if img, err := tryDockerBuild(t, dir); err == nil || !strings.Contains(img.log, `env = { SECRET_KEY = "only-to-build" }`) ||
		!strings.Contains(img.log, "collectstatic failed: KeyError: 'SECRET_KEY' [PB522]\n  settings that want a variable") {
		t.Errorf("settings without their key: %v\n%s", err, img.log)
	}
	note(t, dir+"/pybuild.toml", "[build]\nenv = { SECRET_KEY = \"planted-7c1\" }\n")
	img := dockerBuild(t, dir)
	if !img.has(t, "/app/staticfiles/shop/hello.txt") {
		t.Error("the static files are not where the settings say")
	}
	if config := docker(t, "inspect", img.name) + docker(t, "history", "--no-trunc", img.name); strings.Contains(config, "planted-7c1") {
		t.Error("the build's key is in the image")
	}
	c := img.start(t, "--env", "SECRET_KEY=x")
	c.until("healthy state", func() bool { return c.inspect("{{.State.Health.Status}}") == "healthy" })
	if status, body := c.get("/"); status != 400 {
		t.Errorf("GET / of another host: %d %s", status, body)
	}
	note(t, dir+"/pybuild.toml", "[target.kept]\ncommand = [\"sh\", \"-c\", \"exec gunicorn --bind :$PORT mysite.wsgi\"]\nport = 8000\nenv = { PORT = \"8000\" }\n")
	kept := dockerBuild(t, dir, "--target", "kept").start(t, "--env", "SECRET_KEY=x")
	if kept.get("/"); strings.Contains(kept.logs(), "nonexistent") {
		t.Errorf("a command of one's own says\n%s", kept.logs())
	}
	migrate := dockerBuild(t, dir, "--target", "migrate")
	out := docker(t, "run", "--rm", "--env", "SECRET_KEY=x", "--tmpfs", "/tmp", migrate.name)
	if !strings.Contains(out, "No migrations to apply") {
		t.Errorf("the target migrate said %q", out)
	}
}

// TestTaskQueue starts a worker: alone, and beside a web app as a target.
func TestTaskQueue(t *testing.T) {
	t.Parallel()
	frontendImage(t)
	files := map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\n", "requirements.txt": "celery==5.7.0\nflask==3.1.3\ngunicorn==27.0.1\n",
		"shop/__init__.py": "", "shop/tasks.py": "from celery import Celery\napp = Celery('shop', broker='memory://')\n@app.task\ndef f(): pass\n",
	}
	dir := project(t, files)
	dockerBuild(t, dir).start(t).says("ready.")
	files["shop/web.py"] = "from flask import Flask\napp = Flask(__name__)\n"
	dir = project(t, files)
	if status, _ := dockerBuild(t, dir).start(t).get("/"); status != 404 {
		t.Errorf("GET /: %d", status)
	}
	dockerBuild(t, dir, "--target", "worker").start(t).says("ready.")
}

// TestAmbiguity asks which of several, with the lines to write.
func TestAmbiguity(t *testing.T) {
	const two = "from flask import Flask\none = Flask('one')\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"two web apps": {map[string]string{"requirements.txt": "flask==3.1.3\ngunicorn==27.0.1\n", "a.py": two, "b.py": two}, []string{
			"the source has 2 web apps, and nothing says which of them the container serves", `app = "a:one"  # flask, a.py:2`, `app = "b:one"  # flask, b.py:2`,
		}},
		"no server": {map[string]string{"requirements.txt": "flask==3.1.3\n", "a.py": two}, []string{
			"no server for a:one among the packages of requirements.txt", "add one to the dependencies: a line gunicorn in requirements.txt",
		}},
		"nothing":                   {map[string]string{"lib.py": "X = 1\n"}, []string{"nothing says what the container runs"}},
		"several programs":          {map[string]string{"main.py": "print(1)\n", "run.py": "print(1)\n"}, []string{"the project has 2 programs", `script = "main.py"`, `script = "run.py"`}},
		"a broken line of Procfile": {map[string]string{"Procfile": "web gunicorn\n"}, []string{"Procfile:1:1: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.files["pybuild.toml"] = "# syntax=org/pybuild\n"
			tr := build{dir: project(t, c.files)}.run(t)
			for _, want := range c.want {
				if tr.err == nil || !strings.Contains(tr.err.Error(), want) {
					t.Errorf("error %v, want %q", tr.err, want)
				}
			}
		})
	}
}
