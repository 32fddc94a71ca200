package integration

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	hubAddress    = "10.77.0.1"
	fleetRegistry = hubAddress + ":5000"
)

// fleet is machines on a network of their own: a hub with a registry, a package index and
// the client, and builders, which know nothing of each other.
type fleet struct {
	t        *testing.T
	dir      string
	hub      *machine
	registry *requests
	index    *index
	asked    *requests // of the index
	ca       authority
	builders int
	// frontend is the image of the first line, as the builders reach it.
	frontend string
	// repo is where the fleet's own images go to.
	repo string
}

// newFleet has no builders yet. What its index has is given.
func newFleet(t *testing.T, dists ...dist) *fleet {
	t.Helper()
	if os.Geteuid() != 0 {
		lacks(t, "machines are network namespaces, which root alone can make")
	}
	if _, err := exec.LookPath("buildkitd"); err != nil {
		lacks(t, "no buildkitd to start: the bed has one where it built its own engines")
	}
	frontend, registry := frontendImage(t), os.Getenv("PYBUILD_REGISTRY")
	f := &fleet{t: t, dir: t.TempDir(), ca: newAuthority(t), hub: newMachine(t, "hub", hubAddress)}
	f.hub.ipRoute("link add br0 type bridge")
	f.hub.ipRoute("address add " + hubAddress + "/24 dev br0")
	f.hub.ipRoute("link set br0 up")
	bed := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: registry})
	}}
	hub := f.ca.issue(t, net.ParseIP(hubAddress))
	_, f.registry = f.hub.serve(5000, bed, hub)
	f.index = newIndex(t, dists...)
	f.index.Server, f.asked = f.hub.serve(8080, f.index)
	f.frontend = strings.Replace(frontend, registry, fleetRegistry, 1)
	f.repo = fleetRegistry + "/fleet/" + strings.ToLower(filepath.Base(filepath.Dir(f.dir)))
	f.ca.save(t, filepath.Join(f.dir, "client"), f.ca.issue(t))
	return f
}

// builder starts a buildkitd with an empty cache on a machine of its own, which
// wants to see the certificate of who asks.
func (f *fleet) builder() *machine {
	f.t.Helper()
	f.builders++
	m := newMachine(f.t, fmt.Sprintf("b%d", f.builders), fmt.Sprintf("10.77.0.%d", 10+f.builders))
	m.plug(f.hub)
	dir := filepath.Join(f.dir, m.name)
	f.ca.save(f.t, dir, f.ca.issue(f.t, net.ParseIP(m.ip)))
	write(f.t, filepath.Join(dir, "buildkitd.toml"), fmt.Sprintf(`root = %q
[grpc]
  address = ["tcp://%s:1234"]
  [grpc.tls]
    ca = %q
    cert = %q
    key = %q
[otel]
  socketPath = %q
[worker.oci]
  snapshotter = "overlayfs"
  networkMode = "host"
[worker.containerd]
  enabled = false
[registry."docker.io"]
  mirrors = [%q]
[registry.%q]
  ca = [%q]
`, filepath.Join(dir, "root"), m.ip, filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"),
		filepath.Join(dir, "otel.sock"), fleetRegistry, fleetRegistry, filepath.Join(dir, "ca.pem")))
	m.daemon(filepath.Join(dir, "log"), "buildkitd", "--config", filepath.Join(dir, "buildkitd.toml"))
	f.await(m)
	return m
}

// await waits until a builder answers a client with a certificate.
func (f *fleet) await(m *machine) {
	f.t.Helper()
	c := f.connect(m, filepath.Join(f.dir, "client"))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		_, err := c.Info(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(f.dir, m.name, "log"))
			f.t.Fatalf("%s does not answer: %v\n%s", m.name, err, log)
		case <-again.C:
		}
	}
}

// push is an exporter that pushes, as a flag of a build.
func (f *fleet) push(tag string) string {
	return "--output=type=image,push=true,name=" + f.repo + ":" + tag
}

