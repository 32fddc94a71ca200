package main

import (
	"strings"
	"testing"
)

// TestSnippetRules makes sure that wrong snippets are noticed.
func TestSnippetRules(t *testing.T) {
	config := snippet{kind: "toml", file: "pybuild.toml", text: "# syntax=org/pybuild\npython = \"3.13\"\n[serve]\nscript = \"main.py\"\n[target.worker]\ncommand = [\"true\"]\n"}
	for _, c := range []struct{ kind, file, text, says string }{
		{"toml", "", "[serve]\nprot = 1\n", "unknown key"},
		{"toml", "", "[project]\nname = \"x\"\n[tool.pybuild]\nprot = 1\n", "unknown key"},
		{"toml", "other.toml", "# syntax=org/pybuild\n[serve]\napp = \"main:app\"\n", "main.py defines no app"},
		{"python", "a.py", "def f(:\n", "SyntaxError"},
		{"json", "", "{", "JSON"},
		{"yaml", "", "a: [", "yaml"},
		{"hcl", "x.hcl", "a {", "block"},
		{"dockerfile", "", "FORM scratch\n", "FORM"},
		{"rust", "", "fn main() {}\n", "no rule tests snippets"},
		{"sh", "", "if true\n", "if"},
		{"sh", "", "podman build .\n", "no rule tests this command"},
		{"sh", "", "cosign dance\n", "no rule tests this command"},
		{"sh", "a.sh", "dance\n", ""},
		{"sh", "a.sh", "if true\n", "if"},
		{"sh", "", "docker build -f nowhere.toml .\n", "shows no nowhere.toml"},
		{"sh", "", "docker build -f pybuild.toml --fast .\n", "no flag --fast"},
		{"sh", "", "docker build -f pybuild.toml --target wroker .\n", "no target"},
		{"sh", "", "docker build -f pybuild.toml --call=dance .\n", "nothing answers"},
		{"sh", "", "docker build -f pybuild.toml --target worker -t shop . && docker run --rm shop\n", ""},
		{"sh", "", "docker run --rm nobody\n", "builds no image"},
		{"sh", "", "docker run --rm -v \"$PWD:/src\" org/pybuild dance\n", "no command"},
		{"sh", "", "make dance\n", "no target dance"},
		{"sh", "", "go run ./integration/bench -dance x\n", "no flag -dance"},
		{"sh", "", "go run ./dance\n", "no program"},
		{"sh", "", "docker buildx bake\n", "shows no docker-bake.hcl"},
	} {
		s := snippet{at: "page:1", kind: c.kind, file: c.file, text: c.text}
		p := lay(t, group{"page", []snippet{config, s}})
		switch err := p.judge(s); {
		case c.says == "" && err != nil:
			t.Errorf("%q: %v", c.text, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%q: %v, want %s", c.text, err, c.says)
		}
	}
}
