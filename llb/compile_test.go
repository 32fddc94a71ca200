package llb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/llb"
	"github.com/pybuild/pybuild/llb/plan"
)

// TestTreesOfExamples holds the graph of each example's plan, as the planner's
// goldens have it, with and without MergeOp.
func TestTreesOfExamples(t *testing.T) {
	plans, err := filepath.Glob("../frontend/planner/testdata/*.json")
	if err != nil || len(plans) == 0 {
		t.Fatalf("no plans: %v", err)
	}
	for _, path := range plans {
		for _, placement := range []plan.Placement{plan.Merge, plan.Copy} {
			name := strings.TrimSuffix(filepath.Base(path), ".json") + "-" + string(placement)
			t.Run(name, func(t *testing.T) {
				p := readPlan(t, path)
				p.Placement = placement
				golden.Assert(t, tree(t, p), name+".txt")
			})
		}
	}
}

func TestGraphIsTheSameEveryTime(t *testing.T) {
	first := marshal(t, readPlan(t, "../frontend/planner/testdata/psycopg.json"))
	for range 100 {
		again := marshal(t, readPlan(t, "../frontend/planner/testdata/psycopg.json"))
		if !slices.EqualFunc(first.Def, again.Def, slices.Equal) {
			t.Fatal("the same plan gave another graph")
		}
	}
}

func readPlan(t *testing.T, path string) *plan.Plan {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var p plan.Plan
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	return &p
}

func marshal(t *testing.T, p *plan.Plan, read ...llb.Read) *bk.Definition {
	t.Helper()
	platform := bk.Platform(ocispecs.Platform{OS: "linux", Architecture: "amd64"})
	local := func(name string) bk.State { return bk.Local(name, bk.SessionID("session")) }
	src := llb.Sources{
		Images: map[string]bk.State{"base": bk.Image("base:1", platform), "uv": bk.Image("uv:1", platform)},
		Contexts: map[plan.View]bk.State{
			plan.Manifests: local("manifests"), plan.Project: local("project"), plan.Files: local("files"),
		},
		Read: read,
	}
	st, err := llb.Image(p, src)
	if err != nil {
		t.Fatal(err)
	}
	def, err := st.Marshal(context.Background(), platform)
	if err != nil {
		t.Fatal(err)
	}
	return def
}

// tree prints a definition with the operation that makes the image at the root.
func tree(t *testing.T, p *plan.Plan) string {
	t.Helper()
	def := marshal(t, p)
	ops := map[digest.Digest]*pb.Op{}
	var last *pb.Op
	for _, data := range def.Def {
		op := &pb.Op{}
		if err := op.Unmarshal(data); err != nil {
			t.Fatal(err)
		}
		ops[digest.FromBytes(data)], last = op, op
	}
	var b strings.Builder
	seen := map[digest.Digest]bool{}
	var show func(dgst digest.Digest, depth int)
	show = func(dgst digest.Digest, depth int) {
		op, indent := ops[dgst], strings.Repeat("  ", depth)
		name := def.Metadata[dgst].Description["llb.customname"]
		if seen[dgst] {
			fmt.Fprintf(&b, "%s(as above) %s\n", indent, head(op, name))
			return
		}
		seen[dgst] = true
		fmt.Fprintf(&b, "%s%s\n", indent, head(op, name))
		for _, line := range details(op) {
			fmt.Fprintf(&b, "%s  | %s\n", indent, line)
		}
		for _, in := range op.Inputs {
			show(digest.Digest(in.Digest), depth+1)
		}
	}
	show(digest.Digest(last.Inputs[0].Digest), 0)
	return b.String()
}

func head(op *pb.Op, name string) string {
	switch {
	case op.GetSource() != nil:
		return op.GetSource().Identifier
	case op.GetExec() != nil:
		return "exec " + name
	case op.GetMerge() != nil:
		return "merge " + name
	}
	return "file " + name
}

// details are what of an operation decides its result.
func details(op *pb.Op) []string {
	var lines []string
	if e := op.GetExec(); e != nil {
		lines = append(lines, "args "+strings.Join(e.Meta.Args, " "))
		for _, m := range e.Mounts {
			line := fmt.Sprintf("mount %s %s", strings.ToLower(m.MountType.String()), m.Dest)
			if m.Input >= 0 {
				line += fmt.Sprintf(" from input %d%s", m.Input, m.Selector)
			}
			if c := m.CacheOpt; c != nil {
				line += fmt.Sprintf(" id %s %s", c.ID, strings.ToLower(c.Sharing.String()))
			}
			if m.Readonly {
				line += " readonly"
			}
			if m.Output >= 0 {
				line += fmt.Sprintf(" is output %d", m.Output)
			}
			lines = append(lines, line)
		}
		if e.Network != pb.NetMode_UNSET {
			lines = append(lines, "network "+strings.ToLower(e.Network.String()))
		}
	}
	for _, a := range op.GetFile().GetActions() {
		if f := a.GetMkfile(); f != nil {
			lines = append(lines, "mkfile "+f.Path)
		}
		if c := a.GetCopy(); c != nil {
			lines = append(lines, "copy "+c.Src+" to "+c.Dest)
		}
	}
	sort.Strings(lines[min(1, len(lines)):])
	return lines
}
