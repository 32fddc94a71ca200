package llb_test

import (
	"testing"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"github.com/pybuild/pybuild/llb"
	"github.com/pybuild/pybuild/llb/plan"
)

// TestRead keeps what planning read in the graph of the image, for the cache, and
// out of the image: what a tree differs in from itself is nothing.
func TestRead(t *testing.T) {
	for placement, want := range map[plan.Placement]int{plan.Merge: 1, plan.Copy: 0} {
		p := readPlan(t, "../frontend/planner/testdata/flask.json")
		p.Placement = placement
		def := marshal(t, p, llb.Read{Tree: bk.Scratch().File(bk.Mkfile("/found", 0o644, []byte("text"))), What: "what was found"})
		diffs := 0
		for _, data := range def.Def {
			op := &pb.Op{}
			if err := op.Unmarshal(data); err != nil {
				t.Fatal(err)
			}
			if op.GetDiff() == nil {
				continue
			}
			diffs++
			if len(op.Inputs) != 2 || op.Inputs[0].Digest != op.Inputs[1].Digest {
				t.Errorf("%s: the difference is between %v", placement, op.Inputs)
			}
			if name := def.Metadata[digest.FromBytes(data)].Description["llb.customname"]; name != "[internal] keep in the cache what was found" {
				t.Errorf("%s: the progress says %q", placement, name)
			}
		}
		if diffs != want {
			t.Errorf("%s: %d trees are kept, want %d", placement, diffs, want)
		}
	}
}
