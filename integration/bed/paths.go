package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// paths says where everything of one bed lies. Two beds (another
// PYBUILD_BED_DIR) share nothing, neither sockets nor the bridge.
type paths struct {
	dir    string // caches and state, outside the checkout
	run    string // sockets; short, for a unix socket's path has 108 bytes
	bridge string // the Docker engine's own bridge
	repo   string // the checkout
}

// locate finds the bed of this user and the checkout the program was started in.
func locate() (paths, error) {
	repo, err := repoRoot()
	if err != nil {
		return paths{}, err
	}
	if dir := os.Getenv("PYBUILD_BED_DIR"); dir != "" {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return paths{}, fmt.Errorf("PYBUILD_BED_DIR: %w", err)
		}
		id := fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))[:6]
		return paths{dir: dir, run: "/run/pybuild-bed-" + id, bridge: "pybuild-" + id, repo: repo}, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return paths{}, fmt.Errorf("find a cache directory: %w; set PYBUILD_BED_DIR", err)
	}
	return paths{dir: filepath.Join(cache, "pybuild-bed"), run: "/run/pybuild-bed", bridge: "pybuild0", repo: repo}, nil
}

// repoRoot is the directory of the main module.
func repoRoot() (string, error) {
	mod, err := output("go", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	root := filepath.Dir(mod)
	if _, err := os.Stat(filepath.Join(root, "integration/bed/engines/go.mod")); err != nil {
		return "", errors.New("this directory is not in pybuild's checkout: run the bed from inside it")
	}
	return root, nil
}

func (p paths) state(elem ...string) string {
	return filepath.Join(append([]string{p.dir, "state"}, elem...)...)
}

func (p paths) log(name string) string { return p.state("logs", name+".log") }

func (p paths) socket(name string) string { return filepath.Join(p.run, name+".sock") }

// dockerConfig is a DOCKER_CONFIG of the bed's own, so that ~/.docker stays as it is.
func (p paths) dockerConfig() string { return p.state("docker-config") }
