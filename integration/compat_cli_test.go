package integration

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
)

// remoteBuilder has buildx build on a buildkitd.
func remoteBuilder(t *testing.T, addr string) engineCLI {
	t.Helper()
	frontendImage(t)
	e := engineCLI{t: t, host: os.Getenv("DOCKER_HOST"), builder: "own", config: t.TempDir(), buildkitd: addr}
	if out, err := e.docker("buildx", "create", "--name", e.builder, "--driver", "remote", addr); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return e
}

// engineCLI is the command line of Docker on an engine.
type engineCLI struct {
	t         *testing.T
	host      string // DOCKER_HOST
	builder   string
	config    string   // of buildx
	buildkitd string   // its address, where the engine is one
	flags     []string // of every build with a network
	own       bool     // containers have the machine's network
}

func (e engineCLI) docker(args ...string) (string, error) {
	cmd := exec.Command("docker", args...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+e.host, "BUILDX_CONFIG="+e.config, "DOCKER_BUILDKIT=1", "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// build builds a project through the frontend image.
func (e engineCLI) build(dir string, flags ...string) (string, error) {
	useSyntax(e.t, filepath.Join(dir, "pybuild.toml"), frontendImage(e.t))
	args := []string{"buildx", "build", "--builder", e.builder, "--progress", "plain", "-f", filepath.Join(dir, "pybuild.toml")}
	if !strings.Contains(strings.Join(flags, " "), "--network") {
		args = append(args, e.flags...)
	}
	return e.docker(append(append(args, flags...), dir)...)
}

// version is what the engine says of itself; nothing for the bed's, which a build from a
// module does not tell.
func (e engineCLI) version() string {
	if e.buildkitd == "" {
		out, _ := e.docker("version", "--format", "{{.Server.Version}}")
		return strings.TrimSuffix(strings.TrimSpace(out), "library-import")
	}
	c, err := client.New(context.Background(), e.buildkitd)
	if err != nil {
		return ""
	}
	defer func() { _ = c.Close() }()
	info, err := c.Info(context.Background())
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(info.BuildkitVersion.Version, "v0.0.0+unknown")
}
