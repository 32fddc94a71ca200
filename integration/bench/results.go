package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// results are all measurements of a run.
type results struct {
	App    string `json:"app"`
	Rounds int    `json:"rounds"`
	// Machine and Versions say what was measured on.
	Machine  string    `json:"machine"`
	Versions string    `json:"versions"`
	Samples  []samples `json:"samples"`
}

// samples are those of one variant in one scenario: seconds, bytes that a push
// sends, and bytes of the whole image.
type samples struct {
	Variant  string    `json:"variant"`
	Scenario string    `json:"scenario"`
	Seconds  []float64 `json:"seconds"`
	NewBytes []int64   `json:"newBytes,omitempty"`
	Size     int64     `json:"size,omitempty"`
}

func newResults(a app, rounds int) *results {
	return &results{App: a.name, Rounds: rounds,
		Machine:  fmt.Sprintf("%s/%s, %d cores%s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor()),
		Versions: "uv 0.13.9, Python 3.13, " + engineVersion()}
}

// processor is what Linux calls the machine's.
func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return " of " + strings.TrimSpace(value)
		}
	}
	return ""
}

// engineVersion is that of the module the bed builds its engine from, which is the
// one that this program is built with.
func engineVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/moby/buildkit" {
				return "BuildKit " + m.Version
			}
		}
	}
	return "BuildKit"
}

// render writes the table and the chart of measurements again.
func render(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	r := &results{}
	if err := json.Unmarshal(data, r); err != nil {
		return err
	}
	return r.write(filepath.Dir(file))
}

func (r *results) add(variant, scenario string, took time.Duration, fresh, size int64) {
	i := slices.IndexFunc(r.Samples, func(s samples) bool { return s.Variant == variant && s.Scenario == scenario })
	if i < 0 {
		r.Samples = append(r.Samples, samples{Variant: variant, Scenario: scenario})
		i = len(r.Samples) - 1
	}
	s := &r.Samples[i]
	s.Seconds = append(s.Seconds, took.Seconds())
	if scenario != "start" {
		s.NewBytes, s.Size = append(s.NewBytes, fresh), size
	}
}

func (r *results) find(variant, scenario string) samples {
	for _, s := range r.Samples {
		if s.Variant == variant && s.Scenario == scenario {
			return s
		}
	}
	return samples{}
}

// scenario is one thing that happens to a project.
type scenario struct{ name, meaning string }

func scenarios() []scenario {
	return []scenario{
		{"cold", "the engine's cache is empty but for the frontend"},
		{"nothing", "the same build again"},
		{"code", "a line of the app changes"},
		{"warm", "the lock is written anew and pins the same packages"},
		{"added", "a small package is added to the lock"},
		{"upgraded", "a large package has another version"},
		{"second", "another service with the same packages is built on the same engine and pushed to the same registry"},
		{"arm64", "cold, for arm64 on amd64 without an emulator; the ratio is to the variant's own cold build"},
		{"start", "from `docker run` to the first answer"},
	}
}

// median is the middle of the samples, or the mean of the two in the middle.
func median[T int64 | float64](all []T) T {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// write leaves the measurements as JSON, as a table and as a chart.
func (r *results) write(out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	for name, text := range map[string]string{r.App + ".json": string(data) + "\n", r.App + ".md": r.table(), r.App + ".svg": r.chart()} {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// table is Markdown: seconds as a median with the spread, the ratio to the
// expert's, and megabytes that are new to the registry.
func (r *results) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The %s app\n\n%s; %s; %d rounds in turn. Seconds are the median, with the least and the most; in brackets the ratio\n"+
		"to the expert's Dockerfile. MB are compressed layers that a push sends.\n\n", r.App, r.Machine, r.Versions, r.Rounds)
	b.WriteString("| scenario |")
	for _, v := range variants() {
		b.WriteString(" " + v.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(variants())) + "\n")
	for _, scenario := range scenarios() {
		b.WriteString("| " + scenario.name + " |")
		for _, v := range variants() {
			s, e := r.find(v.name, scenario.name), r.find("expert", scenario.name)
			if scenario.name == "arm64" {
				e = r.find(v.name, "cold")
			}
			if len(s.Seconds) == 0 {
				b.WriteString(" |")
				continue
			}
			fmt.Fprintf(&b, " %.2f s (%.2f–%.2f) [%.2f]", median(s.Seconds), slices.Min(s.Seconds), slices.Max(s.Seconds), median(s.Seconds)/median(e.Seconds))
			if len(s.NewBytes) > 0 {
				fmt.Fprintf(&b, ", %.3f MB", float64(median(s.NewBytes))/1e6)
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	b.WriteString("| image |")
	for _, v := range variants() {
		fmt.Fprintf(&b, " %.1f MB |", float64(r.find(v.name, "cold").Size)/1e6)
	}
	b.WriteString("\n\n")
	for _, scenario := range scenarios() {
		fmt.Fprintf(&b, "- %s: %s\n", scenario.name, scenario.meaning)
	}
	return b.String()
}

// chart is a bar for each variant in each scenario, as a part of the slowest.
func (r *results) chart() string {
	const width, bar, label = 720, 14, 170
	colours := []string{"#2563eb", "#94a3b8", "#cbd5e1", "#e2e8f0"}
	var b strings.Builder
	y := 30
	for _, scenario := range scenarios() {
		slowest := 0.0
		for _, v := range variants() {
			slowest = max(slowest, median(r.find(v.name, scenario.name).Seconds))
		}
		fmt.Fprintf(&b, "<text x=\"8\" y=\"%d\" font-weight=\"bold\">%s</text>\n", y+bar-3, scenario.name)
		for i, v := range variants() {
			if len(r.find(v.name, scenario.name).Seconds) == 0 {
				continue
			}
			seconds := median(r.find(v.name, scenario.name).Seconds)
			length := 0.0
			if slowest > 0 {
				length = seconds / slowest * (width - label - 80)
			}
			fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text><rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/><text x=\"%.1f\" y=\"%d\">%.2f s</text>\n",
				label-8, y+bar-3, v.name, label, y, length, bar-2, colours[i%len(colours)], label+length+6, y+bar-3, seconds)
			y += bar + 2
		}
		y += 10
	}
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">\n"+
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/><text x=\"8\" y=\"18\" font-size=\"13\">The %s app, seconds (shorter is better)</text>\n%s</svg>\n", width, y, width, y, r.App, b.String())
}
