package integration

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// noSteps are the names of what is done in every build and runs nothing: what the client sends, what is looked up,
// sources, which are fetched only where a step needs them, and files that the frontend itself has.
var noSteps = regexp.MustCompile(`^(\[internal\] load .*|importing cache .*|exporting .*|resolve image config .*|docker-image://.*` +
	`|\[base\] \S+|\[wheels\] \S+\.whl|\[internal\] lay out pybuild's scripts)$`)

// ranNothing checks that a build has every step from a cache, and that it pulled about what docs/scaling.md says.
func ranNothing(t *testing.T, tr *trace, m *machine, log []request) {
	t.Helper()
	for _, name := range sorted(tr.cached) {
		if !tr.cached[name] && !noSteps.MatchString(name) {
			t.Errorf("a cold runner runs %s", name)
		}
	}
	page, err := os.ReadFile("../docs/scaling.md")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`pulls neither the base nor uv: ([\d.]+) MB in all`).FindSubmatch(page)
	if said == nil {
		t.Fatal("docs/scaling.md does not say what a cold runner pulls")
	}
	want, err := strconv.ParseFloat(string(said[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	pulled := 0.0
	for _, r := range log {
		if r.from == m.ip {
			pulled += float64(r.sent) / 1e6
		}
	}
	if math.Abs(pulled-want) > want/10 {
		t.Errorf("a cold runner pulls %.2f MB, and docs/scaling.md says %.1f", pulled, want)
	}
}
