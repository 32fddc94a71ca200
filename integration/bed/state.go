package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
)

// bedState is what up leaves for env, status and the next up.
type bedState struct {
	Mode     mode   `json:"mode"`
	Registry string `json:"registry"` // 127.0.0.1:PORT
	Bin      string `json:"bin"`
	Docker   string `json:"docker"`   // DOCKER_HOST
	Buildkit string `json:"buildkit"` // BUILDKIT_HOST
	Pull     bool   `json:"pull"`     // base images come from their real registry
	Image    string `json:"image"`    // the frontend image; empty until it was built
}

// mode says whose engines the bed runs on.
type mode string

const (
	ownEngines   mode = "own"    // built and started by the bed
	dockerEngine mode = "docker" // the machine's Docker
)

func (p paths) bedFile() string { return p.state("bed.json") }

var errDown = errors.New("the bed is not up: run `go run ./integration/bed up` first")

func loadState(p paths) (bedState, error) {
	var st bedState
	data, err := os.ReadFile(p.bedFile())
	if errors.Is(err, os.ErrNotExist) {
		return st, errDown
	}
	if err != nil {
		return st, err
	}
	if err := json.Unmarshal(data, &st); err != nil {
		return st, fmt.Errorf("read %s: %w; run the bed's down, then up", p.bedFile(), err)
	}
	return st, nil
}

func (st bedState) save(p paths) error {
	data, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(p.bedFile(), append(data, '\n'), 0o644)
}

// running is nil when everything the bed started still answers.
func (st bedState) running(ctx context.Context, p paths) error {
	if err := pingRegistry(ctx, st.Registry); err != nil {
		return fmt.Errorf("the registry does not answer: %w", err)
	}
	if st.Mode == dockerEngine {
		return dockerContainersRun(ctx)
	}
	for _, name := range ownServices {
		if r, ok := readRecord(p, name); !ok || !r.alive() {
			return fmt.Errorf("%s does not run; its log is %s", name, p.log(name))
		}
	}
	if err := pingDocker(ctx, p.socket("docker")); err != nil {
		return fmt.Errorf("dockerd does not answer: %w", err)
	}
	return dial(ctx, p.socket("buildkitd"))
}

// ownServices in the order they stop: first what others stand on last.
var ownServices = []string{"buildkitd", "dockerd", "containerd", "registry"}

func platform() string { return "linux/" + runtime.GOARCH }
