package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// TestTorch plans torch from the index for CPUs as a layer of its own, and warns of
// CUDA where nothing has a GPU.
func TestTorch(t *testing.T) {
	wheel := func(name, version string, size int64, index string) project.Wheel {
		return project.Wheel{Installed: project.Installed{Name: name, Version: version}, Index: index, File: project.File{
			Name: name + "-1-py3-none-any.whl", URL: index + "/" + name, Size: size, Hashes: map[string]string{"sha256": strings.Repeat("a", 64)},
		}}
	}
	in := input(t, example{"torch", nil})
	const index = "https://pytorch.example/whl/cpu"
	in.Facts.Input = project.InputUVLock // as if it were locked
	in.Resolved = &planner.Resolved{
		Install: []planner.Package{{Name: "sympy", Version: "1.14"}, {Name: "torch", Version: "2.9.0+cpu"}},
		Wheels:  []project.Wheel{wheel("sympy", "1.14", 6e6, "https://other.example"), wheel("torch", "2.9.0+cpu", 180e6, index)},
	}
	p, err := planner.New(in)
	if err != nil {
		t.Fatal(err)
	}
	fetch := p.Step("fetch-package-torch")
	if fetch == nil || p.Step("package-torch") == nil || p.Step("fetch-package-sympy") != nil || p.Step("package-sympy") == nil {
		t.Fatalf("the steps are %v", ids(p))
	}
	if !slices.Contains(fetch.Args, "pytorch-cpu="+index) || !slices.ContainsFunc(fetch.Mounts, func(m plan.Mount) bool {
		return m.Kind == plan.Secret && m.ID == "UV_INDEX_PYTORCH_CPU_PASSWORD" && !m.Required
	}) {
		t.Errorf("the index is fetched from by %v, %v", fetch.Args, fetch.Mounts)
	}
	if advice := planner.Advice(in); len(advice) > 0 {
		t.Errorf("a warning of %v", advice)
	}

	in.Resolved.Install = append(in.Resolved.Install, planner.Package{Name: "nvidia-cudnn-cu12", Version: "9"})
	in.Resolved.Wheels = append(in.Resolved.Wheels, wheel("nvidia-cudnn-cu12", "9", 700e6, index))
	advice := planner.Advice(in)
	if len(advice) != 1 || advice[0].Rule != "CUDAWithoutGPU" || advice[0].Message != "torch brings CUDA (880 MB of wheels, 1 package of nvidia-*), and nothing says that the image runs on a GPU" {
		t.Errorf("the advice is %v", advice)
	}
	in.Base.Env = map[string]string{"CUDA_VERSION": "12.8"}
	if advice := planner.Advice(in); len(advice) > 0 {
		t.Errorf("a warning on a base with CUDA: %v", advice)
	}
}

func ids(p *plan.Plan) []string {
	var all []string
	for _, s := range p.Steps {
		all = append(all, s.ID)
	}
	return all
}

// TestSystems compiles on bases of different makes.
func TestSystems(t *testing.T) {
	debian := planner.System{ID: "debian", Codename: "bookworm", Libc: "glibc", Manager: "apt"}
	distroless := planner.System{ID: "debian", Codename: "bookworm", Libc: "glibc", SiteHook: "/usr/local/lib/python3.13/dist-packages"}
	alpine := planner.System{ID: "alpine", Libc: "musl", Manager: "apk"}
	for _, c := range []struct {
		name, config   string
		base           planner.System
		builder        *planner.System
		platform       string
		toolchain, err string
	}{
		{"Debian", "", debian, nil, "", "base: /bin/sh /run/pybuild/scripts/apt.sh g++ gcc libc6-dev", ""},
		{"Debian, for another platform", "", debian, nil, "linux/arm64", "base: /bin/sh /run/pybuild/scripts/apt.sh g++ gcc libc6-dev", ""},
		{"Alpine", "base = \"python:3.13-alpine\"\n", alpine, nil, "", "base: apk add --no-cache --no-progress -- g++ gcc musl-dev", ""},
		{"distroless", "base = \"corp/python\"\n", distroless, nil, "", "",
			"the image corp/python has neither apt nor apk to install g++, gcc, libc6-dev, libpython3-dev, which building markupsafe takes: there is no wheel for it [PB208]"},
		{"distroless, with a builder", "base = \"corp/python\"\n[build]\nbase = \"python:3.13-slim\"\n", distroless, &debian, "", "builder: /bin/sh /run/pybuild/scripts/apt.sh g++ gcc libc6-dev", ""},
		{"distroless, with a builder, for another platform", "base = \"corp/python\"\n[build]\nbase = \"python:3.13-slim\"\n", distroless, &debian, "linux/arm64",
			"builder: /bin/sh /run/pybuild/scripts/apt.sh g++ gcc libc6-dev", ""},
		{"another C library", "base = \"corp/python\"\n[build]\nbase = \"python:3.13-alpine\"\n", distroless, &alpine, "", "",
			"the builder python:3.13-alpine has musl and the image's base glibc"},
		{"runtime packages on distroless", "base = \"corp/python\"\n[build]\nbase = \"python:3.13-slim\"\n[runtime]\npackages = [\"libpq5\"]\n", distroless, &debian, "", "",
			"the base image corp/python has neither apt nor apk to install libpq5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := input(t, examples()[2])
			cfg, err := config.Parse("pybuild.toml", []byte(c.config+"\n[serve]\nmodule = \"main\"\n"))
			if err != nil {
				t.Fatal(err)
			}
			in.Config, in.Base.System = cfg, c.base
			if c.platform != "" {
				in.Platform = c.platform
			}
			if c.builder != nil {
				in.Builder = &planner.Base{Python: in.Base.Python, System: *c.builder}
			}
			p, err := planner.New(in)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s := p.Step("toolchain")
			if got := s.On.Image + ": " + strings.Join(s.Args, " "); got != c.toolchain {
				t.Errorf("the compiler comes by %q", got)
			}
			if warned := len(planner.Advice(in)) > 0; warned != (c.base.Libc == "musl") {
				t.Errorf("warned of musl: %v", warned)
			}
		})
	}
}

// TestAsked installs what metadata is built with where an input without a lock asks
// for a package that is published as source alone.
func TestAsked(t *testing.T) {
	in := input(t, examples()[3])
	in.Facts.Requirements.Entries[0].Hashes = nil
	p, err := planner.Resolution(in)
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Step("system"); s == nil || !strings.Contains(strings.Join(s.Args, " "), "g++ gcc libc6-dev libpq-dev") {
		t.Errorf("the steps are %v", ids(p))
	}
}
