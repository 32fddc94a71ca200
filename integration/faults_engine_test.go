package integration

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// heavy is for tests that take an engine of their own, or much of the machine.
func heavy(t *testing.T) {
	t.Helper()
	if os.Getenv("PYBUILD_FAULTS") == "" {
		t.Skip("breaks engines of its own, for some minutes: run `make faults`")
	}
}

// TestRegistryFaults has a registry fail while the base is pulled. BuildKit tries again
// what passes; what stays is an error at the line of the base, and the next build succeeds.
func TestRegistryFaults(t *testing.T) {
	heavy(t)
	for name, f := range map[string]fault{"500": answers(500), "429": answers(429), "cut": cut} {
		t.Run(name, func(t *testing.T) {
			registry, current := faultyRegistry(t)
			base := registry + "/library/python:3.13-slim"
			files := map[string]string{"pybuild.toml": "base = \"" + base + "\"\n[serve]\nscript = \"job.py\"\n", "job.py": "print(1)\n"}

			passing := f.times(1, "/v2/library/python/")
			current.Store(&passing)
			o := ownBuildkitd(t, "", "", "").start()
			build{dir: project(t, files), host: o.addr}.must(t)
			o.stop()

			for _, path := range []string{"/v2/library/python/manifests", "/v2/library/python/blobs"} {
				staying := f.times(-1, path)
				current.Store(&staying)
				o = ownBuildkitd(t, "", "", "").start()
				tr := build{dir: project(t, files), host: o.addr}.run(t)
				if tr.err == nil {
					t.Errorf("the registry fails at %s, and the build does not", path)
					continue
				}
				t.Logf("%s: %v", path, tr.err)
				if !strings.Contains(tr.err.Error(), base) && !strings.Contains(tr.err.Error(), registry) {
					t.Errorf("the error does not name the registry: %v", tr.err)
				}
				current.Store(nil)
				build{dir: project(t, files), host: o.addr}.must(t)
				o.stop()
			}
		})
	}
}

// TestPushFaults has a registry fail over the layers of an image that is pushed, from the first
// or after it has taken one, and the engine killed after that. The registry would take a manifest
// all the time, and gets none: nothing is tagged before all of it is there.
func TestPushFaults(t *testing.T) {
	heavy(t)
	registry, current := faultyRegistry(t)
	o := ownBuildkitd(t, "", "", "").start()
	for name, c := range map[string]struct {
		fault fault // none for an engine that is killed
		takes int64 // layers before that
	}{
		"500": {answers(500), 0}, "429": {answers(429), 0}, "cut": {dropped, 0},
		"500 after a layer": {answers(500), 1}, "429 after a layer": {answers(429), 1}, "cut after a layer": {dropped, 1},
		"killed after a layer": {nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			wheel := dist{name: "pushed" + fmt.Sprint(rand.Uint32()), version: "1.0"}
			wheel.files = map[string]string{wheel.name + ".bin": noise(bigLayer)}
			// An image of two new layers, which no registry has.
			dir := project(t, map[string]string{
				"pybuild.toml": job, "job.py": "print(1)\n", "model.bin": noise(bigLayer), "pylock.toml": newIndex(t, wheel).pylock(t, wheel),
			})
			push := newBreaking(c.fault, c.takes)
			broken := fault(push.handle)
			current.Store(&broken)
			ref := fmt.Sprintf("%s/faults/push:%s-%d", registry, strings.ReplaceAll(name, " ", "-"), rand.Uint32())
			var kill chan struct{}
			if c.fault == nil {
				kill = push.broke
			}
			tr := o.killOn(t, kill, build{dir: dir, host: o.addr, push: ref})
			current.Store(nil)
			t.Logf("%v", tr.err)
			if taken := push.taken.Load(); taken != c.takes {
				t.Errorf("the registry has taken %d layers", taken)
			}
			if manifests := push.manifests.Load(); tr.err == nil || manifests > 0 || manifestDigest(t, ref) != "" {
				t.Errorf("the push broke with %v, the registry got %d manifests, and the tag is %q", tr.err, manifests, manifestDigest(t, ref))
			}
			if o.running == nil {
				o.start()
			}
			build{dir: dir, host: o.addr, push: ref}.must(t)
			if manifestDigest(t, ref) == "" {
				t.Error("the next build tagged nothing")
			}
		})
	}
}

// bigLayer is more than a configuration has, of whatever it is that does not compress.
const bigLayer = 1 << 20

func noise(n int) string {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%032d", rand.Uint64())))).Read(data)
	return string(data)
}

// breaking is a registry that breaks over the layers of a push after some.
type breaking struct {
	behind           http.Handler
	fault            fault // none for one that says nothing until the client is gone
	takes            int64
	turns            chan struct{} // one for each layer that is taken
	taken, manifests atomic.Int64
	all, broke       chan struct{} // all that are taken are; a layer is not
}

func newBreaking(f fault, takes int64) *breaking {
	b := &breaking{behind: bedRegistry(), fault: f, takes: takes, turns: make(chan struct{}, takes), all: make(chan struct{}), broke: make(chan struct{}, 1)}
	for range takes {
		b.turns <- struct{}{}
	}
	if takes == 0 {
		close(b.all)
	}
	return b
}

func (b *breaking) handle(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") {
		b.manifests.Add(1)
	}
	if r.Method != http.MethodPut || !strings.Contains(r.URL.Path, "/blobs/uploads/") || r.ContentLength < bigLayer {
		return false
	}
	select {
	case <-b.turns:
		b.behind.ServeHTTP(w, r)
		if b.taken.Add(1) == b.takes {
			close(b.all)
		}
		return true
	default:
	}
	<-b.all
	select {
	case b.broke <- struct{}{}:
	default:
	}
	if b.fault != nil {
		return b.fault(w, r)
	}
	// Only then is it seen that the client is gone.
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
	return true
}

