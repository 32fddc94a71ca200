package integration

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
)

// TestFleet builds on two machines: on one that has nothing but the cache of the
// other, and on both at once, one platform each.
func TestFleet(t *testing.T) {
	t.Parallel()
	engine(t)
	f, dir := newFleetProject(t)
	// Seconds that say nothing here.
	note(t, filepath.Join(dir, "pybuild.toml"), "[runtime]\nstdlib-bytecode = false\n")
	first, second := f.builder(), f.builder()
	f.join("first", map[string]*machine{"": first})
	f.join("second", map[string]*machine{"": second})
	cache := "type=registry,ref=" + f.repo + ":cache"
	f.must("first", dir, f.push("1"), "--sbom=true", "--cache-to="+cache+",mode=max")
	f.asked.take()
	f.registry.take()

	// Nothing runs: neither a package nor the base nor uv is fetched.
	cold := f.must("second", dir, f.push("2"), "--cache-from="+cache)
	for _, step := range append(installing, "find the packages") {
		cold.step(t, step)
	}
	for _, name := range sorted(cold.cached) {
		if cold.ran(name) && !noStep.MatchString(name) {
			t.Errorf("the imported cache does not have %s", name)
		}
	}
	if asked := f.asked.take(); len(asked) > 0 {
		t.Errorf("the index is asked for %v", asked)
	}
	log := f.registry.take()
	if fetched := layers(second, log); len(fetched) > 0 {
		t.Errorf("the machine fetches %v", fetched)
	}
	ranNothing(t, cold, second, log)
	usage, err := f.connect(second, filepath.Join(f.dir, "client")).DiskUsage(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range usage {
		if record.RecordType == client.UsageRecordTypeCacheMount {
			t.Errorf("the second machine has a cache mount: %+v", record)
		}
	}

	// BuildKit itself opens the layers then, to find the files of a bill of materials.
	billed := f.must("second", dir, f.push("2"), "--sbom=true", "--cache-from="+cache)
	if name := billed.step(t, "look at what the image"); billed.ran(name) {
		t.Errorf("the imported cache does not have %s", name)
	}
	f.registry.take()

	// Other code is compiled, over the same packages.
	note(t, filepath.Join(dir, "job.py"), "print('more')\n")
	changed := f.must("second", dir, f.push("3"), "--cache-from="+cache)
	if !changed.ran(changed.step(t, "lay out the app")) || changed.ran(changed.step(t, "install big")) || changed.ran(changed.step(t, "install small")) {
		t.Errorf("other code ran %v", changed.cached)
	}
	if asked := f.asked.take(); len(asked) > 0 {
		t.Errorf("other code asks the index for %v", asked)
	}

	// One builder of two nodes, without an emulator.
	f.join("nodes", map[string]*machine{"linux/amd64": first, "linux/arm64": second})
	f.must("nodes", dir, f.bases("nodes"), "--platform", "linux/amd64,linux/arm64", f.push("both"))
	if got := f.platforms("nodes", "both"); !slices.Equal(got, []string{"linux/amd64", "linux/arm64"}) {
		t.Errorf("the image has the platforms %v", got)
	}
	for _, r := range f.asked.take() {
		if r.from == first.ip {
			t.Errorf("the node of linux/amd64, which has built before, fetches %s", r.path)
		}
	}
}

// TestFleetRefuses shows certificates to a builder that are not of its authority.
func TestFleetRefuses(t *testing.T) {
	t.Parallel()
	engine(t)
	f := newFleet(t)
	b := f.builder()
	other := filepath.Join(f.dir, "other")
	stranger := newAuthority(t)
	stranger.save(t, other, stranger.issue(t))
	for what, dir := range map[string]string{"a certificate of another authority": other, "the certificate of a server": filepath.Join(f.dir, b.name), "no certificate": ""} {
		_, err := f.connect(b, dir).Info(context.Background())
		t.Logf("with %s: %v", what, err)
		if err == nil {
			t.Errorf("the builder answers a client with %s", what)
		}
	}
}

// TestFleetCaches imports what every kind of cache has of a build for two platforms,
// on a machine that has nothing.
func TestFleetCaches(t *testing.T) {
	heavyFleet(t)
	t.Parallel()
	engine(t)
	f, dir := newFleetProject(t)
	f.join("seed", map[string]*machine{"": f.builder()})
	local := filepath.Join(f.dir, "cache")
	both := []string{f.bases("seed"), "--platform=linux/amd64,linux/arm64"}
	for name, c := range map[string]struct {
		to, from string
		again    bool // the packages are looked up again
	}{
		"max":   {"type=registry,mode=max,ref=" + f.repo + ":max", "type=registry,ref=" + f.repo + ":max", false},
		"min":   {"type=registry,mode=min,ref=" + f.repo + ":min", "type=registry,ref=" + f.repo + ":min", false},
		"local": {"type=local,mode=max,dest=" + local, "type=local,src=" + local, false},
		// It has what lies in the image, and what was found does not.
		"inline": {"type=inline", "type=registry,ref=" + f.repo + ":inline", true},
	} {
		t.Run(name, func(t *testing.T) {
			f.must("seed", dir, append(both, f.push(name), "--cache-to="+c.to)...)
			cold := f.builder()
			f.join(cold.name, map[string]*machine{"": cold})
			f.asked.take()
			f.registry.take()
			tr := f.must(cold.name, dir, append(both, f.push("again"), "--cache-from="+c.from)...)
			log := f.registry.take()
			for _, step := range installing {
				if name := tr.step(t, step); tr.ran(name) {
					t.Errorf("the cache does not have %s", name)
				}
			}
			if asked := f.asked.take(); len(asked) > 0 {
				t.Errorf("the index is asked for %v", asked)
			}
			if name := tr.step(t, "find the packages"); tr.ran(name) != c.again {
				t.Errorf("%s ran: %v", name, tr.ran(name))
			}
			if fetched := layers(cold, log); len(fetched) > 0 != c.again {
				t.Errorf("the machine fetches %v", fetched)
			}
			t.Log(traffic(cold, log))
		})
	}
}

func heavyFleet(t *testing.T) {
	t.Helper()
	if os.Getenv("PYBUILD_FLEET") == "" {
		t.Skip("takes minutes: run `make fleet`")
	}
}

// newFleetProject is a fleet, and a project whose packages its index has.
func newFleetProject(t *testing.T) (*fleet, string) {
	t.Helper()
	big, small := large("big", "1.0"), dist{name: "small", version: "1.0"}
	f := newFleet(t, big, small)
	return f, project(t, map[string]string{
		"pybuild.toml": job, "job.py": "import big, small\nprint(big.VERSION)\n", "pylock.toml": f.index.pylock(t, big, small),
	})
}

// noStep are the names of what BuildKit does that is none: sources, which it looks at and need not
// fetch, and what goes in and out.
var noStep = regexp.MustCompile(`^(\[(base|wheels|auth)\] |\[internal\] (load |lay out pybuild's scripts$)|docker-image://|(exporting|importing|resolve) )`)

// installing are the steps that make the image.
var installing = []string{"install big", "install small", "lay out the app", "write the user"}

// layers are what a machine fetched but for the frontend, manifests and configurations.
func layers(m *machine, all []request) []request {
	return slices.DeleteFunc(slices.Clone(all), func(r request) bool {
		return r.from != m.ip || r.method != http.MethodGet || strings.Contains(r.path, "/org/pybuild/") || r.sent < 64<<10
	})
}

// traffic sums up what a machine exchanged with the registry.
func traffic(m *machine, all []request) string {
	var sent, received int64
	for _, r := range all {
		if r.from == m.ip {
			sent, received = sent+r.sent, received+r.received
		}
	}
	return fmt.Sprintf("%.2f MB pulled, %.2f MB pushed", float64(sent)/1e6, float64(received)/1e6)
}
