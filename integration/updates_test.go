package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/planner"
)

// TestRenovateOfTheProject has the project's own configuration of Renovate find every version that
// stands where Dependabot does not look, and no file without one.
func TestRenovateOfTheProject(t *testing.T) {
	data, err := os.ReadFile("../.github/renovate.json")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		CustomManagers []struct {
			ManagerFilePatterns, MatchStrings []string
			DepNameTemplate                   string
		}
	}
	if err := json.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range config.CustomManagers {
		for _, pattern := range m.ManagerFilePatterns {
			// These are names of single files.
			name := strings.ReplaceAll(strings.Trim(pattern, "/^$"), `\`, "")
			text, err := os.ReadFile(filepath.Join("..", name))
			if err != nil {
				t.Fatal(err)
			}
			match := regexp.MustCompile(m.MatchStrings[0])
			all := match.FindAllStringSubmatch(string(text), -1)
			if len(all) == 0 {
				t.Errorf("%s has no version", name)
			}
			for _, groups := range all {
				dep, value := m.DepNameTemplate, groups[match.SubexpIndex("currentValue")]
				if i := match.SubexpIndex("depName"); i > 0 {
					dep = groups[i]
				}
				found = append(found, name+": "+dep+" "+value)
			}
		}
	}
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	tools := regexp.MustCompile(`(?m)^[A-Z]+ := \S+@v`).FindAllString(string(makefile), -1)
	if n := strings.Count(strings.Join(found, "\n"), "Makefile: "); n != len(tools) || n == 0 {
		t.Errorf("of %d tools of the Makefile %d are found", len(tools), n)
	}
	for _, want := range []string{
		"Makefile: honnef.co/go/tools v0.", "Makefile: github.com/golangci/golangci-lint/v2 v2.", "Makefile: golang.org/x/vuln v1.",
		"frontend/planner/images.go: astral/uv " + planner.DefaultUV, "integration/bed/toolimages.go: astral/uv " + planner.DefaultUV,
		"integration/bed/external.go: registry 2", "integration/bed/external.go: moby/buildkit v0.",
	} {
		if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, want) }) {
			t.Errorf("%s is not among %v", want, found)
		}
	}
}

// TestVerifyRecipe holds how a release is verified by its users against what signs it.
func TestVerifyRecipe(t *testing.T) {
	page, err := os.ReadFile("../docs/supply-chain.md")
	if err != nil {
		t.Fatal(err)
	}
	flow, err := os.ReadFile("../.github/workflows/release.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, recipe, ok := strings.Cut(string(page), "cosign verify ")
	recipe, _, _ = strings.Cut(recipe, "```")
	recipe = strings.ReplaceAll(recipe, "\\\n", " ")
	words := strings.Fields(recipe)
	if !ok || len(words) < 5 {
		t.Fatalf("the page has %q", recipe)
	}
	image, version, ok := strings.Cut(words[0], ":")
	if !ok || !strings.Contains(string(flow), "IMAGE: docker.io/"+image+"\n") || !regexp.MustCompile(`^v\d+\.\d+\.\d+$`).MatchString(version) {
		t.Errorf("%s is not what the workflow publishes", words[0])
	}
	// The workflow signs as itself, at the tag that started it.
	for flag, want := range map[string]string{
		"--certificate-identity":    "https://github.com/pybuild/pybuild/.github/workflows/release.yml@refs/tags/" + version,
		"--certificate-oidc-issuer": "https://token.actions.githubusercontent.com",
	} {
		i := slices.Index(words, flag)
		if i < 0 || i+1 == len(words) || words[i+1] != want {
			t.Errorf("the page does not verify with %s %s: %v", flag, want, words)
		}
		if !strings.Contains(string(flow), flag) {
			t.Errorf("the workflow verifies without %s", flag)
		}
	}
	for _, part := range []string{"SIGNER: ${{ github.server_url }}/${{ github.workflow_ref }}", "--certificate-oidc-issuer https://token.actions.githubusercontent.com", `cosign sign --yes --recursive "$IMAGE@$DIGEST"`} {
		if !strings.Contains(string(flow), part) {
			t.Errorf("the workflow has no %s", part)
		}
	}
}
