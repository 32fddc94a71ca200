package planner

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	// fetchedDir is where a step sees the wheels that another one fetched.
	fetchedDir = "/run/pybuild/fetched"
	// noHash stands for the sum of a file that nothing tells one of.
	noHash = "-"
	// wheelCache holds wheels by their SHA-256.
	wheelCache = "/root/.cache/pybuild/wheels"
	// wheelhouseDir is where steps see the wheelhouse.
	wheelhouseDir = "/run/pybuild/wheelhouse"
)

// fetchedByStep reports whether a wheel has to be downloaded by a step: of a build's
// secrets the engine takes those only that are named for it, and it has neither the
// build's CA nor its proxies, or has failed, or the configuration has steps do it. What is
// installed from it is the same, in the same layers.
func (b *builder) fetchedByStep(w project.Wheel) bool {
	if w.File.Hashes["sha256"] == "" {
		// The engine could not tell whether it is the right one.
		return true
	}
	if b.Config.Build.Wheelhouse != "" || b.Config.Build.Wheels == "cache" {
		return true
	}
	if b.loginOf(w.File.URL) != "" {
		// No step has the engine's login, whatever else could not be downloaded.
		return false
	}
	if b.Engine.FetchFailed || b.Config.Build.CA != "" || b.proxied() {
		return true
	}
	indexes := b.Facts.Indexes()
	// What was found in requirements does not always say in which index.
	if slices.ContainsFunc(indexes, func(i project.Index) bool { return w.Index == "" || sameIndex(i.URL, w.Index) }) {
		return true
	}
	return len(indexes) == 0 && b.logsIn()
}

// loginOf is the secret that the engine logs in with to fetch a file, where the
// configuration has one for its server: only the client knows what it passes, so
// that it has to be said.
func (b *builder) loginOf(file string) string {
	u, err := url.Parse(file)
	if err != nil || !b.Engine.HTTPAuth {
		return ""
	}
	for _, s := range b.Config.Build.Secrets {
		if s.ID == config.AuthHeader+u.Hostname() && s.Env == "" && s.Target == "" {
			return s.ID
		}
	}
	return ""
}

// logsIn reports whether the configuration passes credentials for some index,
// which is then not known to be another than the default one.
func (b *builder) logsIn() bool {
	for _, s := range b.Config.Build.Secrets {
		if strings.HasPrefix(s.Env, "UV_") || strings.HasPrefix(s.Env, "PIP_") || path.Base(s.Target) == ".netrc" {
			return true
		}
	}
	return b.indexOptions()
}

func sameIndex(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }

// fetch plans the step that downloads the wheels of a group that the engine does not
// fetch itself, and reports whether there are any.
func (b *builder) fetch(g group) bool {
	fetched := slices.DeleteFunc(slices.Clone(g.wheels), func(w project.Wheel) bool { return !b.fetchedByStep(w) })
	if len(fetched) == 0 {
		return false
	}
	on := b.native()
	args := append(b.python(on, "fetch.py"), b.accessFlags()...)
	house := b.wheelhouse()
	if len(house) > 0 {
		args = append(args, "--wheelhouse", wheelhouseDir)
	}
	args = append(args, "--")
	for _, w := range fetched {
		args = append(args, w.File.Name, or(w.File.Hashes["sha256"], noHash), w.File.URL)
	}
	b.add(plan.Step{
		ID: "fetch-" + g.id, Name: "[packages] fetch " + wheelNames(fetched), Stage: "packages", On: on, Args: args,
		Env: []plan.EnvVar{{Name: "HOME", Value: "/root"}}, Output: "/out", Offline: len(house) > 0, At: b.inputAt(),
		Mounts: append([]plan.Mount{
			scriptsMount(uvScripts("fetch.py")...),
			{Kind: plan.Cache, Target: wheelCache, ID: wheelCache},
		}, b.access()...),
	})
	return true
}

// wheelhouse mounts the directory that everything is installed from where there
// is no network.
func (b *builder) wheelhouse() []plan.Mount {
	if b.Config.Build.Wheelhouse == "" {
		return nil
	}
	return []plan.Mount{{Kind: plan.Bind, From: plan.Ref{Context: plan.Wheelhouse}, Target: wheelhouseDir}}
}

// airGapped reports whether installs have no network.
func (b *builder) airGapped() bool { return b.Config.Build.Wheelhouse != "" }

// offline reports whether what installs or builds has no network.
func (b *builder) offline() bool { return b.airGapped() || b.hermetic() }

// sourceFlags are the flags of a uv that looks for packages: in the wheelhouse
// alone, or in the indexes that the project names.
func (b *builder) sourceFlags() []string {
	if b.Config.Build.Wheelhouse != "" {
		return []string{"--no-index", "--find-links", wheelhouseDir}
	}
	return b.indexFlags()
}
