package planner

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	// ownCache is uv's cache in a step that shares it with no other build.
	ownCache = "/tmp/uv-cache"
	// askedDir is where a step sees what packages say that they are built with.
	askedDir = "/run/pybuild/asked"
	// repositoriesDir is where a step sees the repositories that another one cloned.
	repositoriesDir = "/run/pybuild/repositories"
	// askedFile lists requirements by the package that has them.
	askedFile = "requires.json"
)

// guarded reports whether steps may be passed secrets or agents to download with. What
// packages run to be built is then kept apart from those: one step downloads and runs
// no code of a package, another has no secret and builds.
func (b *builder) guarded() bool {
	return !b.offline() && (len(b.Config.Build.SSH) > 0 || b.Facts.NeedsSSH() || slices.ContainsFunc(b.secrets(), placed))
}

// placed reports a secret that some step sees.
func placed(s config.Secret) bool { return s.Env != "" || s.Target != "" }

// ownSecrets are those of the configuration that nothing is downloaded with: what the
// project's own build is given.
func (b *builder) ownSecrets() []config.Secret {
	variables := b.requirementVariables()
	return slices.DeleteFunc(slices.Clone(b.Config.Build.Secrets), func(s config.Secret) bool {
		for _, prefix := range []string{"UV_", "PIP_", "GIT_", config.AuthHeader} {
			if strings.HasPrefix(s.Env, prefix) || strings.HasPrefix(s.ID, prefix) {
				return true
			}
		}
		return slices.Contains(variables, s.Env) || path.Base(s.Target) == path.Base(netrcFile) || s.Target == knownHosts
	})
}

// given are the flags and mounts of a step that runs what packages bring to be built: the
// company's CA, the wheelhouse, and, for the project's own build, what the configuration
// gives it.
func (b *builder) given(own bool) (flags []string, mounts []plan.Mount) {
	if own {
		flags, mounts = b.secretFlags(b.ownSecrets()), b.mountSecrets(b.ownSecrets())
		for _, id := range b.Config.Build.SSH {
			mounts = append(mounts, plan.Mount{Kind: plan.SSH, ID: id, Required: true})
		}
	}
	if !b.hermetic() {
		mounts = append(mounts, b.ca()...)
	}
	return flags, append(mounts, b.wheelhouse()...)
}

// unbuilt are packages to build whose requirements are downloaded apart.
type unbuilt struct {
	// id and name are those of what is built; the first is for steps, the other for people.
	id, name string
	// asked are the requirements that are known already.
	asked []string
	// archives are read for theirs.
	archives []string
	// sources are the archives and directories that are built.
	sources []string
	// files mounts what archives name, trees the rest of the sources.
	files, trees []plan.Mount
	// flags say where uv finds packages.
	flags []string
	at    plan.Location
}

// requires plans the steps that download what packages are built with, and mounts uv's
// cache with it. The first finds what they declare, and has the secrets; the second asks
// their build backends what else they want, and has neither secrets nor a network; the
// third downloads that.
func (b *builder) requires(on plan.Ref, u unbuilt) []plan.Mount {
	download := func(id, name string, args []string, mounts []plan.Mount) {
		cmd := slices.Concat([]string{uvPath, "pip", "install", "--quiet", "--python", b.interpreter(on), "--no-build", "--link-mode", "symlink"}, u.flags)
		args = slices.Concat(b.python(on, "requires.py"), b.accessFlags(), args, []string{"--"}, cmd, []string{"--then"}, u.archives)
		mounts = slices.Concat(mounts, u.files, b.tools(on, requiresScripts()...), b.access())
		env := append(b.uvEnv(on), plan.EnvVar{Name: "UV_CACHE_DIR", Value: "/out"})
		b.add(plan.Step{ID: id, Name: name, Stage: "builder", On: on, Args: args, Env: env, Dir: "/", Output: "/out", At: u.at, Mounts: mounts})
	}
	first, ask, rest := "requires-"+u.id, "backend-"+u.id, "requires-rest-"+u.id
	text, _ := json.Marshal([][]string{u.asked})
	asked := plan.Mount{Kind: plan.Bind, From: plan.Ref{Files: map[string]string{askedFile: string(text) + "\n"}}, Target: askedDir}
	download(first, "[builder] download what "+u.name+" is built with", []string{"--asked", askedDir + "/" + askedFile}, []plan.Mount{asked})

	install := slices.Concat([]string{uvPath, "pip", "install", "--quiet", "--offline", "--no-build", "--link-mode", "copy"}, u.flags)
	b.add(plan.Step{
		ID: ask, Name: "[builder] ask the build backend of " + u.name + " what else it needs", Stage: "builder", On: on,
		Args: slices.Concat(b.python(on, "backend.py"), []string{"--"}, install, []string{"--then"}, u.sources),
		Env:  b.uvEnv(on), Dir: "/", Output: "/out", Offline: true, At: u.at,
		Mounts: slices.Concat(u.files, u.trees, b.tools(on, append(requiresScripts(), "backend.py")...), []plan.Mount{cacheOf(plan.Ref{Step: first})}),
	})
	const before = "/run/pybuild/before"
	download(rest, "[builder] download what else "+u.name+" is built with", []string{"--asked", askedDir + "/" + askedFile, "--before", before}, []plan.Mount{
		{Kind: plan.Bind, From: plan.Ref{Step: ask}, Target: askedDir},
		{Kind: plan.Bind, From: plan.Ref{Step: first}, Target: before},
	})
	return []plan.Mount{cacheOf(plan.Ref{Stack: []plan.Ref{{Step: first}, {Step: rest}}})}
}

