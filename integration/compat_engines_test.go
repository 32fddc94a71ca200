package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// compatEngine is an engine of the table of docs/compatibility.md.
type compatEngine struct {
	name string
	// start provides the engine, and skips the test where that would take long and
	// nobody asked for it.
	start func(t *testing.T) engineCLI
	// classic is an engine that keeps images in the store of graph drivers.
	classic bool
}

// compatEngines are the engines, the oldest first of each kind.
func compatEngines() []compatEngine {
	all := []compatEngine{
		{"Docker 20.10.24 of Debian 12", debianDocker, true},
		{"Docker 26.1.5 with the graphdriver store", func(t *testing.T) engineCLI { return releasedDocker(t, "v26.1.5") }, true},
		{"Docker 28.5.2 with the graphdriver store", func(t *testing.T) engineCLI { return releasedDocker(t, "v28.5.2") }, true},
		{"Docker with the containerd store", bedDocker, false},
	}
	for _, v := range []string{"v0.8.3", "v0.10.6", "v0.11.6", "v0.12.5", "v0.13.2", "v0.15.2", "v0.18.2", "v0.22.0", "v0.26.3", "v0.30.0", ""} {
		name := "BuildKit " + v
		if v == "" {
			name = "BuildKit of the bed"
		}
		all = append(all, compatEngine{name, func(t *testing.T) engineCLI { return buildkitdOf(t, v) }, false})
	}
	return append(all, compatEngine{"BuildKit rootless", rootlessBuildkitd, false})
}

// wholeCompat reports whether engines are to be built for the table.
func wholeCompat() bool { return os.Getenv("PYBUILD_COMPAT") != "" }

// compatDir holds an engine between runs, outside the checkout.
func compatDir(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("PYBUILD_BED_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(cache, "pybuild-bed")
	}
	return filepath.Join(dir, "compat", name)
}

// provided is the executable of an engine, which a function makes where it is missing and
// PYBUILD_COMPAT asks for it.
func provided(t *testing.T, exe string, provide func() error) string {
	t.Helper()
	if _, err := os.Stat(exe); err == nil {
		return exe
	}
	if !wholeCompat() {
		t.Skip("not built yet: run `make compat`")
	}
	if err := os.MkdirAll(filepath.Dir(exe), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := provide(); err != nil {
		t.Fatal(err)
	}
	return exe
}

// buildkitdOf is a buildkitd built from its module with the module's own requirements, as
// its release was; the bed's for no version.
func buildkitdOf(t *testing.T, version string) engineCLI {
	exe := ""
	if version != "" {
		exe = provided(t, filepath.Join(compatDir(t, "buildkitd-"+version), "buildkitd"), func() error {
			return goBuild(t, "github.com/moby/buildkit@"+version, "./cmd/buildkitd", compatDir(t, "buildkitd-"+version),
				"github.com/moby/buildkit/version.Version="+version)
		})
	}
	o := ownBuildkitd(t, exe, "", "").start()
	return remoteBuilder(t, o.addr)
}

// goBuild builds a program of a module in a copy of it, and at low priority: it takes
// minutes, once. A variable of it gets a value.
func goBuild(t *testing.T, module, pkg, out, variable string) error {
	t.Helper()
	download := exec.Command("go", "mod", "download", "-json", module)
	download.Dir = t.TempDir()
	text, err := download.Output()
	var found struct{ Dir string }
	if err != nil || json.Unmarshal(text, &found) != nil {
		return fmt.Errorf("%s cannot be had: %w", module, err)
	}
	src := filepath.Join(t.TempDir(), "src")
	if out, err := exec.Command("cp", "-r", "--no-preserve=mode", found.Dir, src).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	// Docker is no module before 29, but has the requirements of one.
	for from, to := range map[string]string{"vendor.mod": "go.mod", "vendor.sum": "go.sum"} {
		if err := os.Rename(filepath.Join(src, from), filepath.Join(src, to)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if err := os.RemoveAll(filepath.Join(src, "vendor")); err != nil {
		return err
	}
	// Old modules reach into the runtime, which linkers allow no more by default.
	cmd := exec.Command("nice", "-n", "19", "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -checklinkname=0 -X "+variable, "-o", out+"/", pkg)
	cmd.Dir = src
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s does not build with this Go: %w: %s", module, err, text[max(0, len(text)-500):])
	}
	return nil
}

// unpackDebs unpacks packages of this Debian into a directory, without installing them.
func unpackDebs(dir string, names ...string) error {
	cmd := exec.Command("sh", "-ec", "apt-get download "+strings.Join(names, " ")+" && for deb in *.deb; do dpkg -x $deb .; rm $deb; done")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("no packages %v: %w: %s", names, err, out)
	}
	return nil
}
