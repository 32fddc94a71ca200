// Package explain shows a plan to people and to programs: what was decided and why, what
// each step's cache key is made of, what a change runs again, and the graph. It is pure.
package explain

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// Explanation is a plan with what follows from it.
type Explanation struct {
	*plan.Plan
	// Keys are what the cache key of each step is made of, by the step's ID.
	Keys map[string][]Input `json:"keys"`
	// Sizes are the bytes of the wheels that a step installs, by its ID, where the lock
	// tells them.
	Sizes map[string]int64 `json:"sizes,omitempty"`
}

// Input is one thing that a step's cache key holds: the step runs again where it differs.
type Input struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
}

// Kind is what an input is.
type Kind string

const (
	// Image is an image, or some paths of it.
	Image Kind = "image"
	// Step is the result of another step, by its ID.
	Step Kind = "step"
	// Files are files of the build context.
	Files Kind = "files"
	// Wheel is a file of a server, by its checksum.
	Wheel Kind = "wheel"
	// Text is what planning wrote out of the project's files.
	Text Kind = "text"
	// Scripts are pybuild's own programs.
	Scripts Kind = "scripts"
	// Variable is a variable of the step, with its value.
	Variable Kind = "variable"
	// Command is what the step runs.
	Command Kind = "command"
)

// Of explains a plan.
func Of(p *plan.Plan) *Explanation {
	e := &Explanation{Plan: p, Keys: map[string][]Input{}, Sizes: map[string]int64{}}
	for _, s := range p.Steps {
		e.Keys[s.ID] = e.key(s)
		if total := downloaded(s); total > 0 {
			e.Sizes[s.ID] = total
		}
	}
	return e
}

// JSON is the plan with its keys and sizes.
func (e *Explanation) JSON() ([]byte, error) { return json.MarshalIndent(e, "", "  ") }

// key gathers what is in the key of a step. Secrets, agents, caches and proxies are not.
func (e *Explanation) key(s plan.Step) []Input {
	var all []Input
	add := func(kind Kind, name string) {
		if in := (Input{kind, name}); name != "" && !slices.Contains(all, in) {
			all = append(all, in)
		}
	}
	var ref func(r plan.Ref)
	ref = func(r plan.Ref) {
		switch {
		case r.Image != "" && len(r.Paths) > 0:
			add(Image, strings.Join(r.Paths, ", ")+" of "+e.Images[r.Image].Ref)
		case r.Image != "":
			add(Image, e.Images[r.Image].Ref)
		case r.Step != "":
			add(Step, r.Step)
		case r.Download != nil:
			add(Wheel, r.Download.Name)
		case len(r.Files) > 0:
			add(Text, "the locked requirements")
		case len(r.Scripts) > 0:
			add(Scripts, strings.Join(r.Scripts, ", "))
		case r.Context != "":
			add(Files, files(r))
		}
		for _, below := range r.Stack {
			ref(below)
		}
	}
	ref(s.On)
	for _, m := range s.Mounts {
		if m.Kind == plan.Bind {
			ref(m.From)
		}
	}
	for _, v := range s.Env {
		add(Variable, v.Name+"="+v.Value)
	}
	add(Command, strings.Join(s.Args, " "))
	return all
}

// files names a view of the context.
func files(r plan.Ref) string {
	if len(r.Paths) > 0 {
		all := make([]string, 0, len(r.Paths))
		for _, p := range r.Paths {
			all = append(all, strings.TrimPrefix(p, "/"))
		}
		return strings.Join(all, ", ")
	}
	switch r.Context {
	case plan.Files:
		return "the app's files"
	case plan.Wheelhouse:
		return "the wheelhouse"
	case plan.Repository:
		return "the repository with its history"
	}
	return "the context"
}

// downloaded is the size of what a step downloads, 0 where one of its files has none.
func downloaded(s plan.Step) int64 {
	total := int64(0)
	for _, m := range s.Mounts {
		if m.From.Download == nil {
			continue
		}
		if m.From.Download.Size == 0 {
			return 0
		}
		total += m.From.Download.Size
	}
	return total
}
