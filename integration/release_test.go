package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFleetRelease publishes the frontend to the loopback registry, as the workflow of a release does.
// What scans the image for its bill of materials is an image that only Docker Hub has.
func TestFleetRelease(t *testing.T) {
	heavyFleet(t)
	engine(t)
	image := os.Getenv("PYBUILD_REGISTRY") + "/release/pybuild"
	home := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("docker", append([]string{"buildx"}, args...)...)
		cmd.Dir = ".."
		cmd.Env = append(os.Environ(), "BUILDX_CONFIG="+home, "IMAGE="+image, "VERSION=v1.2.3", "SOURCE_DATE_EPOCH=1700000000")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	run("create", "--use", "--name", "release", "--driver", "remote", os.Getenv("BUILDKIT_HOST"))
	args := []string{"bake", "--push", "release", "--allow", "fs=*", "--set", "*.attest=type=sbom,disabled=true"}
	for _, name := range []string{"GOPROXY", "GOFLAGS", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} {
		if value := os.Getenv(name); value != "" {
			args = append(args, "--set", "*.args."+name+"="+value)
		}
	}
	if name, image, ok := strings.Cut(os.Getenv("PYBUILD_GOLANG"), "="); ok {
		args = append(args, "--set", "*.contexts."+name+"="+image)
	}
	if bundle := os.Getenv("SSL_CERT_FILE"); bundle != "" {
		args = append(args, "--set", "*.secrets=id=ca,src="+filepath.Clean(bundle))
	}
	run(args...)
	want := imageIndex(t, image+":v1.2.3")
	if got := want.platforms; !slices.Equal(got, []string{"linux/amd64", "linux/arm64"}) || want.attached != 2 {
		t.Errorf("the release is for %v, with %d attestations", got, want.attached)
	}
	for _, tag := range []string{"v1.2", "v1", "latest"} {
		if got := imageIndex(t, image+":"+tag); got.digest != want.digest {
			t.Errorf("%s is %s, want %s", tag, got.digest, want.digest)
		}
	}
}
