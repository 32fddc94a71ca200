package integration

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/tonistiigi/fsutil"

	"github.com/pybuild/pybuild/frontend"
)

// TestPrivateSources has the engine itself fetch the wheels of an index that wants a
// password: they are materials of the provenance, and what they install is in a cache
// that is exported.
func TestPrivateSources(t *testing.T) {
	t.Parallel()
	inner := dist{name: "inner", version: "1.0", files: map[string]string{"inner.py": "# " + t.TempDir() + "\n"}}
	ix := newIndex(t, inner)
	ix.user, ix.password = "builder", planted
	const id = "HTTP_AUTH_HEADER_127.0.0.1"
	header := func(password string) map[string]string {
		return map[string]string{id: "Basic " + base64.StdEncoding.EncodeToString([]byte("builder:"+password))}
	}
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[build]\nsecrets = [\"" + id + "\"]\n", "job.py": "import inner\n", "pylock.toml": ix.pylock(t, inner),
		"pyproject.toml": "[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\n",
	})
	build{dir: dir}.fails(t, "the build secret "+id+" was not passed [PB525]")
	build{dir: dir, session: passing(header("wrong"))}.fails(t, "refuses what the secret "+id+" says [PB504]")
	// An engine that cannot log in leaves it to a step, with the secrets that uv knows.
	b := build{dir: dir, session: passing(header(planted))}
	image, cache := b.exports(t)
	older := build{dir: dir, without: []apicaps.CapID{pb.CapSourceHTTPAuth}, session: passing(map[string]string{"UV_INDEX_CORP_USERNAME": "builder", "UV_INDEX_CORP_PASSWORD": planted})}
	older.must(t).step(t, "[packages] fetch inner")

	tr := b.must(t)
	tr.step(t, "[wheels] "+inner.file()+", with the secret "+id)
	for name := range tr.cached {
		if strings.Contains(name, "fetch inner") {
			t.Errorf("there is a step %s", name)
		}
	}
	wheel := strings.TrimPrefix(ix.hash(inner.file()), "sha256:")
	materials := 0
	for _, m := range provenance(t, image) {
		if m.URI == ix.URL+"/files/inner/"+inner.file() && m.Digest["sha256"] == wheel {
			materials++
		}
	}
	if materials != 1 {
		t.Errorf("the wheel is %d materials of %v", materials, provenance(t, image))
	}
	if !exportsFile(t, cache, "inner.py") {
		t.Error("the exported cache does not have what is installed")
	}
	for _, secret := range []string{planted, strings.TrimPrefix(header(planted)[id], "Basic ")} {
		if found := append(search(t, image, secret), search(t, cache, secret)...); len(found) > 0 || strings.Contains(tr.logs, secret) {
			t.Errorf("the password is in %v or the log", found)
		}
	}
}

// exports builds an image with its provenance and a cache, each in a directory.
func (b build) exports(t *testing.T) (image, cache string) {
	t.Helper()
	image, cache = t.TempDir(), t.TempDir()
	local, err := fsutil.NewFS(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	opt := client.SolveOpt{
		FrontendAttrs: map[string]string{"filename": cmp.Or(b.file, "pybuild.toml"), "attest:provenance": "mode=max"},
		LocalMounts:   map[string]fsutil.FS{"context": local, "dockerfile": local},
		Session:       b.session,
		Exports:       []client.ExportEntry{{Type: client.ExporterOCI, Attrs: map[string]string{"tar": "false"}, OutputDir: image}},
		CacheExports:  []client.CacheOptionsEntry{{Type: "local", Attrs: map[string]string{"dest": cache, "mode": "max"}}},
	}
	_, err = engine(t).Build(context.Background(), opt, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		return frontend.Build(ctx, c)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return image, cache
}

// material is what a build was made of (SLSA).
type material struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest"`
}

// provenance reads the materials of an image in a directory.
func provenance(t *testing.T, image string) []material {
	t.Helper()
	var all []material
	for _, path := range blobs(t, image) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var statement struct {
			Predicate struct {
				Materials       []material `json:"materials"`
				BuildDefinition struct {
					ResolvedDependencies []material `json:"resolvedDependencies"`
				} `json:"buildDefinition"`
			} `json:"predicate"`
		}
		if bytes.HasPrefix(data, []byte("{")) && json.Unmarshal(data, &statement) == nil {
			all = append(append(all, statement.Predicate.Materials...), statement.Predicate.BuildDefinition.ResolvedDependencies...)
		}
	}
	return all
}

// exportsFile looks for a file of that name in the layers of a directory.
func exportsFile(t *testing.T, dir, name string) bool {
	t.Helper()
	for _, path := range blobs(t, dir) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		found := packed(f, name)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if found {
			return true
		}
	}
	return false
}

// packed reports whether a compressed archive has a file.
func packed(r io.Reader, name string) bool {
	z, err := gzip.NewReader(r)
	if err != nil {
		return false
	}
	archive := tar.NewReader(z)
	for {
		header, err := archive.Next()
		if err != nil {
			return false
		}
		if filepath.Base(header.Name) == name {
			return true
		}
	}
}

func blobs(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "blobs/*/*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
