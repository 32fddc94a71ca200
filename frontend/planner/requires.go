package planner

import (
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	// sdistsDir is where a step sees source archives, each below its SHA-256: uv caches
	// what it builds by the path that it was built from.
	sdistsDir = "/run/pybuild/sdists"
	// requiresDir is where a step sees what packages are built with.
	requiresDir = "/run/pybuild/requires"
)

// environment508 is what markers ask of the image.
func (b *builder) environment508() project.Environment {
	return project.Environment{Python: b.plan.Python.Version, Machine: project.Machine(architecture(b.Platform))}
}

// WheelTarget is what wheels have to fit that are installed on a platform.
func WheelTarget(in Input, platform string) project.Target {
	t := project.Target{
		Python: in.Base.Python.Version, OS: "linux", Arch: architecture(platform),
		// Debian 11's glibc: what the oldest supported base has.
		Libc: "glibc", LibcVersion: "2.31",
	}
	if in.Base.System.Libc == "musl" {
		// That of Alpine 3.9 and later.
		t.Libc, t.LibcVersion = "musl", "1.2"
	}
	return t
}

// bestWheel is the wheel of a package that is installed on a platform, if there is one.
func (b *builder) bestWheel(platform string, wheels []project.File) (project.File, bool) {
	ranks, ok := b.ranks[platform]
	if !ok {
		ranks = WheelTarget(b.Input, platform).Ranks()
		b.ranks[platform] = ranks
	}
	return ranks.Best(wheels)
}

// hashedFile is the file of a package that is no wheel which the engine fetches: in a
// hermetic build whatever has a hash, else a source archive that the engine can fetch.
func (b *builder) hashedFile(p project.PylockPackage) (project.Wheel, bool) {
	of := func(f project.File) (project.Wheel, bool) {
		w := project.Wheel{Installed: project.Installed{Name: p.Name, Version: p.Version}, File: f, Index: p.Index}
		safe := f.Hashes["sha256"] != "" && f.Name != "" && path.Base(f.Name) == f.Name && f.Subdirectory == ""
		return w, safe && (strings.HasPrefix(f.URL, "http") || b.airGapped())
	}
	if b.hermetic() {
		if best, found := b.bestWheel(b.Platform, p.Wheels); found {
			return of(best)
		}
	}
	source := p.Sdist
	if source == nil {
		source = p.Archive
	}
	if source == nil || strings.HasSuffix(source.Name, ".whl") && !b.hermetic() {
		return project.Wheel{}, false
	}
	w, ok := of(*source)
	return w, ok && (b.hermetic() || b.guarded() || !b.fetchedByStep(w))
}

// deliver mounts files of packages: the engine fetches those that it can. It returns the
// paths.
func (b *builder) deliver(id string, files []project.Wheel, dir func(project.Wheel) string) (paths []string, mounts []plan.Mount) {
	at := fetchedDir + "-" + id
	if b.plan.Step("fetch-"+id) != nil || b.fetch(group{id: id, wheels: files}) {
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Step: "fetch-" + id}, Target: at})
	}
	for _, w := range files {
		if b.fetchedByStep(w) {
			paths = append(paths, at+"/"+w.File.Name)
			continue
		}
		target := dir(w) + "/" + w.File.Name
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, Source: "/" + w.File.Name, Target: target, From: plan.Ref{Download: b.download(w)}})
		paths = append(paths, target)
	}
	return paths, mounts
}

// download is a file that the engine fetches.
func (b *builder) download(w project.Wheel) *plan.Download {
	return &plan.Download{URL: w.File.URL, SHA256: w.File.Hashes["sha256"], Name: w.File.Name, Size: w.File.Size, Login: b.loginOf(w.File.URL)}
}

// sdistDir is where an archive lies.
func sdistDir(w project.Wheel) string { return sdistsDir + "/" + w.File.Hashes["sha256"] }

// requirements are the flags and mounts with which uv finds what packages are built with
// on a tree: in a hermetic build the wheels of the lock for that, else what sourceFlags say.
func (b *builder) requirements(on plan.Ref) (flags []string, mounts []plan.Mount) {
	if !b.hermetic() {
		return b.sourceFlags(), nil
	}
	flags = []string{"--offline", "--no-index"}
	if b.BuildLock == nil {
		return flags, nil
	}
	platform := b.BuildPlatform
	if b.runsOnTarget(on) || !b.crosses() {
		platform = b.Platform
	}
	env := project.Environment{Python: b.plan.Python.Version, Machine: project.Machine(architecture(platform))}
	var wheels []project.Wheel
	for _, p := range b.BuildLock.Packages {
		if !env.Holds(p.Marker, nil) {
			continue
		}
		best, found := b.bestWheel(platform, p.Wheels)
		if !found || best.Hashes["sha256"] == "" || path.Base(best.Name) != best.Name || !strings.HasPrefix(best.URL, "http") && !b.airGapped() {
			b.fail(b.refusal("PB603", b.BuildLock.At(p.Name), "lock another version of it", "%s %s has no wheel for %s with an address and a SHA-256", p.Name, p.Version, platform))
			continue
		}
		wheels = append(wheels, project.Wheel{Installed: project.Installed{Name: p.Name, Version: p.Version}, File: best, Index: p.Index})
	}
	id := "requires"
	if platform != b.BuildPlatform {
		id = "requires-target"
	}
	paths, mounts := b.deliver(id, wheels, func(project.Wheel) string { return requiresDir })
	var dirs []string
	for _, p := range paths {
		dirs = append(dirs, path.Dir(p))
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		flags = append(flags, "--find-links", dir)
	}
	return flags, mounts
}
