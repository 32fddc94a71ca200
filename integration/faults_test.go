package integration

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

// fault is what a server does instead of answering.
type fault func(w http.ResponseWriter, r *http.Request) bool

// answers is a server that fails with a status, and says how long to wait.
func answers(status int) fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "2")
		http.Error(w, "out of order", status)
		return true
	}
}

// cut is a server that promises more than it sends.
func cut(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Content-Length", "100000")
	_, _ = w.Write(make([]byte, 5000))
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// cutChunked is a server that goes away in the middle of an answer whose length it did not say.
func cutChunked(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Type", "text/html")
	_, _ = w.Write(make([]byte, 5000))
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// times has a fault end after some requests below a path; never for a negative number.
func (f fault) times(n int64, path string) fault {
	var seen atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, path) || n >= 0 && seen.Add(1) > n {
			return false
		}
		return f(w, r)
	}
}

// TestIndexFaults has an index fail under the engine's own downloads, and under uv's:
// a fault that passes is no fault of the build, and one that stays is named. The next
// build succeeds.
func TestIndexFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault fault
		says  string // of the build whose server never recovers
	}{
		"500": {answers(500), "answers 500 Internal Server Error"},
		"429": {answers(429), "answers 429 Too Many Requests"},
		"cut": {cut, "the connection ended 95000 bytes early"}, "cut in chunks": {cutChunked, "the connection ended early"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tag := fmt.Sprint(rand.Uint32())
			wheel, other := dist{name: "wheel" + tag, version: "1.0"}, dist{name: "other" + tag, version: "1.0"}
			ix := newIndex(t, wheel, other)
			files := map[string]string{"pybuild.toml": job, "job.py": "print(1)\n", "pylock.toml": ix.pylock(t, wheel, other)}
			module := sitePackages + wheel.name + ".py"
			// The engine's own try, its question what the server answers, and one of the step's.
			ix.breaks(c.fault.times(3, "/files/"+wheel.name+"/"))
			tr := build{dir: project(t, files), read: []string{module}}.must(t)
			if tr.files[module] == "" || !strings.Contains(fmt.Sprint(tr.warnings), "the engine could not download "+ix.URL) {
				t.Errorf("the module is %q after the warnings %q", tr.files[module], tr.warnings)
			}

			wheel = dist{name: "lost" + tag, version: "1.0"}
			lost := newIndex(t, wheel)
			files["pylock.toml"] = lost.pylock(t, wheel)
			lost.breaks(c.fault.times(-1, "/files/"))
			broken := build{dir: project(t, files)}.run(t)
			if broken.err == nil || !strings.Contains(broken.err.Error(), "[PB507]") || !strings.Contains(broken.logs, wheel.file()+": "+lost.URL) || !strings.Contains(broken.logs, c.says) {
				t.Errorf("a wheel that cannot be had: %v\n%s", broken.err, broken.logs)
			}
			lost.breaks(nil)
			build{dir: project(t, files)}.must(t)
		})
		t.Run("uv "+name, func(t *testing.T) {
			t.Parallel()
			wheel := dist{name: "uv" + fmt.Sprint(rand.Uint32()), version: "1.0"}
			ix := newIndex(t, wheel)
			ix.breaks(c.fault.times(1, "/"))
			tr := build{dir: project(t, map[string]string{
				"pybuild.toml": job, "job.py": "print(1)\n", "requirements.txt": "--index-url " + ix.simple() + "\n" + wheel.name + "==1.0\n",
			})}.run(t)
			if tr.err != nil {
				t.Errorf("%v\n%s", tr.err, tr.logs)
			}
		})
	}
}

// hanging is an index that takes a request and says nothing until the test ends.
func hanging(t *testing.T) (ix *index, asked chan struct{}) {
	t.Helper()
	asked = make(chan struct{}, 100)
	ix = newIndex(t)
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	ix.breaks(func(_ http.ResponseWriter, r *http.Request) bool {
		asked <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-stop:
		}
		return true
	})
	return ix, asked
}

