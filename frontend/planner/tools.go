package planner

import (
	"sort"

	"github.com/pybuild/pybuild/llb/plan"
)

// python is the start of a command that runs one of pybuild's scripts.
func (b *builder) python(script string) []string {
	return []string{b.plan.Python.Executable, "-B", scriptsDir + "/" + script}
}

// scripts mounts pybuild's scripts.
func scriptsMount(names ...string) plan.Mount {
	return plan.Mount{Kind: plan.Bind, From: plan.Ref{Scripts: names}, Target: scriptsDir}
}

// tools mounts the scripts, uv out of its own image, and uv's cache.
func (b *builder) tools(on plan.Ref, scripts ...string) []plan.Mount {
	return []plan.Mount{
		scriptsMount(scripts...),
		b.uvOn(on),
		{Kind: plan.Cache, Target: uvCache, ID: uvCache},
	}
}

// uvEnv is the environment of every step that runs uv over its cache:
// pybuild's settings, then the user's.
func (b *builder) uvEnv() []plan.EnvVar {
	env := append(b.toolEnv(), plan.EnvVar{Name: "UV_CACHE_DIR", Value: uvCache},
		// What is built shall be the same on every machine: no date, and no debug
		// information, which names uv's temporary directory.
		plan.EnvVar{Name: "SOURCE_DATE_EPOCH", Value: "315532800"},
		plan.EnvVar{Name: "CFLAGS", Value: "-g0"}, plan.EnvVar{Name: "CXXFLAGS", Value: "-g0"})
	return append(env, b.userEnv()...)
}

// toolEnv is what pybuild tells uv in every step.
func (b *builder) toolEnv() []plan.EnvVar {
	return []plan.EnvVar{
		{Name: "HOME", Value: "/root"},
		{Name: "UV_PYTHON_DOWNLOADS", Value: "never"},
		{Name: "UV_PYTHON", Value: b.plan.Python.Executable},
		// uv's notes of when and where it installed differ on every build.
		{Name: "UV_NO_INSTALLER_METADATA", Value: "1"},
		{Name: "UV_NO_PROGRESS", Value: "1"},
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

// secretFile is where a step sees a secret that becomes a variable.
func secretFile(id string) string { return "/run/secrets/" + id }

// secretFlags tell the scripts which files become variables of uv.
func (b *builder) secretFlags() []string {
	var flags []string
	for _, s := range b.Config.Build.Secrets {
		if s.Env != "" {
			flags = append(flags, "--secret-env", s.Env+"="+secretFile(s.ID))
		}
	}
	return flags
}

// credentials mounts the build's secrets and agents. Secrets are files on
// every engine: old ones know no other way.
func (b *builder) credentials() []plan.Mount {
	var mounts []plan.Mount
	for _, s := range b.Config.Build.Secrets {
		target := s.Target
		if s.Env != "" {
			target = secretFile(s.ID)
		}
		mounts = append(mounts, plan.Mount{Kind: plan.Secret, ID: s.ID, Target: target, Required: s.Required})
	}
	for _, id := range b.Config.Build.SSH {
		mounts = append(mounts, plan.Mount{Kind: plan.SSH, ID: id, Required: true})
	}
	return mounts
}
