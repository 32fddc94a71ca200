package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
)

// frontendTag is the name of the image built from this checkout, below the registry.
const frontendTag = "/org/pybuild:dev"

// pushFrontend builds this checkout's Dockerfile and pushes it to the loopback
// registry. It runs on every up: BuildKit knows better than we what changed.
func pushFrontend(ctx context.Context, p paths, st *bedState) error {
	return step("build the frontend image "+st.Registry+frontendTag, func() error {
		if _, err := os.Stat(filepath.Join(p.repo, "cmd/frontend")); err != nil {
			return errors.New("cmd/frontend is not in this checkout yet; engines and base images are up, `bed env` serves them")
		}
		image := st.Registry + frontendTag
		build := command{env: []string{"BUILDKIT_HOST=" + st.Buildkit}}
		args := frontendBuild(p.repo, image)
		if ref := golangPinned(p.repo); st.Mode == ownEngines && ref != "" {
			args = append(args, "--opt=context:"+ref+"="+golangHere)
		}
		if err := build.run(ctx, filepath.Join(st.Bin, "buildctl"), args...); err != nil {
			return err
		}
		st.Image = image
		if st.Docker == "" {
			return nil
		}
		// `docker run` takes what its engine has of that name.
		docker := command{env: []string{"DOCKER_HOST=" + st.Docker, "DOCKER_CONFIG=" + p.dockerConfig()}}
		return docker.run(ctx, filepath.Join(st.Bin, "docker"), "pull", "--quiet", image)
	})
}

// golangHere is the bed's own golang image, which has another digest than the one that the
// Dockerfile pins.
const golangHere = "docker-image://golang:1.26"

// golangPinned is the golang image of the Dockerfile, with its digest; "" without one.
func golangPinned(repo string) string {
	text, err := os.ReadFile(filepath.Join(repo, "Dockerfile"))
	if err != nil {
		return ""
	}
	return string(regexp.MustCompile(`golang:\S+@sha256:[0-9a-f]{64}`).Find(text))
}

func frontendBuild(repo, image string) []string {
	platforms := os.Getenv("PYBUILD_BED_PLATFORMS")
	if platforms == "" {
		platforms = "linux/amd64,linux/arm64"
	}
	args := []string{
		"build", "--progress=plain", "--frontend=dockerfile.v0",
		"--local=context=" + repo, "--local=dockerfile=" + repo,
		"--opt=platform=" + platforms,
		"--output=type=image,name=" + image + ",push=true",
	}
	for _, name := range []string{
		"GOPROXY", "GOFLAGS", "GOSUMDB", "GONOSUMDB", "GOPRIVATE",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	} {
		if value := os.Getenv(name); value != "" {
			args = append(args, "--opt=build-arg:"+name+"="+value)
		}
	}
	if bundle := os.Getenv("SSL_CERT_FILE"); bundle != "" {
		args = append(args, "--secret=id=ca,src="+bundle)
	}
	return args
}