// TestClientGone cancels builds in the middle of a download and of a step, and one that
// only answers. The next build on that engine succeeds, and nothing of the frontend stays behind.
func TestClientGone(t *testing.T) {
	if os.Getenv("BUILDKIT_HOST") == "" {
		t.Skip("no engine: run `make test`")
	}
	before := goleak.IgnoreCurrent()
	wheel := dist{name: "gone" + fmt.Sprint(rand.Uint32()), version: "1.0"}
	locked := func(ix *index) (string, string) { return "pylock.toml", ix.pylock(t, wheel) }
	resolved := func(ix *index) (string, string) {
		return "requirements.txt", "--index-url " + ix.simple() + "\n" + wheel.name + "==1.0\n"
	}
	for name, c := range map[string]struct {
		input func(ix *index) (string, string)
		attrs map[string]string
	}{
		"download":  {locked, nil},
		"step":      {resolved, nil},
		"platforms": {resolved, map[string]string{"platform": "linux/amd64,linux/arm64"}},
		"answer":    {resolved, map[string]string{"requestid": "frontend.explain"}},
	} {
		t.Run(name, func(t *testing.T) {
			ix, asked := hanging(t)
			served := newIndex(t, wheel)
			ix.files = served.files
			file, text := c.input(ix)
			files := map[string]string{"pybuild.toml": job, "job.py": "print(1)\n", file: text}
			ctx, cancel := context.WithCancel(context.Background())
			go func() { <-asked; cancel() }()
			tr := build{dir: project(t, files), attrs: c.attrs, ctx: ctx}.run(t)
			if tr.err == nil || !strings.Contains(tr.err.Error(), "canceled") {
				t.Fatalf("a build whose client is gone: %v", tr.err)
			}
			ix.breaks(nil)
			build{dir: project(t, files), attrs: c.attrs}.must(t)
		})
	}
	goleak.VerifyNone(t, before)
}

// TestManyBuilds runs twenty builds at once on one engine and one uv cache: each image
// has its own code, and the package that all share and nobody has had before.
func TestManyBuilds(t *testing.T) {
	t.Parallel()
	engine(t)
	atOnce(t, "", 20)
}

// atOnce runs builds at the same time, however many tests may run in parallel.
func atOnce(t *testing.T, host string, n int) {
	t.Helper()
	tag := fmt.Sprint(rand.Uint32())
	shared := dist{name: "shared" + tag, version: "1.0"}
	module := sitePackages + shared.name + ".py"
	ix := newIndex(t, shared)
	codes, traces := make([]string, n), make([]*trace, n)
	var all sync.WaitGroup
	for i := range n {
		codes[i] = fmt.Sprintf("print(%d, %q)\n", i, tag)
		b := build{host: host, read: []string{"app/job.py", module}, dir: project(t, map[string]string{
			"pybuild.toml": job, "job.py": codes[i], "requirements.txt": "--index-url " + ix.simple() + "\n" + shared.name + "==1.0\n",
		})}
		all.Go(func() { traces[i] = b.run(t) })
	}
	all.Wait()
	for i, tr := range traces {
		if tr == nil || tr.err != nil || tr.files["app/job.py"] != codes[i] || tr.files[module] == "" {
			t.Errorf("build %d of %d at once: %+v", i, n, tr)
		}
	}
}

// TestBaseVanished builds on a base that is then gone from its registry: by its tag
// that is an error at its line, and by its digest the engine still has it.
func TestBaseVanished(t *testing.T) {
	t.Parallel()
	registry, gone := faultyRegistry(t)
	base := registry + "/library/python:3.13-slim"
	dir := project(t, map[string]string{"pybuild.toml": "base = \"" + base + "\"\n[serve]\nscript = \"job.py\"\n", "job.py": "print(1)\n"})
	build{dir: dir}.must(t)
	digest := manifestDigest(t, base)

	notFound := fault(func(w http.ResponseWriter, r *http.Request) bool { http.NotFound(w, r); return true })
	gone.Store(&notFound)
	write(t, filepath.Join(dir, "job.py"), "print(2)\n")
	build{dir: dir}.fails(t, "pybuild.toml:1:8: cannot use the image "+base, "not found")
	replace(t, filepath.Join(dir, "pybuild.toml"), base, base+"@"+digest)
	build{dir: dir}.must(t)

	gone.Store(nil)
	build{dir: dir}.must(t)
}

// faultyRegistry stands before the bed's registry, on the loopback interface.
func faultyRegistry(t *testing.T) (string, *atomic.Pointer[fault]) {
	t.Helper()
	engine(t)
	proxy := bedRegistry()
	var current atomic.Pointer[fault]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := current.Load(); f != nil && (*f)(w, r) {
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), &current
}

// bedRegistry hands requests on to the bed's registry.
func bedRegistry() http.Handler {
	return httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: os.Getenv("PYBUILD_REGISTRY")})
}

// manifestDigest is the digest that a registry has for a name.
func manifestDigest(t *testing.T, ref string) string {
	t.Helper()
	host, rest, _ := strings.Cut(ref, "/")
	repo, tag, _ := strings.Cut(rest, ":")
	res, err := http.Head("http://" + host + "/v2/" + repo + "/manifests/" + tag)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.Header.Get("Docker-Content-Digest")
}
