package project

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const someDigest = "sha256:5f1e8b2c7d3a4960b1c2d3e4f5a60718293a4b5c6d7e8f9012a3b4c5d6e7f809"

func TestPins(t *testing.T) {
	other := strings.Replace(someDigest, "5f", "6f", 1)
	first := WritePins(nil, map[string]string{"python:3.13-slim": someDigest, "astral/uv:0.13.9": someDigest}, map[string]string{"org/pybuild": someDigest}, "pybuild.toml")
	pins, err := ParsePins([]byte(first))
	if err != nil {
		t.Fatal(err)
	}
	if pins.Digest("python:3.13-slim") != someDigest || pins.Digest("python:3.12-slim") != "" || (*Pins)(nil).Digest("x") != "" {
		t.Errorf("the pins are %v", pins.Images)
	}
	if !strings.Contains(first, "# renovate: datasource=docker depName=astral/uv\n\"astral/uv:0.13.9\" = \""+someDigest+"\"\n") {
		t.Errorf("the file is\n%s", first)
	}
	if diff := cmp.Diff(first, WritePins(pins, nil, nil, "pybuild.toml")); diff != "" {
		t.Errorf("a file that is written again (-first +second):\n%s", diff)
	}
	for file, want := range map[string]string{"pybuild.toml": "--output . -f pybuild.toml .\n", "Dockerfile": "--output . .\n"} {
		if line, _, _ := strings.Cut(WritePins(pins, nil, nil, file), "Commit"); !strings.Contains(line, want) {
			t.Errorf("by %s it begins with %s", file, line)
		}
	}
	// Another configuration's image is kept.
	second, err := ParsePins([]byte(WritePins(pins, map[string]string{"python:3.12-slim": other}, nil, "pybuild.toml")))
	if err != nil || second.Digest("python:3.13-slim") != someDigest || second.Digest("python:3.12-slim") != other {
		t.Errorf("the second file has %v, %v", second, err)
	}
	for upgrade, kept := range map[string]int{"": 2, "all": 0, "flask": 2, "python": 1, "python:3.13-slim, astral/uv": 0} {
		got := pins.Without(upgrade)
		if n := map[bool]int{true: 0}[got == nil]; got != nil && len(got.Images) != kept || got == nil && n != kept {
			t.Errorf("UPGRADE=%s keeps %v", upgrade, got)
		}
	}
	for text, want := range map[string]string{
		"version = 2\n": "pybuild.lock:1:11: pybuild.lock has the version 2",
		"version = 1\n[images]\n\"UPPER\" = \"" + someDigest + "\"\n": "pybuild.lock:3:1: \"UPPER\" is not the reference of an image [PB602]",
		"version = 1\n[images]\npython = \"sha256:abc\"\n":            "pybuild.lock:3:10: \"sha256:abc\" is not a digest",
	} {
		if _, err := ParsePins([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// recipe is the configuration of Renovate that docs/supply-chain.md has.
type recipe struct {
	CustomManagers []struct{ ManagerFilePatterns, MatchStrings []string }
	PackageRules   []struct {
		MatchFileNames, MatchUpdateTypes []string
		Enabled                          *bool
	}
}

func renovate(t *testing.T) recipe {
	t.Helper()
	page, err := os.ReadFile("../../docs/supply-chain.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "```json\n")
	text, _, _ = strings.Cut(text, "```")
	var config recipe
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		t.Fatal(err)
	}
	return config
}

// find is what a manager extracts from a file.
func (r recipe) find(manager int, text string) [][]string {
	var all [][]string
	// Renovate's engine of regular expressions is the one that Go has, and names groups alike.
	for _, m := range regexp.MustCompile(r.CustomManagers[manager].MatchStrings[0]).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1:])
	}
	return all
}

// TestRenovate holds the documented patterns against what is written: a line for each image,
// and a first line with and without a digest.
func TestRenovate(t *testing.T) {
	config := renovate(t)
	written := WritePins(nil, map[string]string{"python:3.13-slim": someDigest, "127.0.0.1:5000/astral/uv:0.13.9": someDigest, "registry.example:5000/bare": someDigest}, map[string]string{"org/pybuild:v1": someDigest}, "pybuild.toml")
	want := [][]string{
		{"127.0.0.1:5000/astral/uv", "0.13.9", someDigest}, {"python", "3.13-slim", someDigest}, {"registry.example:5000/bare", "", someDigest}, {"org/pybuild", "v1", someDigest},
	}
	if diff := cmp.Diff(want, config.find(0, written)); diff != "" {
		t.Errorf("in pybuild.lock (-want +found):\n%s", diff)
	}
	for line, want := range map[string][]string{
		"# syntax=org/pybuild": {"org/pybuild", "", ""}, "# syntax=org/pybuild:v1": {"org/pybuild", "v1", ""},
		"#syntax = org/pybuild:v1@" + someDigest:                            {"org/pybuild", "v1", someDigest},
		"# syntax=registry.example:5000/org/pybuild:v1@" + someDigest:       {"registry.example:5000/org/pybuild", "v1", someDigest},
		"# check=error=true\n# syntax=org/pybuild@" + someDigest + "\r":     {"org/pybuild", "", someDigest},
		"# syntax=org/pybuild:v1\n[project]\nname = \"x\" # syntax=no:v1\n": {"org/pybuild", "v1", ""},
	} {
		if diff := cmp.Diff([][]string{want}, config.find(1, line+"\npython = \"3.13\"\n")); diff != "" {
			t.Errorf("%s (-want +found):\n%s", line, diff)
		}
	}
	for path, want := range map[string]int{
		"pybuild.lock": 0, "services/a/pybuild.lock": 0, "uv.lock": -1, "notpybuild.lock": -1,
		"pybuild.toml": 1, "services/a/pybuild.api.toml": 1, "pyproject.toml": 1, "services/a/pyproject.toml": 1, "poetry.toml": -1,
		// Renovate's own manager reads the first line of these.
		"Dockerfile": -1,
	} {
		found := -1
		for i, m := range config.CustomManagers {
			pattern := strings.TrimSuffix(strings.TrimPrefix(m.ManagerFilePatterns[0], "/"), "/")
			if regexp.MustCompile(pattern).MatchString(path) {
				found = i
			}
		}
		if found != want {
			t.Errorf("%s is of manager %d, want %d", path, found, want)
		}
	}
}

// TestRenovateKeepsTags has the recipe leave the tags of pybuild.lock alone: a build asks for
// those of its plan, and with another one in the lock it ends.
func TestRenovateKeepsTags(t *testing.T) {
	rules := renovate(t).PackageRules
	if len(rules) != 1 || !slices.Equal(rules[0].MatchFileNames, []string{"**/" + PinsFile}) || rules[0].Enabled == nil || *rules[0].Enabled {
		t.Fatalf("the rules are %+v", rules)
	}
	if got := slices.Sorted(slices.Values(rules[0].MatchUpdateTypes)); !slices.Equal(got, []string{"major", "minor", "patch"}) {
		t.Errorf("what is left out are updates of %v", got)
	}
	pins, err := ParsePins([]byte(WritePins(nil, map[string]string{"python:3.14-slim": someDigest}, nil, "pybuild.toml")))
	if err != nil || pins.Digest("python:3.13-slim") != "" {
		t.Errorf("a newer tag pins the older one: %v", err)
	}
}
