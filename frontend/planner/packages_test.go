package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// locked plans with so many wheels, every tenth of them large.
func locked(t *testing.T, n int, more ...project.Wheel) *plan.Plan {
	t.Helper()
	in := input(t, examples()[0])
	in.Engine.Merge = true
	r := &planner.Resolved{Install: []planner.Package{{Name: "uvicorn", Version: "1"}}}
	for i := range n {
		size := int64(20_000 + i*37%900*1000)
		if i%10 == 0 {
			size += 4 << 20
		}
		r.Wheels = append(r.Wheels, wheel(fmt.Sprintf("package-%03d", i), "1.0", size))
	}
	r.Wheels = append(r.Wheels, more...)
	in.Resolved = r
	p, err := planner.New(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wheel(name, version string, size int64) project.Wheel {
	file := strings.ReplaceAll(name, "-", "_") + "-" + version + "-py3-none-any.whl"
	return project.Wheel{Installed: project.Installed{Name: name, Version: version},
		File: project.File{Name: file, URL: "https://index.example/" + file, Size: size, Hashes: map[string]string{"sha256": strings.Repeat("0", 64)}}}
}

// TestManyPackages keeps the layers of a large lock few, and a change small.
func TestManyPackages(t *testing.T) {
	before := locked(t, 500)
	if n := len(before.Layers); n > 36 { // the base brings four
		t.Errorf("%d layers", n)
	}
	installed := 0
	for _, s := range before.Steps {
		if s.Stage == "packages" {
			installed += len(s.Mounts) - 2
			if !s.Offline {
				t.Errorf("%s has a network", s.Name)
			}
		}
	}
	if installed != 500 {
		t.Errorf("%d packages are installed", installed)
	}
	for what, after := range map[string]*plan.Plan{
		"a small one added":    locked(t, 500, wheel("another", "1.0", 50_000)),
		"the configuration":    locked(t, 500),
		"a small one upgraded": locked(t, 499, wheel("package-499", "2.0", 463_000)),
	} {
		changed := 0
		for _, s := range after.Steps {
			if old := before.Step(s.ID); s.Stage == "packages" && (old == nil || !slices.Equal(old.Args, s.Args)) {
				changed++
			}
		}
		if want := map[bool]int{true: 0, false: 1}[what == "the configuration"]; changed != want {
			t.Errorf("%s: %d steps change, want %d", what, changed, want)
		}
	}
}

// BenchmarkPlan plans a lock of 500 packages.
func BenchmarkPlan(b *testing.B) {
	in := input(b, examples()[0])
	r := &planner.Resolved{Install: []planner.Package{{Name: "uvicorn", Version: "1"}}}
	for i := range 500 {
		r.Wheels = append(r.Wheels, wheel(fmt.Sprintf("package-%03d", i), "1.0", int64(i)*10_000))
	}
	in.Resolved, in.Engine.Merge = r, true
	for b.Loop() {
		if _, err := planner.New(in); err != nil {
			b.Fatal(err)
		}
	}
}

// TestWhoFetches has the engine fetch what it can reach, and steps the rest.
func TestWhoFetches(t *testing.T) {
	const corp = "[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://index.example/simple\"\n"
	const other = "[[tool.uv.index]]\nname = \"other\"\nurl = \"https://other.example/simple\"\n"
	login := config.Secret{ID: "HTTP_AUTH_HEADER_index.example"}
	for name, c := range map[string]struct {
		manifest string
		change   func(*planner.Input)
		login    string
		step     bool
	}{
		"a public index":            {"", func(*planner.Input) {}, "", false},
		"an index of the project's": {corp, func(*planner.Input) {}, "", true},
		"a header for its server":   {corp, func(in *planner.Input) { in.Config.Build.Secrets = []config.Secret{login} }, login.ID, false},
		"a header for another": {corp, func(in *planner.Input) {
			in.Config.Build.Secrets = []config.Secret{{ID: "HTTP_AUTH_HEADER_files.index.example"}}
		}, "", true},
		"a header that is a variable": {corp, func(in *planner.Input) { in.Config.Build.Secrets = []config.Secret{{ID: login.ID, Env: "HEADER"}} }, "", true},
		"an engine without logins": {corp, func(in *planner.Input) {
			in.Config.Build.Secrets, in.Engine.HTTPAuth = []config.Secret{login}, false
		}, "", true},
		"a CA":    {"", func(in *planner.Input) { in.Config.Build.CA = "ca" }, "", true},
		"a proxy": {"", func(in *planner.Input) { in.BuildArgs = map[string]string{"https_proxy": "http://proxy.example"} }, "", true},
		"a header, and a proxy": {corp, func(in *planner.Input) {
			in.Config.Build.Secrets, in.BuildArgs = []config.Secret{login}, map[string]string{"HTTP_PROXY": "x"}
		}, login.ID, false},
		"a header, after another download failed": {corp, func(in *planner.Input) {
			in.Config.Build.Secrets, in.Engine.FetchFailed = []config.Secret{login}, true
		}, login.ID, false},
		"a public index, after a download failed": {"", func(in *planner.Input) { in.Engine.FetchFailed = true }, "", true},
		"another index of the project's":          {other, func(*planner.Input) {}, "", false},
		"another index, and a cache":              {other, func(in *planner.Input) { in.Config.Build.Wheels = "cache" }, "", true},
		"a header for its server, and a cache": {corp, func(in *planner.Input) {
			in.Config.Build.Secrets, in.Config.Build.Wheels = []config.Secret{login}, "cache"
		}, "", true},
		"a header, and a wheelhouse": {corp, func(in *planner.Input) {
			in.Config.Build.Secrets, in.Config.Build.Wheelhouse = []config.Secret{login}, "wheels"
		}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(t, examples()[0])
			w := wheel("inner", "1.0", 1)
			w.Index = "https://index.example/simple"
			in.Resolved = &planner.Resolved{Install: []planner.Package{{Name: "inner", Version: "1.0"}, {Name: "uvicorn", Version: "1"}}, Wheels: []project.Wheel{w}}
			if c.manifest != "" {
				var err error
				if in.Facts.Pyproject, err = project.ParsePyproject(project.PyprojectFile, []byte(c.manifest)); err != nil {
					t.Fatal(err)
				}
			}
			in.Engine.HTTPAuth = true
			c.change(&in)
			p, err := planner.New(in)
			if err != nil {
				t.Fatal(err)
			}
			if step := p.Step("fetch-packages-1"); (step != nil) != c.step {
				t.Errorf("a step fetches: %v", step != nil)
			}
			found := ""
			for _, s := range p.Steps {
				for _, m := range s.Mounts {
					if m.From.Download != nil {
						found += m.From.Download.Login
					}
					if m.Kind == plan.Secret && (m.Target == "" || m.ID == login.ID && c.login != "") {
						t.Errorf("%s sees the secret %s at %q", s.Name, m.ID, m.Target)
					}
				}
			}
			if found != c.login {
				t.Errorf("the engine logs in with %q", found)
			}
		})
	}
}

// TestPlanGrowsWithTheLock plans twice the packages at twice the cost.
func TestPlanGrowsWithTheLock(t *testing.T) {
	cost := func(n int) float64 { return testing.AllocsPerRun(3, func() { locked(t, n) }) }
	// What a plan has whatever the lock counts for neither.
	none := cost(1)
	if half, whole := cost(500)-none, cost(1000)-none; whole > 2.2*half {
		t.Errorf("500 packages cost %.0f allocations, and 1000 cost %.0f", half, whole)
	}
}
