package project_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

// TestUnknownSelection points at the groups and extras that the configuration names and the
// project does not have.
func TestUnknownSelection(t *testing.T) {
	const manifest = "[project]\nname = \"shop\"\nversion = \"1\"\n[project.optional-dependencies]\npg = [\"psycopg\"]\n[dependency-groups]\nprod = [\"sentry-sdk\"]\n"
	const lock = "version = 1\nrequires-python = \">=3.12\"\n[[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\n"
	for _, c := range []struct {
		config, target string
		files          map[string]string
		want           string
	}{
		{"[build]\ngroups = [\"prod\", \"prd\"]\n", "", map[string]string{"pyproject.toml": manifest},
			"pybuild.toml:2:19: there is no group \"prd\" [PB110]\n  did you mean \"prod\"?\n  groups are: prod"},
		{"[build]\nextras = [\"PG\", \"postgres\"]\n", "", map[string]string{"pyproject.toml": manifest}, "pybuild.toml:2:17: there is no extra \"postgres\" [PB110]\n  extras are: pg"},
		{"[build]\nextras = [\"x\"]\n", "", map[string]string{"pyproject.toml": strings.Replace(manifest, "[project.o", "dynamic = [\"optional-dependencies\"]\n[other.o", 1)}, ""},
		{"[build]\ngroups = [\"nope\"]\n", "", map[string]string{"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n", "uv.lock": lock},
			"pybuild.toml:2:11: there is no group \"nope\" [PB110]\n  there are no groups"},
		{"[target.worker]\ncommand = [\"a\"]\ngroups = [\"prd\"]\n", "worker", map[string]string{"pyproject.toml": manifest}, "pybuild.toml:3:11: there is no group \"prd\""},
		{"[target.worker]\ncommand = [\"a\"]\ngroups = [\"prd\"]\n", "", map[string]string{"pyproject.toml": manifest}, ""},
		{"[build]\nextras = [\"pg\"]\n", "", map[string]string{"requirements.txt": "flask\n"}, "pybuild.toml:2:11: there is no extra \"pg\", since requirements.txt has none [PB110]"},
		{"[build]\nextras = [\"pg\"]\n", "", map[string]string{"setup.py": ""}, ""},
	} {
		cfg, err := config.Parse("pybuild.toml", []byte(c.config))
		if err != nil {
			t.Fatal(err)
		}
		fsys := fstest.MapFS{}
		for name, text := range c.files {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		_, err = project.Read(fsys, planner.Choice(cfg.For(c.target)))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %s", c.config, err, c.want)
		}
	}
}
