package integration

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFuzzRecord has docs/fuzzing.md tell of every fuzz target, and of none that is gone.
func TestFuzzRecord(t *testing.T) {
	var targets []string
	for _, room := range []string{"cmd", "frontend", "llb"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			for _, m := range regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`).FindAllStringSubmatch(string(data), -1) {
				targets = append(targets, filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), ".."+string(filepath.Separator)))+" "+m[1])
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile("../docs/fuzzing.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, m := range regexp.MustCompile(`(?m)^\| (\S+ Fuzz\w+) \| [\dhms]+ \| \d+ \| \d+ \| \w.* \|$`).FindAllStringSubmatch(string(page), -1) {
		told = append(told, m[1])
	}
	slices.Sort(targets)
	slices.Sort(told)
	if diff := cmp.Diff(targets, told); diff != "" || len(told) < 20 {
		t.Errorf("docs/fuzzing.md (-targets +rows):\n%s", diff)
	}
}
