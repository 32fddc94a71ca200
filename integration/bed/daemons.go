package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// startDaemons brings up the engines the bed built itself.
func startDaemons(ctx context.Context, p paths, bin, registry string) error {
	if err := ensureBridge(ctx, p); err != nil {
		return err
	}
	// Engines look up runc and the shim on PATH; Debian's must not win.
	path := "PATH=" + prepend(bin, os.Getenv("PATH"))
	for _, configure := range []func(paths, string, string) (service, error){containerd, dockerd, buildkitd} {
		s, err := configure(p, bin, registry)
		if err != nil {
			return err
		}
		s.env = append(s.env, path)
		if err := s.start(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func containerd(p paths, bin, _ string) (service, error) {
	// The disabled plugins would open sockets and directories that a
	// containerd of the machine uses.
	config := fmt.Sprintf(`version = 3
root = %q
state = %q
disabled_plugins = [
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
  "io.containerd.grpc.v1.cri",
  "io.containerd.nri.v1.nri",
  "io.containerd.internal.v1.opt",
]

[grpc]
  address = %q
`, p.state("containerd"), filepath.Join(p.run, "containerd"), p.socket("containerd"))
	file := p.state("containerd.toml")
	return service{
		name:  "containerd",
		exe:   filepath.Join(bin, "containerd"),
		args:  []string{"--config", file},
		stamp: config,
		ready: func(ctx context.Context) error { return dial(ctx, p.socket("containerd")) },
	}, writeFile(file, []byte(config), 0o644)
}

func dockerd(p paths, bin, registry string) (service, error) {
	config, err := json.MarshalIndent(map[string]any{
		"data-root":                p.state("docker"),
		"exec-root":                filepath.Join(p.run, "docker"),
		"pidfile":                  filepath.Join(p.run, "dockerd.pid"),
		"hosts":                    []string{"unix://" + p.socket("docker")},
		"containerd":               p.socket("containerd"),
		"registry-mirrors":         []string{"http://" + registry},
		"features":                 map[string]bool{"containerd-snapshotter": true},
		"userland-proxy":           false,
		"dns-opts":                 resolverOptions(),
		"bridge":                   p.bridge,
		"mtu":                      uplinkMTU(),
		"ip-forward-no-drop":       true, // the machine's own forwarding is not the bed's to stop
		"builder":                  map[string]any{"gc": map[string]any{"enabled": true, "policy": dockerGC()}},
		"shutdown-timeout":         10,
		"max-concurrent-downloads": 6,
	}, "", "  ")
	if err != nil {
		return service{}, err
	}
	file := p.state("daemon.json")
	return service{
		name:  "dockerd",
		exe:   filepath.Join(bin, "dockerd"),
		args:  []string{"--config-file", file},
		stamp: string(config),
		ready: func(ctx context.Context) error { return pingDocker(ctx, p.socket("docker")) },
	}, writeFile(file, config, 0o644)
}

// dockerGC is one rule, since the default ones also drop the cache mounts that an hour's tests share.
func dockerGC() []map[string]any {
	return []map[string]any{{"all": true, "reservedSpace": fmt.Sprintf("%dMB", ceilingMegabytes)}}
}

// resolverOptions are for names that a step looks up: the two questions of a lookup can
// collide where addresses are translated, and the default gives up after two tries.
func resolverOptions() []string {
	return []string{"timeout:2", "attempts:6", "single-request-reopen"}
}

func buildkitd(p paths, bin, registry string) (service, error) {
	options, err := json.Marshal(resolverOptions())
	if err != nil {
		return service{}, err
	}
	config := fmt.Sprintf(`root = %q

[grpc]
  address = ["unix://%s"]

[otel]
  socketPath = %q

[dns]
  options = %s

[worker.oci]
  snapshotter = "overlayfs"
  networkMode = "host"
  gc = true
  [[worker.oci.gcpolicy]]
    all = true
    reservedSpace = "%dMB"

[worker.containerd]
  enabled = false

[registry."docker.io"]
  mirrors = [%q]

[registry.%q]
  http = true
`, p.state("buildkit"), p.socket("buildkitd"), p.socket("otel"), options, ceilingMegabytes, registry, registry)
	file := p.state("buildkitd.toml")
	return service{
		name:  "buildkitd",
		exe:   filepath.Join(bin, "buildkitd"),
		args:  []string{"--config", file},
		stamp: config,
		ready: func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			return command{}.run(ctx, filepath.Join(bin, "buildctl"), "--addr", "unix://"+p.socket("buildkitd"), "debug", "workers")
		},
	}, writeFile(file, []byte(config), 0o644)
}

func dial(ctx context.Context, socket string) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	return conn.Close()
}

func pingDocker(ctx context.Context, socket string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/_ping", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("docker answers %s", resp.Status)
	}
	return nil
}
