package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// up brings the whole bed up, doing only what is not done yet.
func up(ctx context.Context, p paths) error {
	start := time.Now()
	unlock, err := lock(p)
	if err != nil {
		return err
	}
	defer unlock()

	leaveOwnEnvironment(p)
	st, err := loadState(p)
	if err != nil && !errors.Is(err, errDown) {
		return err
	}
	if st.Mode == "" || st.Mode == dockerEngine && dockerAnswers(ctx) != nil {
		if st, err = choose(ctx, p); err != nil {
			return err
		}
	}
	if st.Bin, err = binaries(p, "engines"); err != nil {
		return err
	}
	switch st.Mode {
	case dockerEngine:
		err = upOnDocker(ctx, p, &st)
	default:
		err = upOnOwn(ctx, p, &st)
	}
	if err != nil {
		return err
	}
	// Engines and base images serve already, even if the frontend does not compile.
	if err := st.save(p); err != nil {
		return err
	}
	if err := pushFrontend(ctx, p, &st); err != nil {
		return err
	}
	if err := st.save(p); err != nil {
		return err
	}
	note("up in %s; point your shell at it with: eval \"$(go run ./integration/bed env)\"", since(start))
	return nil
}

// choose decides once whose engines the bed runs on.
func choose(ctx context.Context, p paths) (bedState, error) {
	if dockerAnswers(ctx) == nil {
		err := step("pull "+probeImage+" with the running Docker engine", func() error { return dockerPulls(ctx) })
		if err == nil {
			return bedState{Mode: dockerEngine, Pull: true}, nil
		}
		note("that engine cannot pull: the bed builds engines of its own")
	}
	if err := ownEnginesPossible(); err != nil {
		return bedState{}, err
	}
	bin, err := binaries(p, "engines")
	if err != nil {
		return bedState{}, err
	}
	if err := buildEngines(ctx, p, bin, registryTools); err != nil {
		return bedState{}, err
	}
	st := bedState{Mode: ownEngines, Pull: registryReachable(ctx, bin)}
	if !st.Pull {
		note("no registry holds %s in reach: the base images are assembled here", probeImage)
	}
	return st, nil
}

// upOnOwn builds and starts the pinned engines, and assembles base images
// while they compile.
func upOnOwn(ctx context.Context, p paths, st *bedState) error {
	if err := ownEnginesPossible(); err != nil {
		return err
	}
	needs := engineNeeds
	if !st.Pull {
		needs = append(needs, imageNeeds...)
	}
	if err := ensure(ctx, needs); err != nil {
		return err
	}
	if err := buildEngines(ctx, p, st.Bin, registryTools); err != nil {
		return err
	}
	if err := startRegistry(ctx, p, st); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	images := make(chan error, 1)
	go func() {
		err := provideBaseImages(ctx, p, *st)
		if err != nil {
			cancel(err)
		}
		images <- err
	}()
	err := buildEngines(ctx, p, st.Bin, append(buildTools[:1:1], engines...))
	if err == nil {
		err = providePlugins(ctx, p)
	}
	if err == nil {
		err = startDaemons(ctx, p, st.Bin, st.Registry)
	}
	if err != nil {
		cancel(err)
		if other := <-images; other != nil && !errors.Is(other, err) && !errors.Is(other, context.Canceled) {
			return errors.Join(err, other)
		}
		return err
	}
	st.Docker = "unix://" + p.socket("docker")
	st.Buildkit = "unix://" + p.socket("buildkitd")
	if err := pruneCaches(ctx, p, st.Bin); err != nil {
		return err
	}
	return <-images
}

// startRegistry keeps the port of the last run while that registry lives:
// references to it are in people's files.
func startRegistry(ctx context.Context, p paths, st *bedState) error {
	if err := os.MkdirAll(p.state("registry"), 0o755); err != nil {
		return err
	}
	if r, ok := readRecord(p, "registry"); !ok || !r.alive() || st.Registry == "" {
		if err := stopService(ctx, p, "registry"); err != nil {
			return err
		}
		addr, err := pickPort()
		if err != nil {
			return err
		}
		st.Registry = addr
	}
	if err := registryService(p, st.Bin, st.Registry).start(ctx, p); err != nil {
		return err
	}
	return st.save(p)
}

// leaveOwnEnvironment forgets that the caller's shell points at this bed:
// otherwise its own engine would pass for the machine's.
func leaveOwnEnvironment(p paths) {
	if os.Getenv("DOCKER_HOST") == "unix://"+p.socket("docker") {
		_ = os.Unsetenv("DOCKER_HOST")
	}
	if os.Getenv("DOCKER_CONFIG") == p.dockerConfig() {
		_ = os.Unsetenv("DOCKER_CONFIG")
	}
}

// probeImage tells whether base images can be had from their registry.
const probeImage = "python:3.12-slim"

func registryReachable(ctx context.Context, bin string) bool {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	_, err := command{}.output(ctx, fmt.Sprintf("%s/crane", bin), "digest", "--platform", platform(), probeImage)
	return err == nil
}
