package explain_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/explain"
	"github.com/pybuild/pybuild/llb/plan"
)

// planOf reads a plan that the planner's tests have written.
func planOf(t *testing.T, name string) *plan.Plan {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "planner", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var p plan.Plan
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	return &p
}

// wheels is a plan of two layers with wheels of known sizes.
func wheels() *plan.Plan {
	sizes := map[string]int64{"numpy.whl": 16e6, "a.whl": 1e5, "b.whl": 1e5, "c.whl": 1e5, "d.whl": 1e5}
	wheel := func(name string) plan.Mount {
		return plan.Mount{Kind: plan.Bind, From: plan.Ref{Download: &plan.Download{Name: name, Size: sizes[name]}}}
	}
	step := func(id, name string, mounts ...plan.Mount) plan.Step {
		return plan.Step{ID: id, Name: name, Stage: "packages", On: plan.Ref{Image: "base"}, Output: "/install", Offline: true, Mounts: mounts}
	}
	p := &plan.Plan{
		Target: "runtime", Platform: "linux/arm64", Images: map[string]plan.Image{"base": {Ref: "python:3.13-slim"}}, Root: plan.Ref{Image: "base"},
		Steps: []plan.Step{
			step("package-numpy", "[packages] install numpy 2.3.1 (16 MB)", wheel("numpy.whl")),
			step("packages-1", "[packages] install a, b, c and \"d\" <e>", wheel("a.whl"), wheel("b.whl"), wheel("c.whl"), wheel("d.whl")),
			step("unknown", "[packages] install f", wheel("f.whl")),
		},
		Layers: []plan.Ref{{Step: "package-numpy"}, {Step: "packages-1"}, {Step: "unknown"}},
	}
	return p
}

// TestExplanations writes plans for people, and draws them.
func TestExplanations(t *testing.T) {
	explanations := map[string]*explain.Explanation{"wheels": explain.Of(wheels())}
	for _, name := range []string{"fastapi", "flask", "native", "psycopg", "script"} {
		explanations[name] = explain.Of(planOf(t, name))
	}
	for name, e := range explanations {
		golden.Assert(t, e.Text(), name+".txt")
		golden.Assert(t, e.DOT(), name+".dot")
		svg := e.SVG()
		golden.Assert(t, svg, name+".svg")
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// TestJSON is the plan with the keys of its steps.
func TestJSON(t *testing.T) {
	data, err := explain.Of(wheels()).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Target string
		Steps  []struct{ ID string }
		Keys   map[string][]explain.Input
		Sizes  map[string]int64
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	key := got.Keys["package-numpy"]
	if got.Target != "runtime" || len(got.Steps) != 3 || len(key) != 2 || key[1] != (explain.Input{Kind: explain.Wheel, Name: "numpy.whl"}) {
		t.Errorf("the key of numpy is %v in %s", key, data)
	}
	if got.Sizes["packages-1"] != 4e5 || got.Sizes["package-numpy"] != 16e6 || got.Sizes["unknown"] != 0 {
		t.Errorf("the sizes are %v", got.Sizes)
	}
}

// TestChanges follows a change from what reads it to what reads its result.
func TestChanges(t *testing.T) {
	for _, c := range explain.Of(planOf(t, "psycopg")).Changes() {
		if c.Of.Name == "the app's files" && (len(c.Runs) != 1 || c.Runs[0] != "app" || len(c.Follow) != 0) {
			t.Errorf("code runs %v and then %v", c.Runs, c.Follow)
		}
		if c.Of.Name == "requirements.txt" && (strings.Join(c.Runs, " ") != "resolve install" || strings.Join(c.Follow, " ") != "libraries rootfs") {
			t.Errorf("requirements run %v and then %v", c.Runs, c.Follow)
		}
	}
}
