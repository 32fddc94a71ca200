package diag_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

// TestChecksPage wants a section for every check, in order, which starts with its meaning
// and shows what is warned of. Where its files are there, that is what they are answered
// with; -update writes it. Where they are not, since only a build can tell, the check is
// in some other test.
func TestChecksPage(t *testing.T) {
	name := filepath.Join(root, "docs", "checks.md")
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, section := range strings.Split(string(page), "\n## ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		sections = append(sections, title)
		check, _ := diag.FindCheck(title)
		if !strings.HasPrefix(text, "\n"+check.Meaning+"\n") {
			t.Errorf("the section %s does not start with %q", title, check.Meaning)
		}
		files, _, said := example(section)
		if len(files) == 0 {
			if !tested(t, title) {
				t.Errorf("no test has an example of %s", title)
			}
			continue
		}
		got := warned(t, files, title)
		if got != "" && golden.FlagUpdate() {
			update(t, name, section, said, got)
			continue
		}
		if d := cmp.Diff(said, got); d != "" || got == "" {
			t.Errorf("%s is said as %q: %s", title, got, d)
		}
	}
	if !slices.Equal(sections, diag.CheckNames()) || !slices.IsSorted(sections) {
		t.Errorf("the page has %q, the checks are %q", sections, diag.CheckNames())
	}
}

// warned are the warnings of one check about a project.
func warned(t *testing.T, files fstest.MapFS, check string) string {
	t.Helper()
	cfg, err := config.Default(), error(nil)
	if data, fail := fs.ReadFile(files, "pybuild.toml"); fail == nil {
		cfg, err = config.Parse("pybuild.toml", data)
	}
	if err != nil {
		t.Fatal(check, err)
	}
	facts, err := project.Read(files, planner.Choice(cfg))
	if err != nil {
		t.Fatal(check, err)
	}
	apps, err := project.ReadApps(files, project.Layout{Root: "."})
	if err != nil {
		t.Fatal(check, err)
	}
	var all strings.Builder
	for _, w := range planner.Warnings(planner.Input{Config: cfg, Facts: facts, Apps: apps}) {
		if w.Rule == check {
			all.WriteString(w.String() + "\n")
			if w.At.IsZero() {
				t.Errorf("%s has no place", w)
			}
		}
	}
	return all.String()
}

// tested reports whether a test has an example of a check.
func tested(t *testing.T, check string) bool {
	t.Helper()
	found := false
	for _, dir := range []string{"frontend", "integration"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || found || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			found = strings.Contains(string(data), check)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// TestSourcesHaveChecks wants a check for every warning that the sources make, and a source
// for every check.
func TestSourcesHaveChecks(t *testing.T) {
	made := map[string]bool{}
	warns := regexp.MustCompile(`(?:Rule: +|\.warn\()"(\w+)"`)
	for _, path := range sources(t, ".go") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, m := range warns.FindAllStringSubmatch(string(data), -1) {
			made[m[1]] = true
			if check, ok := diag.FindCheck(m[1]); !ok || check.Name != m[1] {
				t.Errorf("%s: %s is no check", path, m[1])
			}
		}
	}
	for _, name := range diag.CheckNames() {
		if !made[name] {
			t.Errorf("nothing warns of %s", name)
		}
	}
}

// TestCheckPages leads to the sections.
func TestCheckPages(t *testing.T) {
	check, ok := diag.FindCheck("rootuser")
	if want := "https://github.com/pybuild/pybuild/blob/main/docs/checks.md#rootuser"; !ok || check.Page() != want {
		t.Errorf("RootUser is explained on %s", check.Page())
	}
}
