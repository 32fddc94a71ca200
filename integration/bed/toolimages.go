package main

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

const uvVersion = "0.13.9"

// uvImage holds /uv and /uvx on scratch, from the static binaries in uv's wheel.
func uvImage() baseImage {
	return baseImage{
		repo: "astral/uv",
		tags: []string{uvVersion, uvVersion[:strings.LastIndex(uvVersion, ".")]},
		key:  versionKey(toolRecipe, uvVersion, runtime.GOARCH),
		layers: func(ctx context.Context, work string) ([]string, error) {
			layer := filepath.Join(work, "uv.tar.gz")
			return []string{layer}, uvLayer(ctx, work, layer)
		},
		config: []string{"--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "--workdir", "/io", "--entrypoint", "/uv"},
	}
}

func uvLayer(ctx context.Context, work, layer string) error {
	if err := ensure(ctx, pipNeeds); err != nil {
		return err
	}
	err := command{}.run(ctx, "python3", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
		"--platform", wheelPlatform(), "--dest", work, "uv=="+uvVersion)
	if err != nil {
		return err
	}
	wheels, err := filepath.Glob(filepath.Join(work, "uv-*.whl"))
	if err != nil || len(wheels) != 1 {
		return fmt.Errorf("pip downloaded no wheel of uv %s for %s", uvVersion, wheelPlatform())
	}
	wheel, err := zip.OpenReader(wheels[0])
	if err != nil {
		return err
	}
	defer func() { _ = wheel.Close() }()
	for _, f := range wheel.File {
		if dir, name := path.Split(f.Name); strings.HasSuffix(dir, ".data/scripts/") && (name == "uv" || name == "uvx") {
			if err := extract(f, filepath.Join(work, name)); err != nil {
				return err
			}
		}
	}
	return packLayer(ctx, work, layer, "uv", "uvx")
}

func extract(f *zip.File, dest string) error {
	src, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	out, err := os.OpenFile(dest, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, src); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// golangImage is this machine's Go below /usr/local/go, for the frontend image's Dockerfile.
func golangImage(root rootfs) (baseImage, error) {
	goroot, err := output("go", "env", "GOROOT")
	if err != nil {
		return baseImage{}, err
	}
	version := strings.TrimPrefix(runtime.Version(), "go")
	return baseImage{
		repo: "library/golang",
		tags: []string{"1.26", "1.26-" + root.suite},
		key:  versionKey(toolRecipe, root.key, version),
		layers: func(ctx context.Context, work string) ([]string, error) {
			debian, err := root.layer(ctx)
			if err != nil {
				return nil, err
			}
			layer := filepath.Join(work, "go.tar.gz")
			return []string{debian, layer}, packLayer(ctx, goroot, layer,
				"--exclude=./test", "--exclude=./pkg/obj", "--exclude=./doc", "--exclude=testdata",
				`--transform=s,^\.,usr/local/go,S`, ".")
		},
		config: append([]string{
			"--env", "PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"--env", "GOLANG_VERSION=" + version,
			"--env", "GOTOOLCHAIN=local",
			"--env", "GOPATH=/go",
			"--workdir", "/go",
		}, root.env()...),
	}, nil
}
