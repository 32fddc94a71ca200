package planner

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	// wheelsDir is where a step sees its wheels.
	wheelsDir = "/run/pybuild/wheels"
	// largeWheel is the size in bytes from which on a wheel has a layer of its
	// own.
	largeWheel = 2 << 20
	// bucketSize is how many bytes of small wheels a layer is meant for.
	bucketSize = 3 << 19
	// usualWheel stands for the size of a wheel where the lock does not tell.
	usualWheel = 256 << 10
	// maxLarge and maxBuckets keep the layers of an image well below what
	// overlayfs and registries take.
	maxLarge, maxBuckets = 16, 8
)

// group are the packages of one layer.
type group struct {
	id     string
	name   string // for people
	wheels []project.Wheel
}

// packages plans the dependencies as layers by package: wheels are sources of
// the build with their checksums, and what installs them has no network.
func (b *builder) packages() {
	for _, g := range b.groups() {
		b.add(b.wheelStep(g))
		b.layer(g.id)
	}
	if rest := b.Resolved.Rest; len(rest) > 0 {
		b.rest(rest)
	}
}

// fromSources reports whether wheels are fetched by the engine itself.
func (b *builder) fromSources() bool {
	if b.Resolved == nil || len(b.Resolved.Wheels) == 0 && !slices.ContainsFunc(b.Resolved.Rest, func(p project.PylockPackage) bool { _, ok := b.hashedFile(p); return ok }) {
		return false
	}
	switch b.Config.Build.Wheels {
	case "sources":
		return true
	case "cache":
		if b.guarded() {
			b.decide("wheels", "cache", "steps that may log in somewhere download over a cache, and others install", "build", "wheels")
		}
		return false
	}
	if b.guarded() && !b.locked() {
		b.decide("wheels", "sources", "steps that may log in somewhere download, and others install", "build", "wheels")
		return true
	}
	if !b.locked() {
		b.decide("wheels", "cache", "the dependencies are not locked with hashes", "build", "wheels")
		return false
	}
	return true
}

// locked reports whether the input pins every file by its hash.
func (b *builder) locked() bool {
	switch b.Facts.Input {
	case project.InputUVLock, project.InputPylock, project.InputPoetry, project.InputPDM, project.InputPipfile:
		return true
	case project.InputScript:
		return b.Facts.ScriptLock != nil
	case project.InputRequirements:
		return b.Facts.Requirements.AllHashed()
	}
	return false
}

func (b *builder) proxied() bool {
	for name := range b.BuildArgs {
		if lower := strings.ToLower(name); lower == "http_proxy" || lower == "https_proxy" || lower == "all_proxy" {
			return true
		}
	}
	return false
}

// groups deal the wheels to layers: the largest each to its own, the others to
// buckets by the hash of their names, so that a change of one touches one.
func (b *builder) groups() []group {
	wheels := b.Resolved.Wheels
	bySize := slices.Clone(wheels)
	slices.SortStableFunc(bySize, func(x, y project.Wheel) int { return int(y.File.Size - x.File.Size) })
	large := map[string]bool{}
	small := int64(0)
	for i, w := range bySize {
		if w.File.Size > largeWheel && i < maxLarge {
			large[w.Name] = true
		} else {
			small += or(w.File.Size, usualWheel)
		}
	}
	// A power of two, so that growing over a limit halves buckets and does not
	// deal all packages anew.
	n := uint32(1)
	for n < maxBuckets && small > int64(n)*bucketSize {
		n *= 2
	}
	var groups []group
	buckets := make([]group, n)
	for _, w := range wheels {
		if large[w.Name] {
			groups = append(groups, group{"package-" + w.Name, w.Name + " " + w.Version + " (" + plan.Megabytes(w.File.Size) + ")", []project.Wheel{w}})
			continue
		}
		h := fnv.New32a()
		_, _ = h.Write([]byte(w.Name))
		i := h.Sum32() % n
		buckets[i].wheels = append(buckets[i].wheels, w)
	}
	for i, bucket := range buckets {
		if len(bucket.wheels) > 0 {
			bucket.id, bucket.name = fmt.Sprintf("packages-%d", i+1), wheelNames(bucket.wheels)
			groups = append(groups, bucket)
		}
	}
	if len(wheels) > 0 && (b.Config.Build.Layers == "single" || !b.Engine.Merge) {
		// In the order of the layers, which decides where packages bring the same file.
		one := group{id: "install", name: fmt.Sprintf("%s from %s", plan.Count(len(wheels), "package"), b.inputName())}
		for _, g := range groups {
			one.wheels = append(one.wheels, g.wheels...)
		}
		return []group{one}
	}
	return groups
}

