package integration

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// debianDocker is the old engine that Debian 12 still has, unpacked and not installed.
func debianDocker(t *testing.T) engineCLI {
	dir := compatDir(t, "docker-20.10")
	provided(t, filepath.Join(dir, "usr/sbin/dockerd"), func() error { return unpackDebs(dir, "docker.io", "containerd", "runc") })
	return ownDockerd(t, []string{filepath.Join(dir, "usr/sbin"), filepath.Join(dir, "usr/bin")}, nil)
}

// graphdriverDocker is the bed's dockerd with the store that it had before containerd's.
func graphdriverDocker(t *testing.T) engineCLI {
	return ownDockerd(t, nil, map[string]any{"features": map[string]bool{"containerd-snapshotter": false}})
}

// ownDockerd starts a dockerd with neither bridge nor firewall rules of its own: two on a
// machine delete each other's.
func ownDockerd(t *testing.T, path []string, more map[string]any) engineCLI {
	t.Helper()
	if os.Getenv("PYBUILD_IMAGE") == "" || os.Getuid() != 0 {
		t.Skip("an engine of the test's own needs root and the bed: run `make test`")
	}
	path = append(path, filepath.SplitList(os.Getenv("PATH"))...)
	exe := ""
	for _, dir := range path {
		if _, err := os.Stat(filepath.Join(dir, "dockerd")); err == nil && exe == "" {
			exe = filepath.Join(dir, "dockerd")
		}
	}
	if exe == "" {
		t.Skip("no dockerd on PATH: the bed runs on the machine's Docker engine")
	}
	dir := short(t)
	socket := filepath.Join(dir, "d.sock")
	registry := os.Getenv("PYBUILD_REGISTRY")
	config := map[string]any{
		"data-root": filepath.Join(dir, "root"), "exec-root": filepath.Join(dir, "run"), "pidfile": filepath.Join(dir, "pid"),
		"hosts": []string{"unix://" + socket}, "registry-mirrors": []string{"http://" + registry}, "insecure-registries": []string{registry},
		"userland-proxy": false, "bridge": "none", "iptables": false, "ip6tables": false, "storage-driver": "overlay2",
	}
	for k, v := range more {
		config[k] = v
	}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "daemon.json")
	write(t, file, string(text))
	o := &owned{t: t, dir: dir, addr: "unix://" + socket}
	o.command = func() *exec.Cmd {
		cmd := exec.Command(exe, "--config-file", file)
		cmd.Env = append(os.Environ(), "PATH="+strings.Join(path, ":"))
		return cmd
	}
	o.ready = func(ctx context.Context) error {
		c := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}}}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/_ping", nil)
		if err != nil {
			return err
		}
		res, err := c.Do(req)
		if err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			err = errors.New(res.Status)
		}
		return errors.Join(err, res.Body.Close())
	}
	o.start()
	return engineCLI{t: t, host: o.addr, builder: "default", config: t.TempDir(), flags: []string{"--network=host"}, own: true}
}

// bedDocker is the Docker engine that everything else is tested on.
func bedDocker(t *testing.T) engineCLI {
	frontendImage(t)
	return engineCLI{t: t, host: os.Getenv("DOCKER_HOST"), builder: "default", config: t.TempDir()}
}
