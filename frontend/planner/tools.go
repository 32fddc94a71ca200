package planner

import (
	"slices"
	"sort"

	"github.com/pybuild/pybuild/llb/plan"
)

// python is the start of a command that runs one of pybuild's scripts on a tree.
func (b *builder) python(on plan.Ref, script string) []string {
	return []string{b.interpreter(on), "-B", scriptsDir + "/" + script}
}

// interpreter is the Python of a tree.
func (b *builder) interpreter(on plan.Ref) string {
	if b.Builder != nil && b.onBuilder(on) {
		return b.Builder.Python.Executable
	}
	return b.plan.Python.Executable
}

// onBuilder reports whether a tree is the builder's, where that is an image of
// its own.
func (b *builder) onBuilder(r plan.Ref) bool {
	return b.startsOn(r, func(image string) bool { return image == "builder" || image == "native-builder" })
}

// scripts mounts pybuild's scripts.
func scriptsMount(names ...string) plan.Mount {
	return plan.Mount{Kind: plan.Bind, From: plan.Ref{Scripts: names}, Target: scriptsDir}
}

// uvScripts are scripts that run uv, with those that they import.
func uvScripts(names ...string) []string {
	names = append(names, "arguments.py", "cache.py", "failure.py", "hints.py", "masks.py", "native.py", "uv.py")
	slices.Sort(names)
	return names
}

// tools mounts the scripts, uv out of its own image, and uv's cache.
func (b *builder) tools(on plan.Ref, scripts ...string) []plan.Mount {
	mounts := []plan.Mount{scriptsMount(scripts...), b.uvOn(on)}
	if b.hermetic() || b.guarded() {
		// What other builds left in the cache has no hash in this one's lock. And where
		// there are secrets, a build script of another project must not have a say: uv
		// runs the interpreter that its cache names.
		return mounts
	}
	return append(mounts, plan.Mount{Kind: plan.Cache, Target: uvCache, ID: uvCache})
}

// uvEnv is the environment of every step that runs uv over its cache:
// pybuild's settings, then the user's.
func (b *builder) uvEnv(on plan.Ref) []plan.EnvVar {
	cache := uvCache
	if b.airGapped() || b.guarded() {
		// uv tells files of a directory apart by path and time, which those of all
		// wheelhouses have in common.
		cache = ownCache
	}
	env := append(b.toolEnv(on), plan.EnvVar{Name: "UV_CACHE_DIR", Value: cache},
		// What is built shall be the same on every machine: no date, and no debug
		// information, which names uv's temporary directory. CFLAGS would be
		// instead of Python's own, and cost the optimisation.
		plan.EnvVar{Name: "SOURCE_DATE_EPOCH", Value: "315532800"}, plan.EnvVar{Name: "LDFLAGS", Value: "-Wl,--strip-debug"})
	return append(append(env, b.gitEnv()...), b.userEnv()...)
}

// toolEnv is what pybuild tells uv in every step.
func (b *builder) toolEnv(on plan.Ref) []plan.EnvVar {
	return []plan.EnvVar{
		{Name: "HOME", Value: "/root"},
		{Name: "UV_PYTHON_DOWNLOADS", Value: "never"},
		{Name: "UV_PYTHON", Value: b.interpreter(on)},
		// uv's notes of when and where it installed differ on every build.
		{Name: "UV_NO_INSTALLER_METADATA", Value: "1"},
		{Name: "UV_NO_PROGRESS", Value: "1"},
		// uv gives a server that stumbles three chances.
		{Name: "UV_HTTP_RETRIES", Value: "6"},
		{Name: "UV_PREVIEW_FEATURES", Value: "pylock"},
	}
}

// userEnv is [build] env and args, with --build-arg over the args' defaults.
func (b *builder) userEnv() []plan.EnvVar {
	vars := map[string]string{}
	for name, value := range b.Config.Build.Args {
		if given, ok := b.BuildArgs[name]; ok {
			value = given
		}
		vars[name] = value
	}
	for name, value := range b.Config.Build.Env {
		vars[name] = value
	}
	return sortedEnv(vars)
}

func sortedEnv(vars map[string]string) []plan.EnvVar {
	keys := make([]string, 0, len(vars))
	for k := range vars {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	env := make([]plan.EnvVar, 0, len(keys))
	for _, k := range keys {
		env = append(env, plan.EnvVar{Name: k, Value: vars[k]})
	}
	return env
}
