package integration

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	spb "github.com/moby/buildkit/sourcepolicy/pb"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	pins "github.com/pybuild/pybuild/frontend/project"
)

// labels are those of a built image.
func (tr *trace) labels(t *testing.T) map[string]string {
	t.Helper()
	var config dockerspec.DockerOCIImage
	if err := json.Unmarshal(tr.metadata[exptypes.ExporterImageConfigKey], &config); err != nil {
		t.Fatal(err)
	}
	return config.Config.Labels
}

// lockOf writes a lock of images, and returns it.
func lockOf(t *testing.T, dir string, attrs map[string]string) *pins.Pins {
	t.Helper()
	b := build{dir: dir, out: t.TempDir(), attrs: map[string]string{"target": "lock"}}
	maps.Copy(b.attrs, attrs)
	b.must(t)
	data, err := os.ReadFile(filepath.Join(b.out, pins.PinsFile))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, pins.PinsFile), string(data))
	read, err := pins.ParsePins(data)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// TestPinnedImages locks the images of a project that another tool locks, builds with
// them, and refuses what the lock does not have.
func TestPinnedImages(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "", "requirements.txt": "# none\n"})
	locked := lockOf(t, dir, nil)
	if names := slices.Sorted(maps.Keys(locked.Images)); !slices.Equal(names, []string{"astral/uv:0.13.9", "python:3.13-slim"}) {
		t.Fatalf("the lock has %v", names)
	}
	tr := build{dir: dir}.must(t)
	if labels := tr.labels(t); labels[ocispecs.AnnotationBaseImageDigest] != locked.Images["python:3.13-slim"] || labels[ocispecs.AnnotationBaseImageName] != "python:3.13-slim" {
		t.Errorf("the labels are %v", labels)
	}

	replace(t, filepath.Join(dir, "pybuild.toml"), "3.13", "3.12")
	build{dir: dir}.fails(t, ": the build uses python:3.12-slim, and pybuild.lock does not pin it: it has astral/uv:0.13.9, python:3.13-slim [PB602]")
	build{dir: dir, attrs: map[string]string{"context:python:3.12-slim": "docker-image://python:3.12-slim"}}.must(t)
	second := lockOf(t, dir, nil)
	if second.Images["python:3.13-slim"] != locked.Images["python:3.13-slim"] || second.Images["python:3.12-slim"] == "" {
		t.Errorf("the second lock has %v", second.Images)
	}
	build{dir: dir}.must(t)

	// An old digest stays until it is to be renewed. It is another image's here.
	old := strings.NewReplacer(second.Images["python:3.12-slim"], second.Images["python:3.13-slim"])
	data, err := os.ReadFile(filepath.Join(dir, pins.PinsFile))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, pins.PinsFile), old.Replace(string(data)))
	if kept := lockOf(t, dir, nil); kept.Images["python:3.12-slim"] != second.Images["python:3.13-slim"] {
		t.Error("locking again renewed a pin")
	}
	if renewed := lockOf(t, dir, map[string]string{"build-arg:UPGRADE": "python"}); renewed.Images["python:3.12-slim"] != second.Images["python:3.12-slim"] {
		t.Error("UPGRADE=python renewed nothing")
	}
}

// TestSourcePolicy has the caller's policy deny an image, and choose another one.
func TestSourcePolicy(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": ""})
	deny := &spb.Policy{Rules: []*spb.Rule{{Action: spb.PolicyAction_DENY, Selector: &spb.Selector{Identifier: "docker-image://docker.io/library/python:*"}}}}
	build{dir: dir, policy: deny}.fails(t, "python:3.13-slim", "denied by policy")
	swap := &spb.Policy{Rules: []*spb.Rule{{Action: spb.PolicyAction_CONVERT, Selector: &spb.Selector{Identifier: "docker-image://docker.io/library/python:3.13-slim"},
		Updates: &spb.Update{Identifier: "docker-image://docker.io/library/python:3.12-slim"}}}}
	b := build{dir: dir, policy: swap, out: t.TempDir()}
	b.must(t)
	if _, err := os.Stat(filepath.Join(b.out, "app/__pycache__/job.cpython-312.pyc")); err != nil {
		t.Errorf("the policy's image is not the base: %v", err)
	}
}

