package planner

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

const (
	// debugger is what debugs, where the project has no debugpy of its own.
	debugger = "debugpy>=1.8,<2"
	// debugDir is where it lies, apart from the runtime's packages.
	debugDir = "/opt/pybuild/debug"
	// debugPort is the one that editors connect to by default.
	debugPort = 5678
)

// debug starts what the runtime starts under a debugger that waits for nobody: the
// layers are the runtime's, with the debugger's on top.
func (b *builder) debug() {
	c, python := &b.plan.Config, b.plan.Python.Executable
	if !b.Resolved.Has("debugpy") {
		on := b.systemOn()
		cmd := []string{uvPath, "pip", "install", "--python", b.interpreter(on), "--target", "/install" + debugDir, "--link-mode", "copy", "--no-config"}
		cmd = append(append(append(cmd, b.crossFlags(on)...), b.sourceFlags()...), debugger)
		if b.guarded() {
			// The step has secrets.
			cmd = append(cmd, "--no-build")
		}
		args := slices.Concat(b.python(on, "install.py"), b.accessFlags(), []string{"--"}, cmd)
		b.add(plan.Step{
			ID: "debugger", Name: "[debug] install " + debugger, Stage: "debug", On: on, Args: args, Env: b.uvEnv(on), Dir: "/", Output: "/install",
			Offline: b.airGapped(), Mounts: append(b.tools(on, b.installScripts()...), b.access()...),
		})
		b.layer("debugger")
		c.Env = slices.DeleteFunc(c.Env, func(v plan.EnvVar) bool { return v.Name == "PYTHONPATH" })
		c.Env = append(c.Env, plan.EnvVar{Name: "PYTHONPATH", Value: strings.Trim(b.defaults["PYTHONPATH"]+":"+debugDir, ":")})
	}
	command := slices.Concat(c.Entrypoint, c.Cmd)
	switch {
	case len(command) == 0:
		return
	case command[0] == python || command[0] == "python" || command[0] == "python3":
		command = command[1:]
	case !strings.Contains(command[0], "/"):
		// A script that was installed.
		command[0] = path.Join(b.plan.Python.Prefix, "bin", command[0])
	}
	words := []string{python, "-Xfrozen_modules=off", "-m", "debugpy", "--listen", "0.0.0.0:" + strconv.Itoa(debugPort)}
	c.Entrypoint, c.Cmd = nil, append(words, command...)
	c.Ports = append(slices.Clone(c.Ports), debugPort)
	b.decide("debugger", "debugpy", "the target debug listens on port "+strconv.Itoa(debugPort))
}
