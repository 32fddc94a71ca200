package planner_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// django is the plan's input for a Django project of some settings.
func django(t *testing.T, settings, configuration string) planner.Input {
	t.Helper()
	apps, err := project.ReadApps(fstest.MapFS{
		"manage.py":          {Data: []byte("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\n")},
		"mysite/settings.py": {Data: []byte(settings)},
		"mysite/base.py":     {Data: []byte("DEBUG = True\nSECRET_KEY = 'x'\nALLOWED_HOSTS = ['base.example']\n")},
		"mysite/wsgi.py":     {Data: []byte("from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n")},
	}, project.Layout{Root: "."})
	if err != nil {
		t.Fatal(err)
	}
	in := input(t, examples()[0])
	if in.Config, err = config.Parse("pybuild.toml", []byte(configuration)); err != nil {
		t.Fatal(err)
	}
	in.Apps = apps
	return in
}

// TestHiddenKey keeps the secret key of settings out of what is shown of them.
func TestHiddenKey(t *testing.T) {
	for _, settings := range []string{
		"DEBUG = True\nSECRET_KEY = 'django-insecure-planted'\nX = 1\n",
		"SECRET_KEY = (\n    'django-insecure-planted'\n)\nX = 1\n",
		"SECRET_KEY = 'django-' 'insecure-' 'planted'\nX = 1\n",
		"SECRET_KEY = 'django-insecure-planted'\nX = 1\nOTHER = 'django-insecure-planted'\n",
	} {
		d := django(t, settings, "").Apps.Django
		shown := string(d.Hide("mysite/settings.py", []byte(settings)))
		if strings.Contains(shown, "planted") || !strings.Contains(shown, "\nX = 1\n") || strings.Count(shown, "\n") != strings.Count(settings, "\n") {
			t.Errorf("%s\nis shown as\n%s", settings, shown)
		}
	}
}

// TestAllowedHost has the health check ask for a host that Django answers to.
func TestAllowedHost(t *testing.T) {
	const app = "[serve]\napp = \"mysite.wsgi:application\"\n"
	for _, c := range []struct{ settings, config, want string }{
		{"ALLOWED_HOSTS = ['shop.example', 'www.shop.example']", app, "8000 [] shop.example"},
		{"ALLOWED_HOSTS = ['.shop.example']", app + "healthcheck = \"/\"", "8000 / shop.example"},
		{"ALLOWED_HOSTS = ['*.bad', 'ok.example']", app, "8000 [] ok.example"},
		{"ALLOWED_HOSTS = ['shop.example', '127.0.0.1']", app, "8000"},
		{"ALLOWED_HOSTS = ['*']", app + "healthcheck = \"/health\"", "8000 /health"},
		{"ALLOWED_HOSTS = []", app, "8000"},
		{"import os\nALLOWED_HOSTS = os.environ.get('HOSTS', 'shop.example').split(',')", app, "8000"},
		{"import os\nALLOWED_HOSTS = ['shop.example', os.environ['HOST']]", app, "8000"},
		{"ALLOWED_HOSTS = ['shop.example']\nif x:\n    ALLOWED_HOSTS = ['other.example']", app, "8000"},
		{"ALLOWED_HOSTS = ['shop.example']\nALLOWED_HOSTS += more()", app, "8000"},
		{"from .base import *", app, "8000 [] base.example"},
		{"from .base import *\nALLOWED_HOSTS = ['prod.example']", app, "8000 [] prod.example"},
		{"ALLOWED_HOSTS = ['shop.example']", app + "healthcheck = { host = \"other.example\" }", "8000 [] other.example"},
		{"ALLOWED_HOSTS = ['shop.example']", app + "[runtime.env]\nDJANGO_SETTINGS_MODULE = \"mysite.prod\"", "8000"},
		{"ALLOWED_HOSTS = ['shop.example']", "[serve]\ncommand = [\"sh\", \"run.sh\"]\nhealthcheck = \"/up\"", "8000 /up shop.example"},
	} {
		p, err := planner.New(django(t, c.settings, c.config))
		if err != nil {
			t.Fatal(err)
		}
		words := slices.Clone(p.Config.Healthcheck.Command[3:])
		for i, word := range words {
			if word == "" {
				words[i] = "[]"
			}
		}
		if got := strings.Join(words, " "); got != c.want {
			t.Errorf("%s\n%s\nasks %q, want %q", c.settings, c.config, got, c.want)
		}
	}
}

// TestOpenDjango warns of what startproject writes for a developer's machine.
func TestOpenDjango(t *testing.T) {
	const static = "INSTALLED_APPS = ['django.contrib.staticfiles']\n"
	for _, c := range []struct{ settings, config, want string }{
		{"SECRET_KEY = 'django-insecure-x'\nDEBUG = True\nALLOWED_HOSTS = []\n" + static, "", "DebugServer:2 SecretInSettings:1 UnservedStatic:4"},
		{"import os\nSECRET_KEY = os.environ['SECRET_KEY']\nDEBUG = os.environ.get('DEBUG') == '1'\n" + static + "STATIC_ROOT = 'static'\n", "", ""},
		{"DEBUG = False\nif x:\n    DEBUG = True\n", "", ""},
		{"DEBUG = True\nif x:\n    DEBUG = False\n", "", ""},
		{"from .base import *\nDEBUG = False\nSECRET_KEY = read()\n", "", ""},
		{"from .base import *\n", "", "DebugServer:1 SecretInSettings:2"},
		{static + "MIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware']\n", "", ""},
		{static + "STORAGES = {}\n", "", ""},
		{static, "[build]\ncollectstatic = false\n", ""},
		{"DEBUG = True\n", "[runtime.env]\nDJANGO_SETTINGS_MODULE = \"mysite.prod\"\n", ""},
	} {
		var got []string
		for _, w := range planner.Warnings(django(t, c.settings, c.config)) {
			if slices.Contains([]string{"DebugServer", "SecretInSettings", "UnservedStatic"}, w.Rule) {
				_, place, _ := strings.Cut(w.At.String(), ":")
				line, _, _ := strings.Cut(place, ":")
				got = append(got, w.Rule+":"+line)
			}
		}
		if said := strings.Join(got, " "); said != c.want {
			t.Errorf("%s\n%s\nwarned of %q, want %q", c.settings, c.config, said, c.want)
		}
	}
}

// TestStaticSecrets has the step that runs the app, with all that it imports, see the secrets
// that settings may want, and no login.
func TestStaticSecrets(t *testing.T) {
	in := django(t, "STATIC_ROOT = 'static'\nINSTALLED_APPS = ['django.contrib.staticfiles']\n",
		"[build]\nsecrets = [\"SECRET_KEY\", \"netrc\", \"UV_INDEX_CORP_PASSWORD\", \"GIT_AUTH_TOKEN\", { id = \"login\", env = \"PIP_INDEX_URL\" }]\nssh = true\n[serve]\napp = \"mysite.wsgi:application\"\n")
	in.Resolved.Install = append(in.Resolved.Install, planner.Package{Name: "django", Version: "5.0"})
	p, err := planner.New(in)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Step("static")
	if s == nil {
		t.Fatal("nothing is collected")
	}
	var seen []string
	for _, m := range s.Mounts {
		if m.Kind != plan.Bind {
			seen = append(seen, m.ID)
		}
	}
	if !slices.Equal(seen, []string{"SECRET_KEY"}) || !s.Offline {
		t.Errorf("the step sees %q, and has no network: %v", seen, s.Offline)
	}
}
