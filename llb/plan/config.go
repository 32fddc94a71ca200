package plan

import "time"

// Config is the image's configuration, over the base image's own.
type Config struct {
	Env []EnvVar `json:"env,omitempty"`
	// User is "uid:gid", empty for root.
	User       string   `json:"user,omitempty"`
	Workdir    string   `json:"workdir"`
	Entrypoint []string `json:"entrypoint,omitempty"`
	Cmd        []string `json:"cmd,omitempty"`
	// Ports are the TCP ports to expose.
	Ports []int `json:"ports,omitempty"`
	// Volumes are the directories that the user of the container may write to.
	Volumes     []string          `json:"volumes,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	StopSignal  string            `json:"stopSignal,omitempty"`
	Healthcheck *Healthcheck      `json:"healthcheck,omitempty"`
}

// Healthcheck is the image's HEALTHCHECK; durations are nanoseconds in JSON, as
// in the image configuration.
type Healthcheck struct {
	// Command is the exec form; nil means NONE, which also removes the base's.
	Command       []string      `json:"command,omitempty"`
	Interval      time.Duration `json:"interval,omitempty"`
	Timeout       time.Duration `json:"timeout,omitempty"`
	StartPeriod   time.Duration `json:"startPeriod,omitempty"`
	StartInterval time.Duration `json:"startInterval,omitempty"`
	Retries       int           `json:"retries,omitempty"`
}
