package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/golden"
)

const (
	compatResults = "../docs/compatibility.json"
	compatDoc     = "../docs/compatibility.md"
)

// compatRow is a row of the table.
type compatRow struct {
	Engine  string            `json:"engine"`
	Version string            `json:"version,omitempty"`
	Results map[string]string `json:"results"`
}

// TestCompatibility asks the engines at hand what of pybuild holds on them, and compares
// with docs/compatibility.json; -update writes what it found. `make compat` provides all
// engines first.
func TestCompatibility(t *testing.T) {
	if !wholeCompat() {
		t.Skip("most of an hour for all engines: run `make compat`")
	}
	recorded := readCompat(t)
	var mu sync.Mutex
	for _, e := range compatEngines() {
		t.Run(e.name, func(t *testing.T) {
			cli := e.start(t)
			row := compatRow{Engine: e.name, Version: cli.version(), Results: map[string]string{}}
			for _, f := range compatFeatures() {
				t.Run(f.name, func(t *testing.T) {
					cli := cli
					cli.t = t
					row.Results[f.name] = f.ask(t, cli)
					t.Logf("%s: %s", f.name, row.Results[f.name])
				})
			}
			mu.Lock()
			defer mu.Unlock()
			i := slices.IndexFunc(recorded, func(r compatRow) bool { return r.Engine == e.name })
			if golden.FlagUpdate() {
				if i < 0 {
					recorded = append(recorded, row)
				} else {
					recorded[i] = row
				}
				writeCompat(t, inOrder(recorded))
				return
			}
			if i < 0 {
				t.Fatalf("%s has no row of %s", compatResults, e.name)
			}
			for _, f := range compatFeatures() {
				if got, want := row.Results[f.name], recorded[i].Results[f.name]; got != want {
					t.Errorf("%s: %s, want %s", f.name, got, want)
				}
			}
		})
	}
}

// TestOldestEngine asks the oldest engine for what nobody else can: copies instead of
// merges, and text instead of warnings.
func TestOldestEngine(t *testing.T) {
	if wholeCompat() {
		t.Skip("TestCompatibility does the same and more")
	}
	t.Parallel()
	oldest, rows := compatEngines()[0], readCompat(t)
	i := slices.IndexFunc(rows, func(r compatRow) bool { return r.Engine == oldest.name })
	if i < 0 {
		t.Fatalf("%s has no row of %s", compatResults, oldest.name)
	}
	cli, recorded := oldest.start(t), rows[i]
	for _, f := range compatFeatures() {
		if !slices.Contains([]string{"layers", "secrets", "warnings", "errors", "named contexts", "git context"}, f.name) {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			cli := cli
			cli.t = t
			if got, want := f.ask(t, cli), recorded.Results[f.name]; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// TestCompatibilityTable holds the table to what the engines answered.
func TestCompatibilityTable(t *testing.T) {
	data, err := os.ReadFile(compatDoc)
	if err != nil {
		t.Fatal(err)
	}
	const start, end = "<!-- table -->\n", "<!-- end -->\n"
	before, rest, ok := strings.Cut(string(data), start)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", compatDoc)
	}
	want := before + start + compatTable(readCompat(t)) + end + after
	if golden.FlagUpdate() {
		if err := os.WriteFile(compatDoc, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(data) != want {
		t.Errorf("%s differs from %s: run this test with -update", compatDoc, compatResults)
	}
}

func compatTable(rows []compatRow) string {
	var b strings.Builder
	b.WriteString("| engine | version |")
	for _, f := range compatFeatures() {
		b.WriteString(" " + f.name + " |")
	}
	b.WriteString("\n|" + strings.Repeat("---|", len(compatFeatures())+2) + "\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s |", r.Engine, r.Version)
		for _, f := range compatFeatures() {
			b.WriteString(" " + r.Results[f.name] + " |")
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for _, f := range compatFeatures() {
		fmt.Fprintf(&b, "- **%s**: %s.\n", f.name, f.means)
	}
	return b.String()
}

// inOrder sorts rows as the engines are.
func inOrder(rows []compatRow) []compatRow {
	place := func(r compatRow) int {
		return slices.IndexFunc(compatEngines(), func(e compatEngine) bool { return e.name == r.Engine })
	}
	slices.SortStableFunc(rows, func(a, b compatRow) int { return place(a) - place(b) })
	return rows
}

func readCompat(t *testing.T) []compatRow {
	t.Helper()
	data, err := os.ReadFile(compatResults)
	if err != nil {
		t.Fatal(err)
	}
	var rows []compatRow
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func writeCompat(t *testing.T, rows []compatRow) {
	t.Helper()
	data, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(compatResults, append(data, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}
