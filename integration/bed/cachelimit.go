package main

import (
	"context"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// An engine that collects while tests run takes away what they have just cached. So
// the engines' own limit is beyond what a run adds, and the next `up` drops what was used longest ago.
const (
	keptMegabytes    = 8_000
	ceilingMegabytes = 60_000
)

// pruneCaches leaves keptMegabytes to each engine's build cache.
func pruneCaches(ctx context.Context, p paths, bin string) error {
	kept := fmt.Sprint(keptMegabytes)
	docker := command{env: []string{"DOCKER_HOST=unix://" + p.socket("docker"), "DOCKER_CONFIG=" + p.dockerConfig()}}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return command{}.run(ctx, filepath.Join(bin, "buildctl"), "--addr", "unix://"+p.socket("buildkitd"), "prune", "--keep-storage", kept)
	})
	group.Go(func() error {
		return docker.run(ctx, filepath.Join(bin, "docker"), "buildx", "prune", "--force", "--max-used-space", kept+"mb")
	})
	return group.Wait()
}
