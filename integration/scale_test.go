package integration

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"

	"github.com/pybuild/pybuild/frontend"
)

var updateScale = flag.Bool("update-scale", false, "write what TestFleetScale measures to docs/benchmarks/scale.json")

const scaleFile = "../docs/benchmarks/scale.json"

// measured is what some services cost, built one after the other on one builder.
type measured struct {
	Services int `json:"services"`
	// Steps are those that install packages, Ran those of them that were not cached.
	Steps int `json:"steps"`
	Ran   int `json:"ran"`
	// Bytes are the distinct compressed layers of all services but for the base's; Last
	// those that the second half of the services added.
	Bytes int64 `json:"bytes"`
	Last  int64 `json:"last"`
	// Patched are the new bytes after one small package changed that all have.
	Patched int64 `json:"patched"`
}

// TestFleetScale builds services whose locks overlap, with layers by package and with one.
func TestFleetScale(t *testing.T) {
	heavyFleet(t)
	found := map[string]measured{}
	for _, layers := range []string{"packages", "single"} {
		found[layers] = measureScale(t, layers)
		t.Logf("%s: %+v", layers, found[layers])
	}
	p, s := found["packages"], found["single"]
	if p.Bytes*2 > s.Bytes || p.Patched*2 > s.Patched || 2*p.Ran > p.Steps {
		t.Errorf("layers by package share too little: %+v against %+v", p, s)
	}
	if !*updateScale {
		for layers, then := range scaleOnFile(t) {
			found[layers].near(t, layers, then)
		}
		return
	}
	data, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(scaleFile, append(data, '\n'), 0o644); err != nil { //nolint:gosec // docs
		t.Fatal(err)
	}
}

// near wants what was measured before: the same steps, and bytes within a tenth, since what all
// services have of pybuild itself changes with it.
func (m measured) near(t *testing.T, layers string, then measured) {
	t.Helper()
	if m.Services != then.Services || m.Steps != then.Steps || m.Ran != then.Ran {
		t.Errorf("%s: %+v, and %s has %+v: measure again with -update-scale", layers, m, scaleFile, then)
	}
	for _, b := range [][2]int64{{m.Bytes, then.Bytes}, {m.Last, then.Last}, {m.Patched, then.Patched}} {
		if 10*max(b[0]-b[1], b[1]-b[0]) > b[1] {
			t.Errorf("%s: %d bytes, and %s has %d: measure again with -update-scale", layers, b[0], scaleFile, b[1])
		}
	}
}

// scaleOnFile is what was measured before.
func scaleOnFile(t *testing.T) map[string]measured {
	t.Helper()
	data, err := os.ReadFile(scaleFile)
	if err != nil {
		t.Fatal(err)
	}
	var found map[string]measured
	if err := json.Unmarshal(data, &found); err != nil || len(found) != 2 {
		t.Fatalf("%s: %v %+v", scaleFile, err, found)
	}
	return found
}

// catalog is what a company's services choose from: packages of 3 MB and of 20 to 400 KB.
func catalog(tag string) (large, small []dist) {
	random := rand.New(rand.NewPCG(1, 2))
	bytes := func(name string, n int) map[string]string {
		data := make([]byte, n)
		_, _ = rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%-32.32s", name+tag)))).Read(data)
		return map[string]string{name + "/__init__.py": "", name + "/data.bin": string(data)}
	}
	for i := range 10 {
		name := fmt.Sprintf("large%d%s", i, tag)
		large = append(large, dist{name: name, version: "1.0", files: bytes(name, 3<<20)})
	}
	for i := range 40 {
		name := fmt.Sprintf("small%d%s", i, tag)
		small = append(small, dist{name: name, version: "1.0", files: bytes(name, 20<<10+random.IntN(380<<10))})
	}
	return large, small
}

// choose is the lock of a service: the two large and the ten small packages that all have, and as
// many again of each as the service alone knows why. Every third service has the lock of the one before.
func choose(i int, large, small []dist) []dist {
	if i%3 == 2 {
		i--
	}
	random := rand.New(rand.NewPCG(3, uint64(i)))
	chosen := append(append([]dist{}, large[:2]...), small[:10]...)
	for _, n := range random.Perm(len(large) - 2)[:2] {
		chosen = append(chosen, large[2+n])
	}
	for _, n := range random.Perm(len(small) - 10)[:10] {
		chosen = append(chosen, small[10+n])
	}
	return chosen
}

