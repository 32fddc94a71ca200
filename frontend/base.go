package frontend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/distribution/reference"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// describe finds the interpreter of an image, by its name in the plan, and what
// lies around it: the official images of Python tell by their name and environment,
// any other is asked.
func (t *target) describe(ctx context.Context, name string) (planner.Base, error) {
	env := t.found[name].env()
	if base, ok := official(t.images[name].Ref, env); ok {
		return base, nil
	}
	base, err := t.probe(ctx, name)
	base.Env = env
	return base, err
}

// noPython explains why an image could not be asked. How its process ended says less
// than the engine's log above it.
func (t *target) noPython(name string, err error) error {
	var exit *gwpb.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	return t.in.mistake("PB205", t.images[name].At, fmt.Sprintf("the image %s has no python3 that runs (exit code %d)", t.images[name].Ref, exit.ExitCode),
		"choose one with Python, such as python:3.13-slim")
}

// official describes an image of hub.docker.com/_/python, or a mirror of it.
func official(ref string, env map[string]string) (planner.Base, bool) {
	version := env["PYTHON_VERSION"]
	named, err := reference.ParseNormalizedNamed(ref)
	if version == "" || err != nil || path.Base(reference.Path(named)) != "python" {
		return planner.Base{}, false
	}
	numbers := strings.SplitN(version, ".", 3)
	minor := strings.Join(numbers[:min(2, len(numbers))], ".")
	base := planner.Base{
		Python: plan.Python{Version: minor, Prefix: "/usr/local", Executable: "/usr/local/bin/python" + minor},
		Env:    env, System: planner.System{Libc: "glibc", Manager: "apt"},
	}
	if tagged, ok := named.(reference.Tagged); ok && strings.Contains(tagged.Tag(), "alpine") {
		base.System = planner.System{ID: "alpine", Libc: "musl", Manager: "apk"}
	}
	return base, true
}

// probeScript writes what planning needs to know. Packages are installed below
// a prefix that the interpreter looks in, with the directories that uv uses
// there; Debian's looks in others, and has to be led to them.
const probeScript = `import glob, json, os, site, sys, sysconfig
version = sysconfig.get_python_version() + ("t" if sysconfig.get_config_var("Py_GIL_DISABLED") else "")
places, hook = site.getsitepackages(), ""
prefixes = [p for p in (sys.prefix, "/usr/local") if f"{p}/lib/python{version}/site-packages" in places]
if not prefixes:
    prefixes, hook = ["/usr/local"], places[0]
release = {}
if os.path.exists("/etc/os-release"):
    with open("/etc/os-release") as file:
        release = dict(line.strip().split("=", 1) for line in file if "=" in line)
there = lambda *names: any(os.path.exists(directory + name) for name in names for directory in ("/usr/bin/", "/bin/", "/sbin/", "/usr/sbin/"))
json.dump({
    "version": version, "prefix": prefixes[0], "executable": sys.executable, "hook": hook,
    "id": release.get("ID", "").strip('"'), "codename": release.get("VERSION_CODENAME", "").strip('"'),
    "libc": "musl" if glob.glob("/lib/ld-musl-*") else "glibc",
    "manager": "apt" if there("apt-get") and there("sh") else "apk" if there("apk") else "",
}, open("/out/python.json", "w"))`

// probe runs the image's own Python to learn what it is.
func (t *target) probe(ctx context.Context, name string) (planner.Base, error) {
	on, platform := t.found[name].state, t.platform
	native, ok := t.found["native"]
	if name == "builder" {
		native, ok = t.found["native-builder"]
	}
	if ok {
		on, platform = native.state, t.in.buildPlatform()
	}
	run := on.Run(bk.Args([]string{"python3", "-c", probeScript}), bk.Network(bk.NetModeNone), bk.User("0"),
		bk.WithCustomName(plan.Line("[base] ask the Python of "+t.images[name].Ref+" for its version")))
	ref, err := t.evaluate(ctx, run.AddMount("/out", bk.Scratch()), "which Python "+t.images[name].Ref+" has", platform)
	if err != nil {
		return planner.Base{}, t.noPython(name, err)
	}
	data, err := dockerui.ReadFile(ctx, ref, "python.json")
	if err != nil {
		return planner.Base{}, err
	}
	var said struct{ Version, Prefix, Executable, Hook, ID, Codename, Libc, Manager string }
	if err := json.Unmarshal(data, &said); err != nil {
		return planner.Base{}, t.in.mistake("PB205", t.images[name].At, fmt.Sprintf("the Python of the image %s does not say what it is: %v", t.images[name].Ref, err),
			"choose one with Python, such as python:3.13-slim")
	}
	return planner.Base{
		Python: plan.Python{Version: said.Version, Prefix: said.Prefix, Executable: said.Executable},
		System: planner.System{ID: said.ID, Codename: said.Codename, Libc: said.Libc, Manager: said.Manager, SiteHook: said.Hook},
	}, nil
}
