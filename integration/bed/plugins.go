package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// plugin is a program that Docker's command line looks for by a name.
type plugin struct {
	name string
	engine
}

// plugins are those of the bed. They ask each other for their
// versions, which only a linker's flag writes. Compose's modules are not of the versions
// that the engines have, so it has pins of its own.
func plugins() []plugin {
	return []plugin{
		{"docker-buildx", engine{pkg: "github.com/docker/buildx/cmd/buildx", version: "github.com/docker/buildx/version.Version"}},
		{"docker-compose", engine{pkg: "github.com/docker/compose/v2/cmd", version: "github.com/docker/compose/v2/internal.Version", pins: "compose"}},
	}
}

// providePlugins makes the bed's DOCKER_CONFIG, with the plugins that the cache does not hold
// built.
func providePlugins(ctx context.Context, p paths) error {
	config := filepath.Join(p.dockerConfig(), "config.json")
	if _, err := os.Stat(config); errors.Is(err, os.ErrNotExist) {
		if err := writeFile(config, []byte("{}\n"), 0o600); err != nil {
			return err
		}
	}
	for _, e := range plugins() {
		pins, err := binaries(p, e.module())
		if err != nil {
			return err
		}
		bin := filepath.Join(pins, "plugins")
		if err := buildEngines(ctx, p, bin, []engine{e.engine}); err != nil {
			return err
		}
		if err := link(filepath.Join(p.dockerConfig(), "cli-plugins", e.name), filepath.Join(bin, e.file())); err != nil {
			return err
		}
	}
	return nil
}

// link has a symbolic link lead to a file, wherever it led before.
func link(path, target string) error {
	if now, err := os.Readlink(path); err == nil && now == target {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Symlink(target, path)
}
