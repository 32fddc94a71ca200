package llb

import (
	"fmt"
	"slices"
	"strings"
	"time"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pybuild/pybuild/llb/plan"
)

// Configuration returns the image's configuration: the base's own with the
// plan's over it. created is the image's date, nil for none.
func Configuration(p *plan.Plan, base *dockerspec.DockerOCIImage, platform ocispecs.Platform, created *time.Time) *dockerspec.DockerOCIImage {
	img := dockerspec.DockerOCIImage{}
	if base != nil {
		img = *base
	}
	img.Platform = platform
	img.Created = created
	c := p.Config
	cfg := &img.Config
	cfg.Env = mergeEnv(cfg.Env, c.Env)
	cfg.User = c.User
	cfg.WorkingDir = c.Workdir
	cfg.Entrypoint = c.Entrypoint
	cfg.Cmd = c.Cmd
	cfg.OnBuild = nil
	if c.StopSignal != "" {
		cfg.StopSignal = c.StopSignal
	}
	cfg.ExposedPorts = union(cfg.ExposedPorts, ports(c.Ports))
	cfg.Volumes = union(cfg.Volumes, c.Volumes)
	cfg.Labels = labels(cfg.Labels, c.Labels)
	if h := c.Healthcheck; h != nil {
		cfg.Healthcheck = healthcheck(h)
	}
	return &img
}

func healthcheck(h *plan.Healthcheck) *dockerspec.HealthcheckConfig {
	if h.Command == nil {
		return &dockerspec.HealthcheckConfig{Test: []string{"NONE"}}
	}
	return &dockerspec.HealthcheckConfig{
		Test:          append([]string{"CMD"}, h.Command...),
		Interval:      h.Interval,
		Timeout:       h.Timeout,
		StartPeriod:   h.StartPeriod,
		StartInterval: h.StartInterval,
		Retries:       h.Retries,
	}
}

// mergeEnv sets variables over a base's, keeping the base's order.
func mergeEnv(base []string, vars []plan.EnvVar) []string {
	env := slices.Clone(base)
	for _, v := range vars {
		line := v.Name + "=" + v.Value
		i := slices.IndexFunc(env, func(old string) bool { return strings.HasPrefix(old, v.Name+"=") })
		if i >= 0 {
			env[i] = line
		} else {
			env = append(env, line)
		}
	}
	return env
}

func ports(numbers []int) []string {
	names := make([]string, 0, len(numbers))
	for _, p := range numbers {
		names = append(names, fmt.Sprintf("%d/tcp", p))
	}
	return names
}

// union is a base's set with more in it, nil where that is nothing.
func union(base map[string]struct{}, add []string) map[string]struct{} {
	all := map[string]struct{}{}
	for name := range base {
		all[name] = struct{}{}
	}
	for _, name := range add {
		all[name] = struct{}{}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func labels(base, add map[string]string) map[string]string {
	all := map[string]string{}
	for k, v := range base {
		all[k] = v
	}
	for k, v := range add {
		all[k] = v
	}
	if len(all) == 0 {
		return nil
	}
	return all
}
