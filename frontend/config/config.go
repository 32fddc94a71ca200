// Package config reads pybuild's configuration: the bytes of a pybuild.toml, or
// the [tool.pybuild] table of a pyproject.toml, into a Config whose every value
// knows its place in the file.
package config

import (
	"slices"
	"strings"
	"time"

	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// Config is what a user asked for. Zero values mean "not said": defaults are
// the planner's business, since many follow from the project.
type Config struct {
	// Python is the minor version to run on, such as "3.12".
	Python string
	// Base is the reference of the runtime's base image.
	Base string

	Build   Build
	Runtime Runtime
	Serve   Serve
	// Targets are other images of the same layers, by the name that --target takes.
	Targets map[string]Target

	file   *tomlfile.File // nil where there is no file
	root   []string       // path of pybuild's own table in the file
	target string         // whose configuration it is
}

// Build says how dependencies and code are made.
type Build struct {
	// Input is the file in the context that says what to install, where more
	// than one could or it has a name of its own.
	Input string
	// Package is the member of the workspace that the image is made of.
	Package string
	// Project is how the project itself comes into the image: "install" as a
	// package, or "copy" as files; empty where not said.
	Project string
	// Base is the reference of the image that is built on, where that is not the
	// runtime's base.
	Base string
	// Packages are Debian packages for the builder only, as apt names them.
	Packages []string
	// Groups are dependency groups (PEP 735) to install.
	Groups []string
	// Extras are the project's optional dependencies to install.
	Extras []string
	// Env is set for the build steps and never reaches the image.
	Env map[string]string
	// Args are build arguments with their defaults; --build-arg overrides.
	// They are set like Env.
	Args map[string]string
	// Secrets are build secrets that the install step may read.
	Secrets []Secret
	// SSH are the ids of agent sockets that the install step may use.
	SSH []string
	// CA is the id of the secret with the certificate of a company's CA; "" for none.
	CA string
	// Wheelhouse is the directory of the context, or the named context, that
	// everything is installed from; "" for none.
	Wheelhouse string
	// Hermetic refuses whatever would come in without a hash of a lock.
	Hermetic bool
	// Requires is the lock (PEP 751) of what packages are built with; "" for none.
	Requires string
	// Trusted are packages whose build scripts may see secrets, where versions are found.
	Trusted []string
	// AptMirror is the URL of a mirror of Debian's archive; "" for the base's own.
	AptMirror string
	// CollectStatic switches Django's collectstatic on or off; nil leaves it to
	// the settings.
	CollectStatic *bool
	// Wheels is how locked wheels come to the steps that install them:
	// "sources" or "cache"; empty where not said.
	Wheels string
	// Layers is how dependencies become layers: "packages" or "single"; empty
	// where not said.
	Layers string
	// Strip are the kinds of files to leave out of installed packages: "tests",
	// "stubs" and "archives".
	Strip []string
	// UV is the version of uv that installs, such as "0.13.9".
	UV string
}

// Secret is one build secret: `docker build --secret id=...`. One without Env and
// Target is the engine's (see AuthHeader).
type Secret struct {
	ID string
	// Env names the variable that holds the value; empty where Target is set.
	Env string
	// Target is the absolute path of the file that holds the value.
	Target string
	// Required fails the build when the secret was not passed.
	Required bool
}

// Runtime says what the image holds beside the dependencies.
type Runtime struct {
	// Packages are Debian packages for the runtime image.
	Packages []string
	// Env is the image's environment. A nil value removes a default.
	Env map[string]*string
	// User and Group name the account; UID and GID number it (nil: not said).
	User, Group string
	UID, GID    *int
	// Owner says who owns the code: "root" (the default) or "user".
	Owner string
	// Include and Exclude are .dockerignore-style patterns that choose the
	// files of the context that become the app.
	Include, Exclude []string
	// StdlibBytecode compiles the standard library; nil is yes.
	StdlibBytecode *bool
	// CA is the file of the context with the certificate of a company's CA, which the
	// image then trusts; "" for none.
	CA string
	// Workdir is the absolute path of the app in the image.
	Workdir string
	// Volumes are absolute paths of directories that the app may write to.
	Volumes []string
	Labels  map[string]string
}

// Target is an image that differs from the runtime in what it runs.
type Target struct {
	// Serve replaces that of the runtime.
	Serve Serve
	// Env is set over that of the runtime. A nil value removes a variable.
	Env map[string]*string
	// Groups and Extras are installed beside those of Build, Input is installed
	// instead of the other.
	Groups, Extras []string
	Input          string
	// Packages are Debian packages beside those of Runtime.
	Packages []string
}

// Serve says what the container runs. At most one of App, Module, Script and
// Command is set.
type Serve struct {
	// App is the ASGI or WSGI application, "package.module:attribute".
	App string
	// Server is the program that serves App, such as "gunicorn".
	Server string
	// Module is run as `python -m MODULE`.
	Module string
	// Script is an installed entry point, or a path of the app ending in .py.
	Script string
	// Args follow Module and Script.
	Args []string
	// Command is the exec form of CMD; Entrypoint that of ENTRYPOINT.
	Command, Entrypoint []string
	// Workers is how many processes serve; WorkersAuto follows the container's
	// CPU and memory limits. Workers is 0 where it was not said.
	Workers     int
	WorkersAuto bool
	// Port is the TCP port that the server listens on; 0 where not said.
	Port        int
	Healthcheck Healthcheck
	// StopSignal ends the container, such as "SIGTERM".
	StopSignal string
}

// Healthcheck is the image's HEALTHCHECK. Durations are zero where not said.
type Healthcheck struct {
	// Set reports that the key was written; Disabled that it was `false`.
	Set, Disabled bool
	// Path is requested on the server's port, such as "/health".
	Path string
	// Host is what the request says that it is for, such as "shop.example".
	Host string
	// Command replaces the HTTP request (exec form).
	Command                                       []string
	Interval, Timeout, StartPeriod, StartInterval time.Duration
	Retries                                       int
}

// Default is the configuration of a project that wrote none.
func Default() *Config { return &Config{} }

// At returns the place of a value by its path below pybuild's own table, such
// as At("build", "packages", "0"). The place is zero where nothing was written.
func (c *Config) At(path ...string) plan.Location {
	if c.file == nil || !c.Has(path...) {
		return plan.Location{}
	}
	return c.file.At(c.path(path)...)
}

// Has reports whether the key at path was written.
func (c *Config) Has(path ...string) bool {
	return c.file != nil && c.file.Has(c.path(path)...)
}

// Comment is what somebody wrote right above a key or the header of a table.
func (c *Config) Comment(path ...string) string {
	if !c.Has(path...) {
		return ""
	}
	return c.file.Comment(c.path(path)...)
}

// path is a path of pybuild's own table as it is in the file: what a target says itself is in
// its own table.
func (c *Config) path(path []string) []string {
	if t, ok := c.Targets[c.target]; ok && len(path) > 0 {
		own := append(append(slices.Clone(c.root), "target", c.target), path[1:]...)
		switch {
		case path[0] == "serve" && (t.Serve.Starts() || len(path) > 1 && c.file.Has(own[:len(c.root)+3]...)):
			return own
		case strings.Join(path, ".") == "runtime.packages" && c.file.Has(own...):
			return own
		}
	}
	return append(slices.Clone(c.root), path...)
}

// Source returns the text that the configuration was read from, for excerpts.
func (c *Config) Source() (name string, data []byte) {
	if c.file == nil {
		return "", nil
	}
	return c.file.Name, c.file.Data
}
