package planner

import (
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// leftover are packages that are no wheels with a hash, as uv installs them.
type leftover struct {
	// written are their requirements; hashed reports that each has a hash.
	written string
	hashed  bool
	// flags say where uv finds what they are built with.
	flags  []string
	mounts []plan.Mount
}

// left finds where the packages come from that are no wheels with a hash. Source archives
// are sources of the build, as wheels are; what they are built with, and what has no hash,
// uv finds in its index or repository, over its cache. In a build that may log in
// somewhere all of it is downloaded before.
func (b *builder) left(on plan.Ref, packages []project.PylockPackage) leftover {
	var text strings.Builder
	hashed := true
	indexes := map[string]bool{}
	var found, names []string
	var files []project.Wheel
	var repositories []project.PylockPackage
	for _, p := range packages {
		w, ok := b.fileOf(p)
		if p.Index != "" && (!ok || b.guarded()) {
			indexes[p.Index] = true
		}
		switch {
		case ok:
			files = append(files, w)
		case b.repository(p):
			repositories, hashed = append(repositories, p), false
		default:
			found = append(found, p.Name)
			line, has := p.Requirement()
			hashed = hashed && has
			text.WriteString(line + "\n")
		}
	}
	l := leftover{written: text.String()}
	if b.directRequirements() && (len(found) > 0 || !b.guarded()) {
		// The hashes that the user wrote, and not those that an index has.
		l.written, hashed, indexes = b.Facts.Requirements.Only(found), b.Facts.Requirements.AllHashed(), nil
	}
	paths, mounts := b.deliver("sources", files, sdistDir)
	var archives []string
	for i, w := range files {
		l.written += w.Name + " @ file://" + paths[i]
		if sum := w.File.Hashes["sha256"]; sum != "" {
			l.written += " --hash=sha256:" + sum
		} else {
			hashed = false
		}
		l.written += "\n"
		if !strings.HasSuffix(paths[i], ".whl") {
			archives, names = append(archives, paths[i]), append(names, w.Name)
		}
	}
	dirs, trees := b.clone(on, repositories)
	for i, p := range repositories {
		l.written += p.Name + " @ file://" + dirs[i] + "\n"
		names = append(names, p.Name)
	}
	var required []plan.Mount
	l.flags, required = b.requirements(on)
	if len(b.wheelhouse()) == 0 {
		for _, url := range sortedKeys(indexes) {
			if !slices.ContainsFunc(b.Facts.Indexes(), func(i project.Index) bool { return sameIndex(i.URL, url) }) {
				l.flags = append(l.flags, "--extra-index-url", url)
			}
		}
	}
	if b.guarded() && len(names) > 0 {
		sources := slices.Concat(archives, dirs)
		required = b.requires(on, unbuilt{
			id: "packages", name: strings.Join(names, ", "), flags: l.flags, archives: sources, sources: sources, files: slices.Concat(mounts, trees), at: b.inputAt(),
		})
	}
	if b.guarded() && len(found) == 0 {
		l.flags = append(l.flags, "--offline")
	}
	l.hashed, l.mounts = hashed, slices.Concat(mounts, trees, required)
	return l
}
