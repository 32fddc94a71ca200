package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
)

// owned is an engine of a test's own, which may be broken, filled and killed.
type owned struct {
	t       *testing.T
	dir     string // state, configuration, log
	addr    string
	command func() *exec.Cmd
	ready   func(context.Context) error
	running *exec.Cmd
	ended   chan struct{}
}

// ownBuildkitd configures a buildkitd, of the bed's version unless an executable is
// given, with its state in a directory: one that ends with the test if it is "". It
// knows the bed's registry, and the configuration that is added.
func ownBuildkitd(t *testing.T, exe, dir, add string) *owned {
	t.Helper()
	if os.Getenv("BUILDKIT_HOST") == "" || os.Getuid() != 0 {
		lacks(t, "an engine of the test's own needs root and the bed: run `make test`")
	}
	if exe == "" {
		var err error
		if exe, err = exec.LookPath("buildkitd"); err != nil {
			lacks(t, "no buildkitd on PATH: the bed runs on the machine's Docker engine")
		}
	}
	if dir == "" {
		dir = short(t)
	}
	o := &owned{t: t, dir: dir}
	socket := filepath.Join(short(t), "b.sock")
	o.addr = "unix://" + socket
	registry := os.Getenv("PYBUILD_REGISTRY")
	config := fmt.Sprintf(`root = %q
[grpc]
  address = [%q]
[otel]
  socketPath = %q
[worker.oci]
  snapshotter = "overlayfs"
  networkMode = "host"
  gc = false
[worker.containerd]
  enabled = false
`, filepath.Join(dir, "root"), o.addr, socket+".otel")
	if !strings.Contains(add, `registry."docker.io"`) {
		config += fmt.Sprintf("[registry.\"docker.io\"]\n  mirrors = [%q]\n[registry.%q]\n  http = true\n", registry, registry)
	}
	file := filepath.Join(dir, "buildkitd.toml")
	write(t, file, config+add)
	o.command = func() *exec.Cmd { return exec.Command(exe, "--config", file) }
	o.ready = func(ctx context.Context) error {
		c, err := client.New(ctx, o.addr)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		_, err = c.ListWorkers(ctx)
		return err
	}
	return o
}

// short is a directory whose path leaves room for a socket's name.
func short(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unmountBelow(t, dir)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// start starts the engine, and ends it with the test.
func (o *owned) start() *owned {
	o.t.Helper()
	log, err := os.OpenFile(filepath.Join(o.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := o.command()
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	// What an engine that is killed leaves mounted shall be found below.
	cmd.Env = append(cmd.Env, "TMPDIR="+o.dir)
	// It must not outlive a test that panics.
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	o.running, o.ended = cmd, ended
	o.t.Cleanup(o.stop)

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := o.ready(ctx)
		if err == nil {
			return o
		}
		select {
		case <-ended:
			o.t.Fatalf("the engine ended at once:\n%s", o.logTail())
		case <-ctx.Done():
			o.t.Fatalf("the engine does not answer: %v\n%s", err, o.logTail())
		case <-again.C:
		}
	}
}

// stop ends the engine, as an administrator would.
func (o *owned) stop() {
	if o.running == nil {
		return
	}
	_ = o.running.Process.Signal(syscall.SIGTERM)
	select {
	case <-o.ended:
		o.running = nil
	case <-time.After(patience):
		o.kill()
	}
}

// kill ends the engine as the kernel does when memory is short.
func (o *owned) kill() {
	if o.running == nil {
		return
	}
	_ = o.running.Process.Kill()
	<-o.ended
	o.running = nil
}

// killOn runs a build, and kills the engine in the middle of it when a channel says so.
func (o *owned) killOn(t *testing.T, now <-chan struct{}, b build) *trace {
	t.Helper()
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-now:
			o.kill()
		case <-over:
		}
	}()
	tr := b.run(t)
	close(over)
	// What it leaves of o is read from here on.
	<-done
	return tr
}

func (o *owned) logTail() string {
	data, _ := os.ReadFile(filepath.Join(o.dir, "log"))
	return string(data[max(0, len(data)-3000):])
}

// unmountBelow takes away what an engine that was killed left mounted.
func unmountBelow(t *testing.T, dir string) {
	t.Helper()
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		fields := strings.Fields(lines[i])
		if len(fields) > 4 && (fields[4] == dir || strings.HasPrefix(fields[4], dir+"/")) {
			_ = syscall.Unmount(fields[4], syscall.MNT_DETACH)
		}
	}
}
