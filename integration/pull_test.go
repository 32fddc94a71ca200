package integration

import (
	"encoding/json"
	"net/http"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"testing"
)

// TestPullFaults has a registry fail at the layers of an image alone, which are pulled long
// after its configuration, when a step first needs them: the error is that of the image, at
// its line, and the next build succeeds.
func TestPullFaults(t *testing.T) {
	heavy(t)
	registry, current := faultyRegistry(t)
	image := registry + "/library/python:3.13-slim"
	config, layer := imageBlobs(t, "library/python", "3.13-slim")
	o := ownBuildkitd(t, "", "", "").start()
	// What this one has of a layer is another layer's: it asks for the rest for good.
	misled := ownBuildkitd(t, "", "", "").start()
	const serve = "[serve]\nscript = \"job.py\"\n"
	of := func(toml string) build {
		// A requirements file, so that a step looks for packages on the image.
		return build{host: o.addr, dir: project(t, map[string]string{"pybuild.toml": toml + serve, "job.py": "print(1)\n", "requirements.txt": "# none\n"})}
	}
	base := of("base = \"" + image + "\"\n")
	for name, c := range map[string]struct {
		fault fault
		says  string
	}{
		"500": {answers(500), "500 Internal Server Error [PB204]\n  try again"},
		"429": {answers(429), "429 Too Many Requests [PB204]\n  its registry answers no more for now: log in (docker login " + registry + ")"},
		"401": {answers(401), "401 Unauthorized [PB204]\n  log in where you build: docker login " + registry},
		"404": {answers(404), "not found [PB204]\n  try again"},
		"cut": {cut, "unexpected EOF [PB204]\n  try again"},
	} {
		staying := c.fault.times(-1, "/v2/library/python/blobs/")
		layers := fault(func(w http.ResponseWriter, r *http.Request) bool {
			return path.Base(r.URL.Path) != config && staying(w, r)
		})
		current.Store(&layers)
		if base.host = o.addr; name == "cut" {
			base.host = misled.addr
		}
		tr := base.run(t)
		if tr.err == nil || !strings.Contains(tr.err.Error(), "pybuild.toml:1:8: cannot use the image "+image+": ") || !strings.Contains(tr.err.Error(), c.says) {
			t.Errorf("%s: the build ends with %v", name, tr.err)
		}
	}
	base.host = o.addr
	refused := answers(401).times(-1, "/v2/library/python/blobs/"+layer)
	current.Store(&refused)
	of("[build]\nbase = \""+image+"\"\n").ends(t, "pybuild.toml:2:8: cannot use the image "+image+": ", "[PB204]")

	// A fault that has passed when the image is asked for by itself: it takes as many
	// answers for that as for the step.
	var asked atomic.Int64
	counted := fault(func(w http.ResponseWriter, r *http.Request) bool {
		return path.Base(r.URL.Path) == layer && asked.Add(1) > 0 && refused(w, r)
	})
	current.Store(&counted)
	base.ends(t, "[PB204]")
	passing := answers(401).times(asked.Load()/2, "/v2/library/python/blobs/"+layer)
	current.Store(&passing)
	base.ends(t, "a registry does not answer as it should: ", "[PB507]", "try again")

	current.Store(nil)
	base.must(t)
}

// imageBlobs are the digests of an image's configuration and of its last layer.
func imageBlobs(t *testing.T, repo, tag string) (config, layer string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+os.Getenv("PYBUILD_REGISTRY")+"/v2/"+repo+"/manifests/"+tag, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var manifest struct {
		Config struct{ Digest string }
		Layers []struct{ Digest string }
	}
	if err := json.NewDecoder(res.Body).Decode(&manifest); err != nil || len(manifest.Layers) == 0 {
		t.Fatalf("the manifest of %s:%s: %v", repo, tag, err)
	}
	return manifest.Config.Digest, manifest.Layers[len(manifest.Layers)-1].Digest
}
