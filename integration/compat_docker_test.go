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

// oldestDocker are the packages of the engine below, and the library that not every system has.
var oldestDocker = []string{"docker.io", "containerd", "runc", "libdevmapper1.02.1"}

// debianDocker is the old engine that Debian 12 still has, unpacked and not installed.
func debianDocker(t *testing.T) engineCLI {
	dir := compatDir(t, "docker-20.10")
	provided(t, filepath.Join(dir, "usr/sbin/dockerd"), func() error { return unpackDebs(dir, oldestDocker...) })
	// Where `make compat-debian` has unpacked it, the system is another and may not have its library.
	libraries, err := filepath.Glob(filepath.Join(dir, "lib", "*-linux-gnu"))
	if err != nil {
		t.Fatal(err)
	}
	env := "LD_LIBRARY_PATH=" + strings.Join(libraries, ":")
	version := exec.Command(filepath.Join(dir, "usr/sbin/dockerd"), "--version") //nolint:gosec // the engine
	version.Env = append(os.Environ(), env)
	if out, err := version.CombinedOutput(); err != nil || !strings.Contains(string(out), " 20.10.24") {
		lacks(t, "the docker.io of this system is not Debian 12's, which a Docker engine that can pull gets by `make compat-debian`: %s %v", out, err)
	}
	return ownDockerd(t, []string{env}, filepath.Join(dir, "usr/sbin"), filepath.Join(dir, "usr/bin"))
}

// releasedDocker is a dockerd built as its release was, which still had the graphdriver
// store by default; the bed's containerd and runc are under it.
func releasedDocker(t *testing.T, version string) engineCLI {
	dir := compatDir(t, "docker-"+version)
	provided(t, filepath.Join(dir, "dockerd"), func() error {
		return goBuild(t, "github.com/docker/docker@"+version+"+incompatible", "./cmd/dockerd", dir,
			"github.com/docker/docker/dockerversion.Version="+strings.TrimPrefix(version, "v"))
	})
	return ownDockerd(t, nil, dir)
}

// ownDockerd starts a dockerd with neither bridge nor firewall rules of its own: two on a
// machine delete each other's. It and what it needs are in directories before PATH, and it may need variables.
func ownDockerd(t *testing.T, env []string, path ...string) engineCLI {
	t.Helper()
	if os.Getenv("PYBUILD_IMAGE") == "" || os.Getuid() != 0 {
		lacks(t, "an engine of the test's own needs root and the bed: run `make test`")
	}
	exe := filepath.Join(path[0], "dockerd")
	path = append(path, filepath.SplitList(os.Getenv("PATH"))...)
	dir := short(t)
	socket := filepath.Join(dir, "d.sock")
	registry := os.Getenv("PYBUILD_REGISTRY")
	config := map[string]any{
		"data-root": filepath.Join(dir, "root"), "exec-root": filepath.Join(dir, "run"), "pidfile": filepath.Join(dir, "pid"),
		"hosts": []string{"unix://" + socket}, "registry-mirrors": []string{"http://" + registry}, "insecure-registries": []string{registry},
		"userland-proxy": false, "bridge": "none", "iptables": false, "ip6tables": false, "storage-driver": "overlay2",
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
		cmd.Env = append(append(os.Environ(), env...), "PATH="+strings.Join(path, ":"))
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

// TestNightly holds the nightly to run all tests on engines of the bed's, with which nothing is skipped, and to get
// the oldest engine while there is a Docker to pull it with: the packages that the test unpacks itself.
func TestNightly(t *testing.T) {
	data, err := os.ReadFile("../.github/workflows/nightly.yml")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	gets, stops := strings.Index(string(data), "make compat-debian"), strings.Index(string(data), "systemctl stop docker")
	if !strings.Contains(string(data), "suite: [test, ") {
		t.Error("nobody runs the tests that the runner's own Docker has no part for")
	}
	if gets < 0 || stops < gets {
		t.Error("the nightly asks no engine of Debian 12")
	}
	if want := "apt-get -q download " + strings.Join(oldestDocker, " ") + ";"; !strings.Contains(string(makefile), want) {
		t.Errorf("`make compat-debian` does not have %q", want)
	}
}
