package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
)

// TestRules has an example of every rule that the configuration can break, and one
// beside it that does not.
func TestRules(t *testing.T) {
	for _, c := range []struct{ rule, broken, kept string }{
		{"RootUser", "[runtime]\nuser = \"root\"", "[runtime]\nuser = \"rooty\""},
		{"RootUser", "[runtime]\nuid = 0", "[runtime]\nuid = 1"},
		{"UnpinnedBase", "base = \"corp/python\"", "base = \"corp/python:3.13\""},
		{"UnpinnedBase", "base = \"corp/python:latest\"", "base = \"corp/python@sha256:" + strings.Repeat("a", 64) + "\""},
		{"NoHealthcheck", "[serve]\napp = \"a:b\"\nhealthcheck = false", "[serve]\nmodule = \"a\"\nhealthcheck = false"},
		{"DebugServer", "[serve]\ncommand = [\"python\", \"manage.py\", \"runserver\"]", "[serve]\ncommand = [\"python\", \"manage.py\", \"migrate\"]"},
		{"UnpinnedBase", "base = \"corp/python:3.13\"\n[build]\nbase = \"corp/builder\"", "base = \"corp/python:3.13\"\n[build]\nbase = \"corp/builder:1\""},
		{"NoHealthcheck", "[serve]\ncommand = [\"uvicorn\", \"a:b\"]", "[serve]\ncommand = [\"uvicorn\", \"a:b\"]\nhealthcheck = \"/health\""},
		{"NoHealthcheck", "[serve]\ncommand = [\"gunicorn\", \"a:b\"]", "[serve]\ncommand = [\"celery\", \"worker\"]"},
		{"NoHealthcheck", "[serve]\ncommand = [\"gunicorn\", \"a:b\"]", "[serve]\ncommand = [\"gunicorn\", \"a:b\"]\nhealthcheck = false"},
		{"DebugServer", "[serve]\nmodule = \"flask\"\nargs = [\"run\"]", "[serve]\nmodule = \"flask\"\nargs = [\"routes\"]"},
		{"DebugServer", "[serve]\napp = \"a:b\"\n[runtime.env]\nFLASK_DEBUG = \"1\"", "[serve]\napp = \"a:b\"\n[runtime.env]\nFLASK_DEBUG = \"0\""},
		{"DebugServer", "[serve]\ncommand = [\"uvicorn\", \"a:b\", \"--reload\"]", "[serve]\ncommand = [\"uvicorn\", \"a:b\"]"},
		{"SecretInEnv", "[runtime]\nenv = { DB_PASSWORD = \"x\" }", "[runtime]\nenv = { DB_PASSWORD_FILE = \"/run/x\" }"},
		{"SecretInEnv", "[build]\nargs = { API_KEY = \"\" }", "[build]\nargs = { KEYS = \"\" }"},
		{"SecretFile", "[runtime]\ninclude = [\"src\", \"conf/.env\"]", "[runtime]\ninclude = [\"src/env\"]"},
		{"SecretFile", "[runtime]\ninclude = [\".streamlit/secrets.toml\"]", "[runtime]\ninclude = [\".env.example\"]"},
		{"UncacheableInclude", "[runtime]\ninclude = [\"src\", \"db.sqlite3\"]", "[runtime]\ninclude = [\"src\", \"db\"]"},
		{"UncacheableInclude", "[runtime]\ninclude = [\"**/*.log\"]", "[runtime]\ninclude = [\"logging\"]"},
		{"UncacheableInclude", "[runtime]\ninclude = [\"src/node_modules/**\"]", "[runtime]\ninclude = [\"src/**\"]"},
	} {
		for text, want := range map[string]bool{c.broken: true, c.kept: false} {
			cfg, err := config.Parse("pybuild.toml", []byte(text))
			if err != nil {
				t.Fatalf("%s\n%v", text, err)
			}
			in := input(t, examples()[0])
			in.Config = cfg
			warnings := planner.Warnings(in)
			i := slices.IndexFunc(warnings, func(w diag.Warning) bool { return w.Rule == c.rule })
			if (i >= 0) != want {
				t.Errorf("%s of\n%s\nwarned: %v", c.rule, text, i >= 0)
			}
			if i >= 0 && (warnings[i].At.IsZero() || warnings[i].Hint == "") {
				t.Errorf("%s says neither where nor what to do: %+v", c.rule, warnings[i])
			}
		}
	}
}