// requiresScripts are requires.py, with those that it imports.
func requiresScripts() []string {
	return uvScripts("install.py", "overlap.py", "requires.py", "tree.py")
}

// cacheOf mounts a tree as a cache of the step's own, into which it may write.
func cacheOf(from plan.Ref) plan.Mount {
	return plan.Mount{Kind: plan.Bind, From: from, Target: ownCache, Scratch: true}
}

// fileOf is the file to download of a package: one with a hash, else any that has an
// address.
func (b *builder) fileOf(p project.PylockPackage) (project.Wheel, bool) {
	if w, ok := b.hashedFile(p); ok || !b.guarded() {
		return w, ok
	}
	best, found := b.bestWheel(b.Platform, p.Wheels)
	for _, f := range []*project.File{p.Sdist, p.Archive} {
		if !found && f != nil {
			best, found = *f, true
		}
	}
	usable := found && best.Name != "" && path.Base(best.Name) == best.Name && best.Subdirectory == "" && strings.HasPrefix(best.URL, "http")
	return project.Wheel{Installed: project.Installed{Name: p.Name, Version: p.Version}, File: best, Index: p.Index}, usable
}

// clone plans the step that fetches the repositories of packages, and mounts them. It
// returns their directories.
func (b *builder) clone(on plan.Ref, packages []project.PylockPackage) (dirs []string, mounts []plan.Mount) {
	if len(packages) == 0 {
		return nil, nil
	}
	args := append(append(b.python(on, "clone.py"), b.accessFlags()...), "--")
	names := make([]string, 0, len(packages))
	for _, p := range packages {
		names = append(names, p.Name)
		args = append(args, p.Name, strings.TrimPrefix(p.VCS.URL, "git+"), p.VCS.CommitID)
		dirs = append(dirs, path.Join(repositoriesDir, p.Name, path.Join("/", p.VCS.Subdirectory)))
	}
	b.add(plan.Step{
		ID: "clone", Name: "[packages] clone " + strings.Join(names, ", "), Stage: "packages", On: on, Args: args, Output: "/out", At: b.inputAt(),
		Env:    append([]plan.EnvVar{{Name: "HOME", Value: "/root"}}, b.gitEnv()...),
		Mounts: append([]plan.Mount{scriptsMount(uvScripts("clone.py")...)}, b.access()...),
	})
	return dirs, []plan.Mount{{Kind: plan.Bind, From: plan.Ref{Step: "clone"}, Target: repositoriesDir, Scratch: true}}
}

var commitID = regexp.MustCompile(`^[0-9a-f]{40,64}$`)

// repository reports a package that is a commit of a git repository.
func (b *builder) repository(p project.PylockPackage) bool {
	return b.guarded() && p.VCS != nil && p.VCS.Type == "git" && p.VCS.URL != "" && commitID.MatchString(p.VCS.CommitID)
}
