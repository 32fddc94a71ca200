package planner_test

import (
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/planner"
)

// TestForeignPlatform forbids steps on the image's own platform where it is not
// the builder's, unless something has to be compiled or installed there.
func TestForeignPlatform(t *testing.T) {
	for _, c := range []struct{ example, emulated string }{
		{"fastapi", ""}, {"flask", ""}, {"script", ""},
		{"native", "[builder] install g++, gcc, libc6-dev, [builder] install 1 package from requirements.txt"},
		{"psycopg", "[builder] install g++, gcc, libc6-dev, libpq-dev, [builder] install 1 package from requirements.txt, [runtime] install libpq5, for psycopg2"},
	} {
		for _, e := range examples() {
			if e.name != c.example {
				continue
			}
			in := input(t, e)
			in.Platform = "linux/arm64"
			p, err := planner.New(in)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, d := range p.Decisions {
				if d.What == "emulation" {
					got = d.Value
				}
			}
			if got != c.emulated {
				t.Errorf("%s needs an emulator for %q, want %q", e.name, got, c.emulated)
			}
			for _, s := range p.Steps {
				if c.emulated == "" && s.On.Image != "native" && s.On.Step == "" {
					t.Errorf("%s: %s runs on %+v", e.name, s.Name, s.On)
				}
				command := strings.Join(s.Args, " ")
				if s.On.Image == "native" && strings.Contains(command, "pip install") && !strings.Contains(command, "--python-platform aarch64-manylinux_2_31 --python-version 3.13") {
					t.Errorf("%s: %s installs for the builder's platform: %s", e.name, s.Name, command)
				}
			}
		}
	}
}
