package planner_test

import (
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/planner"
)

// TestNotLocked has requirements that pin too little, and the command that locks them,
// which is one that the project's files allow.
func TestNotLocked(t *testing.T) {
	const own, loose = "run `uv pip compile --universal requirements.txt -o pylock.toml`", "pin them: uv pip compile --generate-hashes requirements.in -o requirements.txt"
	for _, c := range []struct {
		name, config, target string
		files                map[string]string
		says, hint, source   string // the warning, and what the target lock is made of
	}{
		{"what floats", "", "", map[string]string{"requirements.txt": "outer\n"}, "requirements.txt does not pin every version", own, "requirements.txt"},
		{"what comes along", "", "", map[string]string{"requirements.txt": "outer==1\n"}, "requirements.txt pins 1 of 2 packages: another builder", own, "requirements.txt"},
		{"all", "", "", map[string]string{"requirements.txt": "outer==1\ninner==1\n"}, "", "", "requirements.txt"},
		{"constraints", "", "", map[string]string{"requirements.txt": "-c constraints.txt\nouter\n", "constraints.txt": "outer==1\ninner==1\n"}, "", "", "requirements.txt"},
		{"a requirements.in", "", "", map[string]string{"requirements.txt": "outer==1\n", "requirements.in": "outer\n"}, "pins 1 of 2", loose, "requirements.in"},
		{"a file that the configuration names", "[build]\ninput = \"requirements.txt\"", "", map[string]string{"requirements.txt": "outer\n"}, "does not pin", "write input = \"pylock.toml\"", "requirements.txt"},
		{"the target that locks", "", "lock", map[string]string{"requirements.txt": "outer\n"}, "", "", "requirements.txt"},
		{"another tool's", "", "lock", map[string]string{"pyproject.toml": "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nouter = \"1\"\n"}, "not locked", "run `poetry lock`", ""},
		{"PDM's", "", "", map[string]string{"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"outer\"]\n[tool.pdm]\ndistribution = false\n"}, "not locked", "run `pdm lock` and commit pdm.lock", "pyproject.toml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, cfg, facts := described(t, c.config, c.files)
			in := planner.Input{Config: cfg, Facts: facts, Target: c.target}
			all := planner.Warnings(in)
			if c.target == "" {
				in.Resolved = &planner.Resolved{Install: []planner.Package{{Name: "inner", Version: "1"}, {Name: "outer", Version: "1"}}}
				all = append(all, planner.Advice(in)...)
			}
			var said []string
			for _, w := range all {
				if w.Rule == "NotLocked" {
					said = append(said, w.Message+"\n"+w.Hint)
				}
			}
			got := strings.Join(said, "\n")
			if c.says == "" && got != "" || len(said) > 1 || !strings.Contains(got, c.says) || !strings.Contains(got, c.hint) {
				t.Errorf("said %q, want %q with %q", got, c.says, c.hint)
			}
			if source := planner.LockSource(facts); source != c.source {
				t.Errorf("a lock is made of %q", source)
			}
		})
	}
}
