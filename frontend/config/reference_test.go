package config

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/diag"
)

func referencePage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(page), "\r\n", "\n")
}

// TestReferenceKeys requires a row of the reference page for each key, in the
// section of its table, with the type and the default that the schema has, and
// no row beyond.
func TestReferenceKeys(t *testing.T) {
	page := referencePage(t)
	sections := map[string]string{}
	for _, s := range strings.Split(page, "\n## ")[1:] {
		for _, s := range strings.Split(s, "\n### ") {
			title, body, _ := strings.Cut(s, "\n")
			sections[title] = body
		}
	}
	rows := 0
	var visit func(t table, title string)
	visit = func(of table, title string) {
		if sections[title] == "" {
			t.Fatalf("no section %q", title)
		}
		for _, k := range of.keys {
			row := fmt.Sprintf("\n| `%s` | %s | %s |\n", k.name, k.kind, k.byself)
			if k.read == nil {
				row = fmt.Sprintf("\n| `%s` | %s | ", k.name, k.kind)
			}
			if !strings.Contains(sections[title], row) {
				t.Errorf("section %q lacks the row %s", title, row)
			}
			rows++
			switch {
			case k.table == nil:
			case k.name == "secrets":
				visit(*k.table, "Secrets and agents")
			case k.name == "healthcheck":
				visit(*k.table, "Health")
			default:
				visit(*k.table, "["+k.name+"]")
			}
		}
	}
	visit(schema(&Config{}), "Top level")
	if got := strings.Count(page, "\n| `"); got != rows {
		t.Errorf("the page has %d rows, the schema %d keys", got, rows)
	}
}

// TestReferenceExamples parses every TOML block of the reference page.
func TestReferenceExamples(t *testing.T) {
	blocks := regexp.MustCompile("(?s)\n```toml\n(.*?)```").FindAllStringSubmatch(referencePage(t), -1)
	if len(blocks) < 5 {
		t.Fatalf("only %d blocks", len(blocks))
	}
	for _, b := range blocks {
		name := "pybuild.toml"
		if strings.Contains(b[1], "[tool.pybuild") {
			name = "pyproject.toml"
		}
		if _, err := read(name, []byte(b[1])); err != nil {
			t.Errorf("%s\n%v", b[1], err)
		}
	}
}

// TestSchema requires that the schema is complete and that its own examples
// pass, since errors advise them.
func TestSchema(t *testing.T) {
	var visit func(of table, path string)
	visit = func(of table, path string) {
		for _, k := range of.keys {
			if k.doc == "" || k.kind == "" || (k.read == nil) == (k.byself != "") || (k.read == nil) == (k.example != "") {
				t.Errorf("%s%s is incomplete: %+v", path, k.name, k)
			}
			if k.read == nil {
				visit(*k.table, path+k.name+".")
				continue
			}
			_, err := Parse("example", []byte(path+k.name+" = "+k.example))
			for _, e := range diag.All(err) {
				if !strings.Contains(e.Message, " needs ") {
					t.Errorf("the example of %s%s: %v", path, k.name, e)
				}
			}
		}
	}
	visit(schema(&Config{}), "")
}
