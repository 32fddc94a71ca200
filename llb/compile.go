// Package llb turns a plan into BuildKit's graph: it decides nothing, talks to
// no engine and does no I/O.
package llb

import (
	"fmt"
	"slices"

	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/opencontainers/go-digest"

	"github.com/pybuild/pybuild/llb/plan"
)

// Sources are the trees that a plan reads and the conditions it runs under.
type Sources struct {
	// Images are the states of the plan's images, by their names in the plan,
	// with their configuration applied.
	Images map[string]bk.State
	// Contexts are the views of the build context.
	Contexts map[plan.View]bk.State
	// Read are trees that planning had built, to read them. They are no part of the
	// image, but of its graph where that costs nothing: what BuildKit exports of
	// its cache is what a result hangs on, and a machine that imports it would
	// run these again.
	Read []Read
	// Run is added to every process.
	Run []bk.RunOption
	// Locate turns a place into a pointer that a failing step shows; nil is
	// allowed.
	Locate func(plan.Location) bk.ConstraintsOpt
	// NoCache reports whether a stage must run again.
	NoCache func(stage string) bool
	// CacheNamespace is BuildKit's prefix of cache mount ids.
	CacheNamespace string
}

// Read is a tree that planning had built, and what it says, for people.
type Read struct {
	Tree bk.State
	What string
}

// Image returns the file system of the planned image.
func Image(p *plan.Plan, src Sources) (bk.State, error) {
	return newGraph(p, src).image()
}

// Tree returns the result of one step of the plan.
func Tree(p *plan.Plan, src Sources, step string) (bk.State, error) {
	return newGraph(p, src).step(step)
}

// graph emits the steps of one plan, each once.
type graph struct {
	plan *plan.Plan
	src  Sources
	done map[string]bk.State
	// scripts are the trees of each set of them, which many steps mount.
	scripts map[string]bk.State
	// wheels is the group of all downloads, once there is one.
	wheels bk.ConstraintsOpt
}

func newGraph(p *plan.Plan, src Sources) *graph {
	return &graph{plan: p, src: src, done: map[string]bk.State{}, scripts: map[string]bk.State{}}
}

func (g *graph) image() (bk.State, error) {
	return g.stack(append([]plan.Ref{g.plan.Root}, g.plan.Layers...), g.src.Read...)
}

// stack puts trees on each other, the first at the bottom. It keeps others in the
// graph, but not in the result.
func (g *graph) stack(refs []plan.Ref, keep ...Read) (bk.State, error) {
	trees := make([]bk.State, 0, len(refs))
	for _, ref := range refs {
		tree, err := g.ref(ref)
		if err != nil {
			return bk.State{}, err
		}
		trees = append(trees, tree)
	}
	return g.place(trees[0], trees[1:], keep)
}

// place stacks layers on the root.
func (g *graph) place(root bk.State, layers []bk.State, keep []Read) (bk.State, error) {
	if len(layers) == 0 {
		return root, nil
	}
	platform, err := platforms.Parse(g.plan.Platform)
	if err != nil {
		return bk.State{}, fmt.Errorf("platform %q: %w", g.plan.Platform, err)
	}
	on := bk.Platform(platform)
	if g.plan.Placement == plan.Merge {
		return bk.Merge(slices.Concat([]bk.State{root}, layers, nothings(keep)), on, named("[runtime] put the layers together"+g.starts())), nil
	}
	for i, layer := range layers {
		all := &bk.CopyInfo{CopyDirContentsOnly: true, CreateDestPath: true}
		root = root.File(bk.Copy(layer, "/", "/", all), on,
			bk.WithCustomNamef("[runtime] copy layer %d of %d", i+1, len(layers)))
	}
	return root, nil
}

// nothings are what trees differ in from themselves: no layers, and for BuildKit
// no work.
func nothings(trees []Read) []bk.State {
	all := make([]bk.State, 0, len(trees))
	for _, tree := range trees {
		all = append(all, bk.Diff(tree.Tree, tree.Tree, bk.WithCustomName(plan.Line("[internal] keep in the cache "+tree.What))))
	}
	return all
}

// Keep is a result with a tree that it was written from in its graph, as Sources.Read
// are in that of the image.
func Keep(st bk.State, p *plan.Plan, read Read) bk.State {
	if p.Placement != plan.Merge {
		return st
	}
	return bk.Merge(append([]bk.State{st}, nothings([]Read{read})...))
}

// starts says what was found to start, where the source told and not the
// configuration.
func (g *graph) starts() string {
	if d := g.plan.Decision("start"); d != nil {
		return ", to run " + d.Value + ": " + d.Reason
	}
	return ""
}

// ref returns the tree that a reference names.
func (g *graph) ref(r plan.Ref) (bk.State, error) {
	st, err := g.whole(r)
	if err != nil || len(r.Paths) == 0 {
		return st, err
	}
	return narrow(st, r.Paths, r.Image != ""), nil
}

// narrow copies paths into a tree of their own. Mounting one tree several
// times would do too, but BuildKit 0.34 then loses the error of a process that
// fails: it releases the one reference twice.
func narrow(st bk.State, paths []string, optional bool) bk.State {
	tree := bk.Scratch()
	for _, p := range paths {
		source := p
		if optional {
			source = p[:len(p)-1] + "[" + p[len(p)-1:] + "]"
		}
		info := &bk.CopyInfo{
			CreateDestPath: true, CopyDirContentsOnly: true,
			AllowWildcard: optional, AllowEmptyWildcard: optional,
		}
		tree = tree.File(bk.Copy(st, source, p, info), named("[internal] pick "+p), prepared())
	}
	return tree
}

// download is a source of the build: content-addressed, exported with any
// cache, and a material of the provenance.
func download(d plan.Download, together bk.ConstraintsOpt) bk.State {
	opts := []bk.HTTPOption{
		together,
		bk.Checksum(digest.NewDigestFromEncoded(digest.SHA256, d.SHA256)), bk.Filename(d.Name), bk.Chmod(0o644),
	}
	name := "[wheels] " + d.Name
	if d.Login != "" {
		opts, name = append(opts, bk.AuthHeaderSecret(d.Login)), name+", with the secret "+d.Login
	}
	return bk.HTTP(d.URL, append(opts, named(name))...)
}

func (g *graph) whole(r plan.Ref) (bk.State, error) {
	switch {
	case r.Step != "":
		return g.step(r.Step)
	case r.Image != "":
		if st, ok := g.src.Images[r.Image]; ok {
			return st, nil
		}
		return bk.State{}, fmt.Errorf("plan: no image %q", r.Image)
	case r.Context != "":
		if st, ok := g.src.Contexts[r.Context]; ok {
			return st, nil
		}
		return bk.State{}, fmt.Errorf("plan: no view %q of the context", r.Context)
	case len(r.Scripts) > 0:
		return g.scriptsTree(r.Scripts)
	case r.Download != nil:
		return download(*r.Download, g.downloads()), nil
	case len(r.Stack) > 0:
		return g.stack(r.Stack)
	case len(r.Files) > 0:
		return written(r.Files, "[internal] write the locked requirements"), nil
	}
	return bk.Scratch(), nil
}
