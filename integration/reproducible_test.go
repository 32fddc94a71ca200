package integration

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"

	"github.com/pybuild/pybuild/frontend"
)

// TestReproducible builds everything twice, with no step taken from the cache,
// and gets the same bits. Without SOURCE_DATE_EPOCH only the date differs.
func TestReproducible(t *testing.T) {
	date := map[string]string{"build-arg:SOURCE_DATE_EPOCH": "1700000000"}
	for _, tt := range []struct {
		name, dir      string
		attrs, exports map[string]string
	}{
		{name: "no date", dir: example(t, "flask")},
		{name: "wheels", dir: example(t, "fastapi"), attrs: date},
		{name: "an extension built from source", dir: example(t, "native"), attrs: date},
		{name: "rewritten times", dir: example(t, "flask"), attrs: date, exports: map[string]string{"rewrite-timestamp": "true"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first, second := imageOf(t, tt.dir, tt.attrs, tt.exports), imageOf(t, tt.dir, tt.attrs, tt.exports)
			if len(first.layers) < 4 {
				t.Errorf("the image has the layers %v", first.layers)
			}
			if diff := cmp.Diff(first.layers, second.layers); diff != "" {
				t.Errorf("layers (-first +second):\n%s", diff)
			}
			if tt.attrs != nil && first.digest != second.digest {
				t.Errorf("the first image is %s, the second %s", first.digest, second.digest)
			}
		})
	}
}

// exported is what an image's digest follows from.
type exported struct {
	digest digest.Digest
	layers []digest.Digest
}

// imageOf builds without any cache.
func imageOf(t *testing.T, dir string, attrs, exports map[string]string) exported {
	t.Helper()
	c := engine(t)
	local, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	opt := client.SolveOpt{
		FrontendAttrs: map[string]string{"filename": "pybuild.toml", "no-cache": ""},
		LocalMounts:   map[string]fsutil.FS{"context": local, "dockerfile": local},
		Exports: []client.ExportEntry{{Type: client.ExporterOCI, Attrs: exports, Output: func(map[string]string) (io.WriteCloser, error) {
			return os.Create(file)
		}}},
	}
	for k, v := range attrs {
		opt.FrontendAttrs[k] = v
	}
	_, err = c.Build(context.Background(), opt, "", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		return frontend.Build(ctx, g)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	blobs := smallFiles(t, file)
	var index ocispecs.Index
	if err := json.Unmarshal(blobs["index.json"], &index); err != nil {
		t.Fatal(err)
	}
	img := exported{digest: index.Manifests[0].Digest}
	var manifest ocispecs.Manifest
	if err := json.Unmarshal(blobs[path.Join("blobs", string(img.digest.Algorithm()), img.digest.Encoded())], &manifest); err != nil {
		t.Fatal(err)
	}
	for _, layer := range manifest.Layers {
		img.layers = append(img.layers, layer.Digest)
	}
	return img
}

// smallFiles reads an archive, but for what is as large as a layer.
func smallFiles(t *testing.T, name string) map[string][]byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	files := map[string][]byte{}
	archive := tar.NewReader(f)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Size > 1<<20 {
			continue
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}
