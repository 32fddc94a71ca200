package planner_test

import (
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

// TestOffline knows what a manifest asks for without a lock: its groups and extras where the
// configuration names them, and Poetry's tables.
func TestOffline(t *testing.T) {
	for name, c := range map[string]struct {
		manifest, config string
		has, hasNot      []string
	}{
		"groups and extras": {
			"[project]\nname = \"p\"\nversion = \"1\"\ndependencies = [\"Flask\"]\n[project.optional-dependencies]\npg = [\"psycopg\"]\n" +
				"[dependency-groups]\nprod = [\"gunicorn\"]\nother = [\"uvicorn\"]\n",
			"[build]\ngroups = [\"prod\"]\nextras = [\"pg\"]\n", []string{"flask", "gunicorn", "psycopg"}, []string{"uvicorn"},
		},
		"poetry": {
			"[tool.poetry]\nname = \"p\"\nversion = \"1\"\n[tool.poetry.dependencies]\npython = \"^3.12\"\nFlask = \"*\"\n", "", []string{"flask"}, []string{"python"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := config.Parse("pybuild.toml", []byte(c.config))
			if err != nil {
				t.Fatal(err)
			}
			facts, err := project.Read(fstest.MapFS{"pyproject.toml": {Data: []byte(c.manifest)}}, planner.Choice(cfg))
			if err != nil {
				t.Fatal(err)
			}
			in, err := planner.Offline(planner.Input{Config: cfg, Facts: facts, Platform: "linux/amd64", BuildPlatform: "linux/amd64"})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range c.has {
				if !in.Resolved.Has(name) {
					t.Errorf("no %s", name)
				}
			}
			for _, name := range c.hasNot {
				if in.Resolved.Has(name) {
					t.Errorf("%s is there", name)
				}
			}
		})
	}
}
