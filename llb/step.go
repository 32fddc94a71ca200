package llb

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/pybuild/pybuild/llb/plan"
	"github.com/pybuild/pybuild/llb/scripts"
)

// step emits a step of the plan and returns its result.
func (g *graph) step(id string) (bk.State, error) {
	if st, ok := g.done[id]; ok {
		return st, nil
	}
	s := g.plan.Step(id)
	if s == nil {
		return bk.State{}, fmt.Errorf("plan: no step %q", id)
	}
	on, err := g.ref(s.On)
	if err != nil {
		return bk.State{}, fmt.Errorf("step %s: %w", id, err)
	}
	opts, err := g.options(s)
	if err != nil {
		return bk.State{}, fmt.Errorf("step %s: %w", id, err)
	}
	run := on.Run(opts...)
	result := run.Root()
	if s.Output != "" {
		result = run.AddMount(s.Output, bk.Scratch())
	}
	g.done[id] = result
	return result, nil
}

// options are everything that a step's process needs, in the step's order.
func (g *graph) options(s *plan.Step) ([]bk.RunOption, error) {
	// An image may name another user for its containers.
	opts := []bk.RunOption{bk.Args(s.Args), bk.User("0"), named(s.Name)}
	for _, v := range s.Env {
		opts = append(opts, bk.AddEnv(v.Name, v.Value))
	}
	if s.Dir != "" {
		opts = append(opts, bk.Dir(s.Dir))
	}
	for _, m := range s.Mounts {
		mount, err := g.mount(m)
		if err != nil {
			return nil, err
		}
		opts = append(opts, mount)
	}
	opts = append(opts, g.src.Run...)
	if s.Offline {
		opts = append(opts, bk.Network(bk.NetModeNone))
	}
	if g.src.Locate != nil {
		if at := g.src.Locate(s.At); at != nil {
			opts = append(opts, at)
		}
	}
	if g.src.NoCache != nil && g.src.NoCache(s.Stage) {
		opts = append(opts, bk.IgnoreCache)
	}
	return opts, nil
}

// scriptsTree lays scripts out in the root of a tree of their own.
func (g *graph) scriptsTree(names []string) (bk.State, error) {
	set := strings.Join(names, "/")
	if tree, ok := g.scripts[set]; ok {
		return tree, nil
	}
	files := map[string]string{}
	for _, name := range names {
		text, err := scripts.Text(name)
		if err != nil {
			return bk.State{}, err
		}
		files[name] = string(text)
	}
	tree := written(files, "[internal] lay out pybuild's scripts")
	g.scripts[set] = tree
	return tree, nil
}

// written is a tree of files in its root.
func written(files map[string]string, step string) bk.State {
	var action *bk.FileAction
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if action == nil {
			action = bk.Mkfile("/"+name, 0o644, []byte(files[name]))
		} else {
			action = action.Mkfile("/"+name, 0o644, []byte(files[name]))
		}
	}
	return bk.Scratch().File(action, bk.WithCustomName(step), prepared())
}