// dropped is a server that goes away in the middle of a request.
func dropped(_ http.ResponseWriter, r *http.Request) bool {
	_, _ = r.Body.Read(make([]byte, 100))
	panic(http.ErrAbortHandler)
}

// TestEngineKilled kills an engine in the middle of a step, and builds again on the
// state that it left.
func TestEngineKilled(t *testing.T) {
	heavy(t)
	o := ownBuildkitd(t, "", "", "").start()
	wheel := dist{name: "killed" + fmt.Sprint(rand.Uint32()), version: "1.0"}
	ix, asked := hanging(t)
	ix.files = newIndex(t, wheel).files
	dir := project(t, map[string]string{
		"pybuild.toml": job, "job.py": "print(1)\n", "requirements.txt": "--index-url " + ix.simple() + "\n" + wheel.name + "==1.0\n",
	})
	tr := o.killOn(t, asked, build{dir: dir, host: o.addr})
	if tr.err == nil {
		t.Fatal("the build outlived its engine")
	}
	t.Logf("the client sees: %v", tr.err)
	ix.breaks(nil)
	o.start()
	module := sitePackages + wheel.name + ".py"
	if tr := (build{dir: dir, host: o.addr, read: []string{module}}).must(t); tr.files[module] == "" {
		t.Error("the package is not in the image")
	}
}

// TestDiskFull fills the disk of an engine with a build, and then gives it more.
func TestDiskFull(t *testing.T) {
	heavy(t)
	dir := short(t)
	if err := syscall.Mount("pybuild", dir, "tmpfs", 0, "size=500m"); err != nil {
		lacks(t, "no disk to fill: %v", err)
	}
	o := ownBuildkitd(t, "", dir, "").start()
	var dists []dist
	tag := fmt.Sprint(rand.Uint32())
	for i := range 24 {
		data := make([]byte, 10<<20)
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(data)
		dists = append(dists, dist{name: fmt.Sprintf("full%d%s", i, tag), version: "1.0", files: map[string]string{fmt.Sprintf("full%d.bin", i): string(data)}})
	}
	ix := newIndex(t, dists...)
	project := project(t, map[string]string{"pybuild.toml": job, "job.py": "print(1)\n", "pylock.toml": ix.pylock(t, dists...)})
	tr := build{dir: project, host: o.addr}.run(t)
	if tr.err == nil || !strings.Contains(tr.err.Error(), "[PB512]") {
		t.Fatalf("a build that the disk has no room for: %v\n%s", tr.err, tr.logs)
	}
	t.Log(tr.err)
	if err := syscall.Mount("pybuild", dir, "tmpfs", syscall.MS_REMOUNT, "size=4g"); err != nil {
		t.Fatal(err)
	}
	files := build{dir: project, host: o.addr, read: []string{sitePackages + "full23.bin"}}.must(t).files
	if len(files[sitePackages+"full23.bin"]) != 10<<20 {
		t.Errorf("a file of the image has %d bytes", len(files[sitePackages+"full23.bin"]))
	}
}

// TestSlowServers has a registry and an index that take their time: a build waits for them.
func TestSlowServers(t *testing.T) {
	heavy(t)
	registry, current := faultyRegistry(t)
	crawl := fault(func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-time.After(3 * time.Second):
		case <-r.Context().Done():
		}
		return false
	})
	current.Store(&crawl)
	wheel, other := dist{name: "slow" + fmt.Sprint(rand.Uint32()), version: "1.0"}, dist{name: "late" + fmt.Sprint(rand.Uint32()), version: "1.0"}
	ix := newIndex(t, wheel, other)
	ix.breaks(crawl)
	o := ownBuildkitd(t, "", "", "").start()
	for name, text := range map[string]string{
		"pylock.toml": ix.pylock(t, wheel), "requirements.txt": "--index-url " + ix.simple() + "\n" + other.name + "==1.0\n",
	} {
		build{host: o.addr, dir: project(t, map[string]string{
			"pybuild.toml": "base = \"" + registry + "/library/python:3.13-slim\"\n[serve]\nscript = \"job.py\"\n", "job.py": "print(1)\n", name: text,
		})}.must(t)
	}
}

// TestIndexStaysBroken has an index never recover under uv's own requests, which it tries
// seven times: the build says so, and the next one succeeds.
func TestIndexStaysBroken(t *testing.T) {
	heavy(t)
	for name, f := range map[string]fault{"500": answers(500), "429": answers(429), "cut": cut} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wheel := dist{name: "broken" + fmt.Sprint(rand.Uint32()), version: "1.0"}
			ix := newIndex(t, wheel)
			ix.breaks(f)
			dir := project(t, map[string]string{
				"pybuild.toml": job, "job.py": "print(1)\n", "requirements.txt": "--index-url " + ix.simple() + "\n" + wheel.name + "==1.0\n",
			})
			tr := build{dir: dir}.run(t)
			if tr.err == nil || !strings.Contains(tr.err.Error(), "[PB507]") || !strings.Contains(tr.err.Error()+tr.logs, ix.URL) {
				t.Errorf("a build whose index is out of order: %v\n%s", tr.err, tr.logs)
			}
			ix.breaks(nil)
			build{dir: dir}.must(t)
		})
	}
}

// TestManyBuildsCold runs two builds and then twenty at once on an engine that has neither
// the base nor anything in a cache.
func TestManyBuildsCold(t *testing.T) {
	heavy(t)
	o := ownBuildkitd(t, "", "", "").start()
	atOnce(t, o.addr, 2)
	atOnce(t, o.addr, 20)
}
