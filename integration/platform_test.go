package integration

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// TestForeignPlatform builds for an architecture that nothing here can run: a
// step that tried to would fail.
func TestForeignPlatform(t *testing.T) {
	t.Parallel()
	base := foreignBase(t)
	out := t.TempDir()
	tr := build{dir: example(t, "flask"), out: out, attrs: map[string]string{
		"platform": "linux/arm64", "context:python:3.13-slim::linux/arm64": "docker-image://" + base,
	}}.must(t)
	for _, name := range []string{
		sitePackages + "markupsafe/_speedups.cpython-313-aarch64-linux-gnu.so", sitePackages + "flask/__pycache__/app.cpython-313.pyc",
		"usr/local/bin/flask", "app/shop.py", "app/__pycache__/shop.cpython-313.pyc", "usr/local/lib/pybuild/start.py", "etc/passwd",
	} {
		if _, err := os.Lstat(filepath.Join(out, name)); err != nil {
			t.Errorf("%s is not in the image", name)
		}
	}
	script, err := os.ReadFile(filepath.Join(out, "usr/local/bin/flask"))
	if err != nil || !strings.HasPrefix(string(script), "#!/usr/local/bin/python3.13\n") {
		t.Errorf("the entry point begins with %.40q, %v", script, err)
	}
	passwd, err := os.ReadFile(filepath.Join(out, "etc/passwd"))
	if err != nil || !strings.Contains(string(passwd), "foreign:x:77:77") || !strings.Contains(string(passwd), "appuser:x:1001:1001") {
		t.Errorf("passwd is %q, %v", passwd, err)
	}
	if len(tr.warnings) > 0 {
		t.Errorf("warnings %q", tr.warnings)
	}

	// Both at once are one index.
	both := build{dir: example(t, "flask"), attrs: map[string]string{
		"platform": "linux/amd64,linux/arm64", "context:python:3.13-slim::linux/arm64": "docker-image://" + base,
	}}.must(t)
	if !strings.Contains(string(both.metadata[exptypes.ExporterPlatformsKey]), "linux/arm64") {
		t.Errorf("the platforms are %s", both.metadata[exptypes.ExporterPlatformsKey])
	}

	// What has to run there is named before it fails.
	tr = build{dir: example(t, "native"), attrs: map[string]string{
		"platform": "linux/arm64", "context:python:3.13-slim::linux/arm64": "docker-image://" + base,
	}}.run(t)
	if tr.err == nil || !strings.Contains(strings.Join(tr.warnings, "\n"), "needs an emulator for linux/arm64: [builder] install g++, gcc, libc6-dev, [builder] build and install markupsafe") {
		t.Errorf("error %v, warnings %q", tr.err, tr.warnings)
	}
}

// foreignBase pushes a base for arm64 that has no program in it.
func foreignBase(t *testing.T) string {
	t.Helper()
	c, registry := engine(t), os.Getenv("PYBUILD_REGISTRY")
	if registry == "" {
		t.Skip("no registry")
	}
	ref := registry + "/test/foreign-base:1"
	platform := ocispecs.Platform{OS: "linux", Architecture: "arm64"}
	config, err := json.Marshal(dockerspec.DockerOCIImage{
		Image:  ocispecs.Image{Platform: platform},
		Config: dockerspec.DockerOCIImageConfig{ImageConfig: ocispecs.ImageConfig{Env: []string{"PATH=/usr/local/bin", "PYTHON_VERSION=3.13.0"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	st := bk.Scratch().File(bk.Mkdir("/etc", 0o755).Mkfile("/etc/passwd", 0o644, []byte("foreign:x:77:77::/:/bin/sh\n")))
	push := client.ExportEntry{Type: client.ExporterImage, Attrs: map[string]string{"name": ref, "push": "true", "source-date-epoch": "0"}}
	_, err = c.Build(context.Background(), client.SolveOpt{Exports: []client.ExportEntry{push}}, "",
		func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
			def, err := st.Marshal(ctx, bk.Platform(platform))
			if err != nil {
				return nil, err
			}
			res, err := g.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB()})
			if err != nil {
				return nil, err
			}
			res.AddMeta(exptypes.ExporterImageConfigKey, config)
			return res, nil
		}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}