func measureScale(t *testing.T, layers string) measured {
	t.Helper()
	const services = 20
	tag := fmt.Sprint(rand.Uint32())
	big, small := catalog(tag)
	patched := small[0]
	patched.version = "1.1"
	ix := newIndex(t, append(append(append([]dist{}, big...), small...), patched)...)
	m := measured{Services: services}
	seen := map[string]bool{}
	for _, l := range baseLayers(t) {
		seen[l.Digest.String()] = true
	}
	for round, change := range []bool{false, true} {
		for i := range services {
			lock := choose(i, big, small)
			for j := range lock {
				if change && lock[j].name == patched.name {
					lock[j] = patched
				}
			}
			dir := project(t, map[string]string{
				"pybuild.toml": job + "[build]\nlayers = \"" + layers + "\"\n", "job.py": fmt.Sprintf("print(%q)\n", tag+fmt.Sprint(i)), "pylock.toml": ix.pylock(t, lock...),
			})
			repo := fmt.Sprintf("scale/%s/%s%d", tag, layers, i)
			tr := pushed(t, dir, repo, fmt.Sprint(round))
			fresh := int64(0)
			for _, l := range manifest(t, repo, fmt.Sprint(round)).Layers {
				if !seen[l.Digest.String()] {
					seen[l.Digest.String()] = true
					fresh += l.Size
				}
			}
			if change {
				m.Patched += fresh
				continue
			}
			for name, cached := range tr.cached {
				if strings.HasPrefix(name, "[packages] install") {
					m.Steps++
					if !cached {
						m.Ran++
					}
				}
			}
			m.Bytes += fresh
			if i >= services/2 {
				m.Last += fresh
			}
		}
	}
	return m
}

// pushed builds a directory by the frontend in this process, and pushes the image.
func pushed(t *testing.T, dir, repo, tag string) *trace {
	t.Helper()
	local, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	opt := client.SolveOpt{
		FrontendAttrs: map[string]string{"filename": "pybuild.toml"},
		LocalMounts:   map[string]fsutil.FS{"context": local, "dockerfile": local},
		Exports:       []client.ExportEntry{{Type: client.ExporterImage, Attrs: map[string]string{"name": os.Getenv("PYBUILD_REGISTRY") + "/" + repo + ":" + tag, "push": "true"}}},
	}
	status, done, tr := make(chan *client.SolveStatus), make(chan struct{}), &trace{cached: map[string]bool{}}
	go func() {
		defer close(done)
		for s := range status {
			for _, v := range s.Vertexes {
				if v.Completed != nil {
					tr.cached[v.Name] = tr.cached[v.Name] || v.Cached
				}
			}
		}
	}()
	_, err = engine(t).Build(context.Background(), opt, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		return frontend.Build(ctx, c)
	}, status)
	<-done
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func baseLayers(t *testing.T) []ocispecs.Descriptor {
	t.Helper()
	return manifest(t, "library/python", "3.13-slim").Layers
}

// manifest reads an image for one platform from the bed's registry.
func manifest(t *testing.T, repo, tag string) ocispecs.Manifest {
	t.Helper()
	res, err := http.Get("http://" + os.Getenv("PYBUILD_REGISTRY") + "/v2/" + repo + "/manifests/" + tag)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var m ocispecs.Manifest
	if err := json.NewDecoder(res.Body).Decode(&m); err != nil || len(m.Layers) == 0 {
		t.Fatalf("%s:%s: %v %+v", repo, tag, err, m)
	}
	return m
}

// TestScalingPage holds the estimate of docs/scaling.md to its formula and to what was measured.
func TestScalingPage(t *testing.T) {
	found := scaleOnFile(t)
	page, err := os.ReadFile(filepath.Clean("../docs/scaling.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := estimate(found["packages"], found["single"]); !strings.Contains(string(page), want) {
		t.Errorf("docs/scaling.md does not have\n%s", want)
	}
}

// estimate is the table of docs/scaling.md.
func estimate(p, s measured) string {
	const services, builders = 1000, 50
	mb := func(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
	gb := func(n float64) string { return fmt.Sprintf("%.1f GB", n/1e9) }
	each := func(m measured) float64 { return float64(m.Last) / (float64(m.Services) / 2) }
	stored := func(m measured) float64 { return float64(m.Bytes) + float64(services-m.Services)*each(m) }
	patch := func(m measured) float64 { return services * float64(m.Patched) / float64(m.Services) }
	rows := []struct{ what, p, s string }{
		{fmt.Sprintf("measured: layers of %d services", p.Services), mb(p.Bytes), mb(s.Bytes)},
		{"measured: one more service, *m*", mb(int64(each(p))), mb(int64(each(s)))},
		{"measured: a shared package changes, all services", mb(p.Patched), mb(s.Patched)},
		{"measured: install steps that were cached", hits(p), hits(s)},
		{fmt.Sprintf("registry with %d services", services), gb(stored(p)), gb(stored(s))},
		{fmt.Sprintf("pushed when that package changes in %d services", services), gb(patch(p)), gb(patch(s))},
		{fmt.Sprintf("install steps that run, %d cold builders", builders), fmt.Sprint(builders * p.Ran), fmt.Sprint(builders * s.Ran)},
	}
	text := "| | by package | single |\n|---|---|---|\n"
	for _, r := range rows {
		text += fmt.Sprintf("| %s | %s | %s |\n", r.what, r.p, r.s)
	}
	return text
}

func hits(m measured) string {
	return fmt.Sprintf("%d of %d, %d %%", m.Steps-m.Ran, m.Steps, 100*(m.Steps-m.Ran)/m.Steps)
}