// TestOrigin has labels and annotations say where the code is from, and no step know it.
func TestOrigin(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"pybuild.toml": job, "job.py": "", ".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": strings.Repeat("a1", 20) + "\n", ".git/config": "[remote]\n",
	})
	labels := build{dir: dir}.must(t).labels(t)
	if labels[ocispecs.AnnotationRevision] != strings.Repeat("a1", 20) || labels[ocispecs.AnnotationSource] != "" || !strings.HasPrefix(labels[ocispecs.AnnotationBaseImageDigest], "sha256:") {
		t.Errorf("the labels are %v", labels)
	}
	if err := os.Remove(filepath.Join(dir, ".git/refs/heads/main")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, ".git/packed-refs"), "# pack-refs with: peeled\n"+strings.Repeat("b2", 20)+" refs/heads/main\n")
	// Only the configuration differs: nothing runs again.
	second := build{dir: dir}.must(t)
	if labels := second.labels(t); labels[ocispecs.AnnotationRevision] != strings.Repeat("b2", 20) {
		t.Errorf("packed, the labels are %v", labels)
	}
	for name := range second.cached {
		if strings.HasPrefix(name, "[builder]") && second.ran(name) {
			t.Errorf("another commit ran %s", name)
		}
	}
	attrs := map[string]string{"vcs:source": "https://user:token@git.example/shop.git", "vcs:revision": "abc-dirty", "label:" + ocispecs.AnnotationVersion: "7"}
	labels = build{dir: dir, attrs: attrs}.must(t).labels(t)
	if labels[ocispecs.AnnotationSource] != "https://git.example/shop.git" || labels[ocispecs.AnnotationRevision] != "abc-dirty" || labels[ocispecs.AnnotationVersion] != "7" {
		t.Errorf("with what buildx says, the labels are %v", labels)
	}
	attrs["label:"+ocispecs.AnnotationSource], attrs["build-arg:VCS_REVISION"] = "https://mine.example", "1.2"
	tr := build{dir: dir, attrs: attrs}.must(t)
	if labels = tr.labels(t); labels[ocispecs.AnnotationSource] != "https://mine.example" || labels[ocispecs.AnnotationRevision] != "1.2" || len(tr.warnings) > 0 {
		t.Errorf("with a label, they are %v; warnings %q", labels, tr.warnings)
	}
	for name, platforms := range map[string]string{"one platform": "linux/amd64", "several": "linux/amd64,linux/arm64"} {
		attrs := map[string]string{"platform": platforms, "vcs:revision": "abc"}
		if name == "several" {
			attrs["context:python:3.13-slim::linux/arm64"] = "docker-image://" + foreignBase(t)
		}
		image := export(t, dir, attrs, nil, nil)
		for _, m := range image.index.Manifests {
			var manifest ocispecs.Manifest
			image.read(t, blobName(m.Digest), &manifest)
			if manifest.Annotations[ocispecs.AnnotationRevision] != "abc" || manifest.Annotations[ocispecs.AnnotationBaseImageName] == "" {
				t.Errorf("%s: the manifest has %v", name, manifest.Annotations)
			}
		}
		if want := strings.Count(platforms, ",") + 1; len(image.index.Manifests) != want {
			t.Errorf("%s: %d manifests", name, len(image.index.Manifests))
		}
	}
}

// TestAnnotationsOfTheCaller has the caller say how an image is called, and what else it
// is; what it was built from the build says.
func TestAnnotationsOfTheCaller(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "", "pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n"})
	image := export(t, dir, map[string]string{"vcs:revision": "abc"}, map[string]string{
		"annotation." + ocispecs.AnnotationTitle: "mine", "annotation-manifest." + ocispecs.AnnotationVersion: "7", "annotation.example.key": "value",
	}, nil)
	for _, m := range image.index.Manifests {
		var manifest ocispecs.Manifest
		image.read(t, blobName(m.Digest), &manifest)
		a := manifest.Annotations
		if a[ocispecs.AnnotationTitle] != "mine" || a[ocispecs.AnnotationVersion] != "7" || a["example.key"] != "value" || a[ocispecs.AnnotationRevision] != "abc" {
			t.Errorf("the manifest has %v", a)
		}
	}
	if len(image.index.Manifests) != 1 {
		t.Errorf("%d manifests", len(image.index.Manifests))
	}
	// An empty label leaves to the caller's annotation what the build would say.
	attrs, annotations := map[string]string{"vcs:revision": "abc", "vcs:source": "https://git.example/shop"}, map[string]string{}
	for _, name := range []string{ocispecs.AnnotationRevision, ocispecs.AnnotationSource, ocispecs.AnnotationBaseImageName, ocispecs.AnnotationBaseImageDigest} {
		attrs["label:"+name], annotations["annotation."+name] = "", "mine"
	}
	image = export(t, dir, attrs, annotations, nil)
	var manifest ocispecs.Manifest
	image.read(t, blobName(image.index.Manifests[0].Digest), &manifest)
	var config ocispecs.Image
	image.read(t, blobName(manifest.Config.Digest), &config)
	for name := range annotations {
		name = strings.TrimPrefix(name, "annotation.")
		if label, labelled := config.Config.Labels[name]; manifest.Annotations[name] != "mine" || labelled {
			t.Errorf("%s is %q, and the label %q", name, manifest.Annotations[name], label)
		}
	}
}

// TestFrontendPinned locks the frontend that runs, and has the first line choose it.
func TestFrontendPinned(t *testing.T) {
	t.Parallel()
	ref := frontendImage(t)
	dir := project(t, map[string]string{"pybuild.toml": "# syntax=\n" + job, "job.py": "", "requirements.txt": "# none\n"})
	dockerBuild(t, dir, "--target=lock", "--output="+dir)
	data, err := os.ReadFile(filepath.Join(dir, pins.PinsFile))
	if err != nil {
		t.Fatal(err)
	}
	read, err := pins.ParsePins(data)
	if err != nil {
		t.Fatal(err)
	}
	digest := read.Frontend[ref]
	if digest == "" {
		t.Fatalf("the lock does not have %s:\n%s", ref, data)
	}
	if img := dockerBuild(t, dir); strings.Contains(img.log, "FrontendPin") {
		t.Errorf("the frontend that was locked is warned of:\n%s", img.log)
	}
	other := "sha256:" + strings.Repeat("0", 64)
	write(t, filepath.Join(dir, pins.PinsFile), strings.ReplaceAll(string(data), digest, other))
	img := dockerBuild(t, dir)
	if said := "FrontendPin: this build runs " + ref + "@" + digest + ", and not the frontend that pybuild.lock has"; !strings.Contains(img.log, said) {
		t.Errorf("the build does not say %q:\n%s", said, img.log)
	}
	// What the hint says, with the digest that is there, is the same frontend.
	write(t, filepath.Join(dir, pins.PinsFile), string(data))
	write(t, filepath.Join(dir, "pybuild.toml"), "# syntax="+ref+"@"+digest+"\n"+job)
	if log, err := tryDocker("build", "--progress=plain", "--file="+filepath.Join(dir, "pybuild.toml"), dir); err != nil || strings.Contains(log, "FrontendPin") {
		t.Errorf("with the digest in the first line: %v\n%s", err, log)
	}
}
