package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
)

// engine is a program built from a module that a go.mod here pins.
type engine struct {
	pkg     string
	cgo     bool // runc links libseccomp
	tags    string
	lang    string // for a module without go.mod, which Go would take for Go 1.16
	pins    string // the directory of the go.mod: engines, if empty
	version string // the variable that is to hold the version, if any
}

// file is its name. Some modules have their program in a directory "cmd".
func (e engine) file() string {
	if name := path.Base(e.pkg); name != "cmd" {
		return name
	}
	return "docker-" + path.Base(path.Dir(path.Dir(e.pkg)))
}

func (e engine) module() string {
	if e.pins != "" {
		return e.pins
	}
	return "engines"
}

// registryTools come first: they answer whether images can be pulled at all.
var registryTools = []engine{
	{pkg: "github.com/google/go-containerregistry/cmd/crane"},
}

var buildTools = []engine{
	{pkg: "github.com/moby/buildkit/cmd/buildctl"},
}

var engines = []engine{
	{pkg: "github.com/moby/buildkit/cmd/buildkitd"},
	{pkg: "github.com/containerd/containerd/v2/cmd/containerd"},
	{pkg: "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2"},
	// Debian 12's runc 1.1 does not know the time namespace this dockerd asks for.
	{pkg: "github.com/opencontainers/runc", cgo: true, tags: "seccomp"},
	{pkg: "github.com/moby/moby/v2/cmd/dockerd"},
	{pkg: "github.com/docker/cli/cmd/docker", lang: "go1.25"},
}

// binaries is the directory that holds the programs of a module's pins, built by this Go for
// this machine; another pin gets another directory.
func binaries(p paths, module string) (string, error) {
	var pins []byte
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(p.repo, "integration/bed", module, name))
		if err != nil {
			return "", err
		}
		pins = append(pins, data...)
	}
	return filepath.Join(p.dir, "bin", versionKey(string(pins), runtime.Version(), runtime.GOOS, runtime.GOARCH)), nil
}

// versionKey is a short name for a list of inputs; it changes when any of them does.
func versionKey(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:16]
}

// buildEngines builds those engines that the cache does not hold.
func buildEngines(ctx context.Context, p paths, bin string, list []engine) error {
	for _, e := range list {
		if _, err := os.Stat(filepath.Join(bin, e.file())); err == nil {
			continue
		}
		if err := step("build "+e.file(), func() error { return e.build(ctx, p, bin) }); err != nil {
			return err
		}
	}
	return nil
}

func (e engine) build(ctx context.Context, p paths, bin string) error {
	tmp, err := os.MkdirTemp(p.dir, ".build-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()

	cgo := "CGO_ENABLED=0"
	if e.cgo {
		cgo = "CGO_ENABLED=1"
	}
	out := filepath.Join(tmp, e.file())
	// A checkout's own settings (GOFLAGS, a go.work above it) are not the engines'.
	build := command{
		dir: filepath.Join(p.repo, "integration/bed", e.module()),
		env: []string{cgo, "GOFLAGS=", "GOWORK=off"},
	}
	flags := "-s -w"
	if e.version != "" {
		version, err := build.output(ctx, "go", "list", "-f", "{{.Module.Version}}", e.pkg)
		if err != nil {
			return err
		}
		flags += " -X " + e.version + "=" + version
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-tags", e.tags, "-ldflags", flags, "-o", out}
	if e.lang != "" {
		args = append(args, "-gcflags="+e.pkg+"=-lang="+e.lang)
	}
	if err := build.run(ctx, "go", append(args, e.pkg)...); err != nil {
		return err
	}
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	return os.Rename(out, filepath.Join(bin, e.file()))
}
