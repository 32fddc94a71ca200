package integration

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/distribution/reference"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
)

// storedConfig reads an image's configuration where the engine keeps it.
func storedConfig(t *testing.T, name string) dockerspec.DockerOCIImageConfig {
	t.Helper()
	address, namespace := os.Getenv("CONTAINERD_ADDRESS"), os.Getenv("CONTAINERD_NAMESPACE")
	if address == "" {
		t.Skip("this engine's containerd is not in reach: CONTAINERD_ADDRESS is not set")
	}
	c, err := containerd.New(address, containerd.WithDefaultNamespace(namespace))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	img, err := c.GetImage(ctx, reference.TagNameOnly(named).String())
	if err != nil {
		t.Fatal(err)
	}
	desc, err := img.Config(ctx)
	if err != nil {
		t.Fatal(err)
	}
	data, err := content.ReadBlob(ctx, img.ContentStore(), desc)
	if err != nil {
		t.Fatal(err)
	}
	var config dockerspec.DockerOCIImage
	if err := json.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	return config.Config
}
