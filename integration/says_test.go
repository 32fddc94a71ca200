package integration

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestBuildKitSays makes the mistakes that BuildKit itself answers, before there is a
// frontend, and looks for its words in the page that explains them.
func TestBuildKitSays(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/faq.md")
	if err != nil {
		t.Fatal(err)
	}
	syntax := "# syntax=" + frontendImage(t) + "\n"
	wide := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(syntax + "python = \"3.13\"\n")) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	registry := os.Getenv("PYBUILD_REGISTRY")
	for name, c := range map[string]struct {
		text  string
		flags []string
		says  string
	}{
		"no -f":              {syntax, nil, "failed to read dockerfile: open Dockerfile: no such file or directory"},
		"another directory":  {"", []string{"-f", "pybuild.toml"}, "failed to read dockerfile: open pybuild.toml: no such file or directory"},
		"no first line":      {"python = \"3.13\"\n", []string{"-f", "pybuild.toml"}, "dockerfile parse error on line 1: unknown instruction: python"},
		"a line above it":    {"\n" + syntax + "[serve]\n", []string{"-f", "pybuild.toml"}, "unknown instruction: [serve]"},
		"nothing but a line": {"\n" + syntax, []string{"-f", "pybuild.toml"}, "file with no instructions"},
		"nothing at all":     {"", []string{"-f", "pybuild.toml"}, "the Dockerfile cannot be empty"},
		"UTF-16":             {string(wide), []string{"-f", "pybuild.toml"}, "Internal: stream terminated by RST_STREAM with error code: INTERNAL_ERROR"},
		"no such frontend":   {"# syntax=" + registry + "/org/pybuild:v0.0.404\n", []string{"-f", "pybuild.toml"}, "failed to resolve source metadata for " + registry + "/org/pybuild:v0.0.404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if name != "another directory" {
				if err := os.WriteFile(filepath.Join(dir, "pybuild.toml"), []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			flags := slices.Clone(c.flags)
			if len(flags) > 0 {
				flags[1] = filepath.Join(dir, flags[1])
			}
			log, err := tryDocker(append(append([]string{"build", "--progress", "plain"}, flags...), dir)...)
			if err == nil || !strings.Contains(log, c.says) {
				t.Errorf("docker build: %v, which does not say %q:\n%s", err, c.says, log)
			}
			known := strings.ReplaceAll(strings.ReplaceAll(c.says, registry, "docker.io"), "v0.0.404", "v1.0")
			if !strings.Contains(string(page), known) {
				t.Errorf("docs/faq.md does not have %q", known)
			}
		})
	}
}
