package integration

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// machine is a network namespace, which ends with the test: its loopback interface
// and its addresses are its own.
type machine struct {
	t    *testing.T
	name string
	ip   string
	ns   *os.File
}

// newMachine makes a namespace without a name, so that nothing is left of a test
// that is killed.
func newMachine(t *testing.T, name, ip string) *machine {
	t.Helper()
	m := &machine{t: t, name: name, ip: ip}
	made := make(chan error)
	go func() {
		// A thread that is still locked at its goroutine's end, ends with it.
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			m.ns, err = os.Open("/proc/thread-self/ns/net")
		}
		made <- err
	}()
	if err := <-made; err != nil {
		lacks(t, "no network namespaces here, so no machines: %v", err)
	}
	t.Cleanup(func() { _ = m.ns.Close() })
	m.ipRoute("link set lo up")
	return m
}

// in runs a function on a thread of the machine. What it opens, and what it starts, stays there.
func (m *machine) in(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := unix.Setns(int(m.ns.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// run runs a program of the machine to its end, and returns what it says.
func (m *machine) run(cmd *exec.Cmd) (string, error) {
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := m.in(cmd.Start); err != nil {
		return "", err
	}
	err := cmd.Wait()
	return out.String(), err
}

func (m *machine) ipRoute(args string) {
	m.t.Helper()
	if out, err := m.run(exec.Command("ip", strings.Fields(args)...)); err != nil {
		m.t.Fatalf("ip %s: %v\n%s", args, err, out)
	}
}

// plug connects the machine to the bridge of another.
func (m *machine) plug(hub *machine) {
	m.t.Helper()
	port := "to-" + m.name
	hub.ipRoute(fmt.Sprintf("link add %s type veth peer name eth0 netns /proc/%d/fd/%d", port, os.Getpid(), m.ns.Fd()))
	hub.ipRoute("link set " + port + " master br0 up")
	m.ipRoute("address add " + m.ip + "/24 dev eth0")
	m.ipRoute("link set eth0 up")
}

func (m *machine) listen(address string) net.Listener {
	m.t.Helper()
	var l net.Listener
	err := m.in(func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return l
}

// dialer connects from the machine to an address.
func (m *machine) dialer(address string) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, _ string) (net.Conn, error) {
		var conn net.Conn
		err := m.in(func() (err error) {
			conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", address)
			return err
		})
		return conn, err
	}
}

// serve has a server at a port of the machine, which writes down what it is asked.
// It shows a certificate, if any.
func (m *machine) serve(port int, h http.Handler, certificates ...tls.Certificate) (*httptest.Server, *requests) {
	m.t.Helper()
	log := &requests{}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.serve(w, r, h)
	}))
	_ = s.Listener.Close()
	s.Listener = m.listen(fmt.Sprintf("%s:%d", m.ip, port))
	if len(certificates) > 0 {
		s.TLS = &tls.Config{Certificates: certificates}
		s.StartTLS()
	} else {
		s.Start()
	}
	m.t.Cleanup(s.Close)
	return s, log
}

// request is what a server was asked, by whom, and how much went each way.
type request struct {
	from, method, path string
	sent, received     int64
}

// requests are those of one server, in the order of their ends.
type requests struct {
	mu  sync.Mutex
	all []request
}

func (r *requests) serve(w http.ResponseWriter, req *http.Request, h http.Handler) {
	from, _, _ := net.SplitHostPort(req.RemoteAddr)
	body, answer := &counted{ReadCloser: req.Body}, &answered{ResponseWriter: w}
	req.Body = body
	h.ServeHTTP(answer, req)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, request{from, req.Method, req.URL.Path, answer.n, body.n})
}

// take returns what was asked since the last time.
func (r *requests) take() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	r.all = nil
	return all
}

// counted and answered count the bytes of both ways.
type counted struct {
	io.ReadCloser
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n += int64(n)
	return n, err
}

type answered struct {
	http.ResponseWriter
	n int64
}

func (a *answered) Write(p []byte) (int, error) {
	n, err := a.ResponseWriter.Write(p)
	a.n += int64(n)
	return n, err
}

func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// daemon starts a program of the machine, which ends with the test.
func (m *machine) daemon(log string, name string, args ...string) {
	m.t.Helper()
	file, err := os.Create(filepath.Clean(log))
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = file, file
	if err := m.in(cmd.Start); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		_ = cmd.Wait()
		_ = file.Close()
	})
}
