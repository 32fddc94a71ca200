package integration

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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

// TestPushFaults has a registry fail, and the engine killed, while the image is pushed:
// nothing is tagged before all of it is there.
func TestPushFaults(t *testing.T) {
	heavy(t)
	registry, current := faultyRegistry(t)
	o := ownBuildkitd(t, "", "", "").start()
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": fmt.Sprintf("print(%d)\n", rand.Uint32())})
	for name, c := range map[string]struct {
		fault  fault
		method string
	}{
		"500": {answers(500), http.MethodPut}, "429": {answers(429), http.MethodPut}, "cut": {dropped, http.MethodPut},
		"killed": {func(w http.ResponseWriter, _ *http.Request) bool { o.kill(); return true }, http.MethodPut},
	} {
		t.Run(name, func(t *testing.T) {
			ref := fmt.Sprintf("%s/faults/push:%s-%d", registry, name, rand.Uint32())
			broken := fault(func(w http.ResponseWriter, r *http.Request) bool {
				return r.Method == c.method && c.fault(w, r)
			})
			// A new image, whose layers the registry does not have.
			note(t, filepath.Join(dir, "job.py"), fmt.Sprintf("print(%d)\n", rand.Uint32()))
			current.Store(&broken)
			tr := build{dir: dir, host: o.addr, push: ref}.run(t)
			current.Store(nil)
			t.Logf("%v", tr.err)
			if tr.err == nil || manifestDigest(t, ref) != "" {
				t.Errorf("the push broke with %v, and the tag is %q", tr.err, manifestDigest(t, ref))
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
	go func() { <-asked; o.kill() }()
	tr := build{dir: dir, host: o.addr}.run(t)
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
		t.Skip(err)
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
	if tr.err == nil || !strings.Contains(tr.err.Error()+tr.logs, "no space left on device") && !strings.Contains(tr.err.Error()+tr.logs, "No space left on device") {
		t.Fatalf("a build that the disk has no room for: %v\n%s", tr.err, tr.logs)
	}
	t.Logf("%v\n%s", tr.err, tr.logs)
	if err := syscall.Mount("pybuild", dir, "tmpfs", syscall.MS_REMOUNT, "size=4g"); err != nil {
		t.Fatal(err)
	}
	files := build{dir: project, host: o.addr, read: []string{sitePackages + "full23.bin"}}.must(t).files
	if len(files[sitePackages+"full23.bin"]) != 10<<20 {
		t.Errorf("a file of the image has %d bytes", len(files[sitePackages+"full23.bin"]))
	}
}
