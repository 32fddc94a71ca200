package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// groovy looks for what is no Groovy in a file.
const groovy = `import sys, tree_sitter, tree_sitter_groovy
tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language())).parse(open(sys.argv[1], "rb").read())
sys.exit(str(tree.root_node) if tree.root_node.has_error else 0)
`

// TestSchemas checks the files of docs/ci.md and docs/scaling.md, and those of this repository, against
// the schemas that their services publish.
func TestSchemas(t *testing.T) {
	dir := os.Getenv("PYBUILD_CHECKERS")
	if dir == "" {
		t.Skip("the schemas are not here: run `make lint`")
	}
	bin := func(name string) string { return filepath.Join("..", dir, "bin", name) }
	schema := func(name string) []string {
		return []string{bin("check-jsonschema"), "--builtin-schema", "vendor." + name}
	}
	kubernetes := []string{bin("kubernetes-validate"), "--strict", "--quiet"}
	all := map[string]map[string]section{"ci": sections(t, "ci.md"), "scaling": sections(t, "scaling.md")}
	compose := map[string]string{}
	for _, name := range []string{"compose.yaml", "compose.override.yaml"} {
		data, err := os.ReadFile(filepath.Join("../examples/compose", name))
		if err != nil {
			t.Fatal(err)
		}
		compose[name] = string(data)
	}
	dependabot, err := os.ReadFile("../.github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile("../.github/renovate.json")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/supply-chain.md")
	if err != nil {
		t.Fatal(err)
	}
	_, renovate, _ := strings.Cut(string(page), "```json\n")
	renovate, _, _ = strings.Cut(renovate, "```")
	for _, c := range []struct {
		text  string
		check []string
		wrong string // what is no such file
	}{
		{all["ci"]["GitHub Actions"].files[".github/workflows/image.yml"], schema("github-workflows"), "on: push\njobs: 3\n"},
		{all["ci"]["Tests"].files[".gitlab-ci.yml"], schema("gitlab-ci"), "a: { artifacts: { reports: { junit: 3 } } }\n"},
		{all["ci"]["Tests"].files["Jenkinsfile"], []string{bin("python"), "-c", groovy}, "pipeline { stages {\n"},
		{all["ci"]["GitLab CI"].files[".gitlab-ci.yml"], schema("gitlab-ci"), "a: { script: { b: c } }\n"},
		{all["ci"]["Buildkite"].files[".buildkite/pipeline.yml"], schema("buildkite"), "steps: 3\n"},
		{all["ci"]["Jenkins"].files["Jenkinsfile"], []string{bin("python"), "-c", groovy}, "pipeline { stages {\n"},
		{all["scaling"]["Hosted builders"].files[".github/workflows/cloud.yml"], schema("github-workflows"), "on: push\njobs: 3\n"},
		{all["scaling"]["Hosted builders"].files[".github/workflows/depot.yml"], schema("github-workflows"), "on: push\njobs: 3\n"},
		{all["scaling"]["One builder of many machines"].files["compose.yaml"], schema("compose-spec"), "services: { web: { prots: [80] } }\n"},
		{all["scaling"]["Kubernetes"].files["kubernetes.yaml"], kubernetes, "apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { prots: [] }\n"},
		{compose["compose.yaml"], schema("compose-spec"), "services: { web: { prots: [80] } }\n"},
		{compose["compose.override.yaml"], schema("compose-spec"), "services: { web: { develop: { watch: [{ path: a }] } } }\n"},
		{string(dependabot), schema("dependabot"), "version: 3\n"},
		{string(own), schema("renovate"), `{"enabledManagers": "custom.regex"}`},
		{renovate, schema("renovate"), `{"packageRules": [{"matchFileNames": "pybuild.lock", "enabled": "no"}]}`},
	} {
		if out, err := checked(t, c.check, c.text); err != nil {
			t.Errorf("%v: %v\n%s", c.check, err, out)
		}
		if out, err := checked(t, c.check, c.wrong); err == nil {
			t.Errorf("%v takes %q: %s", c.check, c.wrong, out)
		}
	}
}

func checked(t *testing.T, check []string, text string) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.yaml")
	write(t, path, text)
	out, err := exec.Command(check[0], append(check[1:], path)...).CombinedOutput() //nolint:gosec // what this test names
	return string(out), err
}