// wheelStep installs wheels. Nothing of the project is in it: the same packages
// on the same base are the same step, and the same layer, in every project.
func (b *builder) wheelStep(g group) plan.Step {
	cmd := []string{uvPath, "pip", "install", "--python", b.interpreter(b.native()), "--prefix", "/install" + b.plan.Python.Prefix,
		"--no-index", "--offline", "--no-deps", "--no-config",
		// The step's name says what is installed, and each file has a line to itself.
		"--quiet",
		// A cache on the same file system is linked and not copied; install.py
		// removes it.
		"--cache-dir", "/install/.cache", "--link-mode", "hardlink"}
	cmd = append(cmd, b.crossFlags(b.native())...)
	mounts := []plan.Mount{
		scriptsMount(b.installScripts()...),
		b.uvOn(b.native()),
	}
	if b.fetch(g) {
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Step: "fetch-" + g.id}, Target: fetchedDir})
	}
	var others []project.Wheel
	for _, w := range g.wheels {
		if b.fetchedByStep(w) {
			cmd = append(cmd, fetchedDir+"/"+w.File.Name)
			continue
		}
		cmd, others = append(cmd, wheelsDir+"/"+w.File.Name), append(others, w)
	}
	mounts = append(mounts, b.downloads(others)...)
	return plan.Step{
		ID: g.id, Name: "[packages] install " + g.name, Stage: "packages", On: b.native(),
		Args: slices.Concat(b.python(b.native(), "install.py"), b.stripFlags(), []string{"--"}, cmd), Env: b.toolEnv(b.native()), Output: "/install", Offline: true,
		Mounts: mounts, At: b.inputAt(),
	}
}

// downloads mounts wheels that the engine fetches.
func (b *builder) downloads(wheels []project.Wheel) []plan.Mount {
	mounts := make([]plan.Mount, 0, len(wheels))
	for _, w := range wheels {
		file := w.File
		mounts = append(mounts, plan.Mount{
			Kind: plan.Bind, From: plan.Ref{Download: b.download(w)},
			Source: "/" + file.Name, Target: wheelsDir + "/" + file.Name,
		})
	}
	return mounts
}

// rest plans what has to be built, or has no file with a hash.
func (b *builder) rest(packages []project.PylockPackage) {
	names := make([]string, 0, len(packages))
	for _, p := range packages {
		names = append(names, p.Name)
	}
	on := b.on()
	l := b.left(on, packages)
	cmd := append(b.pipInstall(on), "--no-deps", "-r", lockedFile)
	if l.hashed {
		cmd = append(cmd, "--require-hashes")
	}
	cmd = append(cmd, l.flags...)
	args := slices.Concat(b.python(on, "install.py"), b.stripFlags(), b.shebangFlags(on), []string{"--"}, cmd)
	mounts := []plan.Mount{{
		Kind: plan.Bind, From: plan.Ref{Files: map[string]string{lockedFile: l.written}}, Target: projectDir, Scratch: true,
	}}
	_, given := b.given(false)
	mounts = slices.Concat(mounts, l.mounts, b.tools(on, b.installScripts()...), given)
	if slices.Contains(b.buildNeeds(), rustPackage) {
		mounts = append(mounts, b.crates()...)
	}
	b.add(plan.Step{
		ID: "install", Name: "[builder] build and install " + strings.Join(names, ", "), Stage: "builder", On: on, Args: args,
		Env: b.uvEnv(on), Dir: projectDir, Output: "/install", Offline: b.offline(), At: b.inputAt(), Mounts: mounts,
	})
	b.layer("install")
}

// wheelNames lists packages for people, not all of them where they are many.
func wheelNames(wheels []project.Wheel) string {
	names := make([]string, 0, len(wheels))
	for _, w := range wheels {
		names = append(names, w.Name)
	}
	if len(names) > 6 {
		return strings.Join(names[:5], ", ") + fmt.Sprintf(" and %d more", len(names)-5)
	}
	return strings.Join(names, ", ")
}
