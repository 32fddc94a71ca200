package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Containers the bed runs on a Docker engine of the machine.
const (
	registryContainer  = "pybuild-bed-registry"
	buildkitdContainer = "pybuild-bed-buildkitd"
	registryImage      = "registry:2"
	buildkitdImage     = "moby/buildkit:v0.34.2"
)

func dockerAnswers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return command{}.run(ctx, "docker", "info", "--format", "{{.ServerVersion}}")
}

func dockerPulls(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	return command{}.run(ctx, "docker", "pull", "--quiet", probeImage)
}

// upOnDocker runs a registry and a buildkitd as containers; Docker itself is the user's.
func upOnDocker(ctx context.Context, p paths, st *bedState) error {
	if err := buildEngines(ctx, p, st.Bin, buildTools); err != nil {
		return err
	}
	if err := runContainer(ctx, registryContainer, func() ([]string, error) {
		addr, err := pickPort()
		return []string{"--publish", addr + ":5000", registryImage}, err
	}); err != nil {
		return err
	}
	published, err := output("docker", "port", registryContainer, "5000/tcp")
	if err != nil {
		return err
	}
	st.Registry, _, _ = strings.Cut(published, "\n")
	if err := awaitRegistry(ctx, st.Registry); err != nil {
		return err
	}
	// BuildKit speaks plain http to a loopback registry without being told;
	// the host's network is how it reaches ours.
	if err := runContainer(ctx, buildkitdContainer, func() ([]string, error) {
		return []string{"--privileged", "--network", "host", buildkitdImage, "--oci-worker-net=host"}, nil
	}); err != nil {
		return err
	}
	st.Buildkit = "docker-container://" + buildkitdContainer
	return nil
}

// runContainer starts the named container unless it runs.
func runContainer(ctx context.Context, name string, args func() ([]string, error)) error {
	if state, err := output("docker", "inspect", "--format", "{{.State.Running}}", name); err == nil {
		if state == "true" {
			return nil
		}
		if err := (command{}).run(ctx, "docker", "rm", "--force", name); err != nil {
			return err
		}
	}
	return step("start "+name, func() error {
		more, err := args()
		if err != nil {
			return err
		}
		return command{}.run(ctx, "docker", append([]string{"run", "--detach", "--name", name}, more...)...)
	})
}

func awaitRegistry(ctx context.Context, addr string) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := pingRegistry(ctx, addr)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("the registry at %s does not answer: %w; see: docker logs %s", addr, err, registryContainer)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func dockerContainersRun(ctx context.Context) error {
	for _, name := range []string{registryContainer, buildkitdContainer} {
		state, err := command{}.output(ctx, "docker", "inspect", "--format", "{{.State.Running}}", name)
		if err != nil {
			return err
		}
		if state != "true" {
			return fmt.Errorf("the container %s does not run; see: docker logs %s", name, name)
		}
	}
	return nil
}

func removeContainers(ctx context.Context) error {
	return command{}.run(ctx, "docker", "rm", "--force", "--volumes", buildkitdContainer, registryContainer)
}
