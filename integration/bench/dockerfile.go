package main

import (
	"os"
	"path/filepath"
)

const scratchFrontend = `FROM scratch
COPY dockerfile-frontend /bin/dockerfile-frontend
LABEL moby.buildkit.frontend.network.none="true"
LABEL moby.buildkit.frontend.caps="moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests,moby.buildkit.frontend.contexts"
ENTRYPOINT ["/bin/dockerfile-frontend"]
`

// pushDockerfile builds the Dockerfile's frontend, of the engine's version, as the
// image that docker/dockerfile is: a frontend inside of the engine starts no
// container, which would be no fair comparison.
func (b *bed) pushDockerfile(dir string) error {
	if err := writeAll(dir, map[string]string{"Dockerfile": scratchFrontend}); err != nil {
		return err
	}
	_, err := command("", "env", "CGO_ENABLED=0", "go", "-C", "integration/bed/engines", "build", "-mod=readonly", "-trimpath",
		"-ldflags", "-s -w", "-o", filepath.Join(dir, "dockerfile-frontend"), "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend")
	if err != nil {
		return err
	}
	b.dockerfile = b.registry + "/docker/dockerfile:bench"
	_, err = command(dir, "docker", "buildx", "build", "--builder", b.builder, "--provenance=false",
		"--output", "type=image,push=true,name="+b.dockerfile, ".")
	return err
}

// pushForeignBase gives the base an arm64 image. Nothing in it is run, so that
// its programs are amd64's does not matter.
func (b *bed) pushForeignBase(dir string) error {
	if err := writeAll(dir, map[string]string{"Dockerfile": "FROM --platform=linux/amd64 python:3.13-slim\n"}); err != nil {
		return err
	}
	b.foreignBase = b.registry + "/bench/python:3.13-slim"
	_, err := command(dir, "docker", "buildx", "build", "--builder", b.builder, "--provenance=false", "--platform", "linux/amd64,linux/arm64",
		"--output", "type=image,push=true,name="+b.foreignBase, ".")
	return err
}

// foreignPrograms reports whether the kernel runs programs of arm64 here, with
// an emulator: the benchmark is about doing without.
func foreignPrograms() bool {
	_, err := os.Stat("/proc/sys/fs/binfmt_misc/qemu-aarch64")
	return err == nil
}