// connect is a client on the hub, with the certificate of a directory, or without one for "".
func (f *fleet) connect(m *machine, dir string) *client.Client {
	f.t.Helper()
	opts := []client.ClientOpt{client.WithContextDialer(f.hub.dialer(m.ip + ":1234")), client.WithServerConfig(m.ip, filepath.Join(f.dir, "client", "ca.pem"))}
	if dir != "" {
		opts = append(opts, client.WithCredentials(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")))
	}
	c, err := client.New(context.Background(), "tcp://"+m.ip+":1234", opts...)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = c.Close() })
	return c
}

// docker runs the Docker command line on the hub.
func (f *fleet) docker(args ...string) (string, error) {
	cmd := exec.Command("docker", args...)
	cmd.Env = append(os.Environ(), "BUILDX_CONFIG="+filepath.Join(f.dir, "buildx"), "SSL_CERT_FILE="+filepath.Join(f.dir, "client", "ca.pem"))
	return f.hub.run(cmd)
}

// join makes one builder of buildx of machines, each for one platform.
func (f *fleet) join(name string, nodes map[string]*machine) {
	f.t.Helper()
	dir := filepath.Join(f.dir, "client")
	tls := fmt.Sprintf("cacert=%s,cert=%s,key=%s", filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	first := true
	for _, platform := range sorted(nodes) {
		m := nodes[platform]
		args := []string{"buildx", "create", "--name", name, "--node", name + "-" + m.name, "--driver", "remote",
			"--driver-opt", tls + ",servername=" + m.ip}
		if platform != "" {
			args = append(args, "--platform", platform)
		}
		if !first {
			args = append(args, "--append")
		}
		if out, err := f.docker(append(args, "tcp://"+m.ip+":1234")...); err != nil {
			f.t.Fatalf("%v\n%s", err, out)
		}
		first = false
	}
}

// must is a build that succeeds.
func (f *fleet) must(builder, dir string, flags ...string) *trace {
	f.t.Helper()
	tr := f.build(builder, dir, flags...)
	if tr.err != nil {
		f.t.Fatalf("%v\n%s", tr.err, tr.logs)
	}
	return tr
}

// build is `docker buildx build` on a builder, as the progress tells it.
func (f *fleet) build(builder, dir string, flags ...string) *trace {
	f.t.Helper()
	useSyntax(f.t, filepath.Join(dir, "pybuild.toml"), f.frontend)
	args := append([]string{"buildx", "build", "--builder", builder, "--progress", "rawjson", "-f", filepath.Join(dir, "pybuild.toml")}, flags...)
	out, err := f.docker(append(args, dir)...)
	tr := &trace{cached: map[string]bool{}, err: err}
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		var s client.SolveStatus
		if json.Unmarshal(lines.Bytes(), &s) != nil {
			tr.logs += lines.Text() + "\n"
			continue
		}
		for _, v := range s.Vertexes {
			if v.Completed != nil {
				// What is cached completes again when it is downloaded.
				tr.cached[v.Name] = tr.cached[v.Name] || v.Cached
			}
		}
		for _, l := range s.Logs {
			tr.logs += string(bytes.TrimRight(l.Data, "\x00"))
		}
	}
	return tr
}

// bases is a build context with a base for both platforms, in a registry that the builders reach.
func (f *fleet) bases(builder string) string {
	f.t.Helper()
	foreign := strings.Replace(foreignBase(f.t), os.Getenv("PYBUILD_REGISTRY"), fleetRegistry, 1)
	ref := f.repo + "/python:3.13-slim"
	if out, err := f.docker("buildx", "imagetools", "create", "--builder", builder, "-t", ref, fleetRegistry+"/library/python:3.13-slim", foreign); err != nil {
		f.t.Fatalf("%v\n%s", err, out)
	}
	return "--build-context=python:3.13-slim=docker-image://" + ref
}

// platforms are those of an image in the registry.
func (f *fleet) platforms(builder, tag string) []string {
	f.t.Helper()
	out, err := f.docker("buildx", "imagetools", "inspect", "--builder", builder, "--raw", f.repo+":"+tag)
	var index ocispecs.Index
	if err == nil {
		err = json.Unmarshal([]byte(out), &index)
	}
	if err != nil {
		f.t.Fatalf("%v\n%s", err, out)
	}
	var all []string
	for _, m := range index.Manifests {
		if p := m.Platform; p != nil && p.OS != "unknown" {
			all = append(all, p.OS+"/"+p.Architecture)
		}
	}
	slices.Sort(all)
	return all
}
