package llb_test

import (
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"github.com/pybuild/pybuild/llb/plan"
)

// TestDownloadsAreOneLine groups the wheels of all layers, says how large they are where
// that is known of all, and is no part of what the engine caches by.
func TestDownloadsAreOneLine(t *testing.T) {
	install := func(id string, wheels ...plan.Download) plan.Step {
		s := plan.Step{ID: id, Name: "[packages] install " + id, Stage: "packages", On: plan.Ref{Image: "base"}, Args: []string{"install"}, Output: "/install"}
		for _, w := range wheels {
			s.Mounts = append(s.Mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Download: &w}, Target: "/" + w.Name, Source: "/" + w.Name})
		}
		return s
	}
	wheel := func(name string, size int64) plan.Download {
		return plan.Download{URL: "https://index.example/" + name, SHA256: strings.Repeat(name[:1], 64), Name: name, Size: size}
	}
	names := func(sizes ...int64) (groups map[string]int, digests map[digest.Digest]bool) {
		p := &plan.Plan{
			Target: "runtime", Platform: "linux/amd64", Images: map[string]plan.Image{"base": {Ref: "python:3.13-slim"}}, Root: plan.Ref{Image: "base"}, Placement: plan.Merge,
			Steps:  []plan.Step{install("one", wheel("a.whl", sizes[0])), install("two", wheel("b.whl", sizes[1]), wheel("a.whl", sizes[0]))},
			Layers: []plan.Ref{{Step: "one"}, {Step: "two"}},
		}
		def := marshal(t, p)
		groups, digests = map[string]int{}, map[digest.Digest]bool{}
		for _, data := range def.Def {
			digests[digest.FromBytes(data)] = true
			var op pb.Op
			if err := op.Unmarshal(data); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(op.GetSource().GetIdentifier(), "https://") {
				groups[def.Metadata[digest.FromBytes(data)].ProgressGroup.Name]++
			}
		}
		return groups, digests
	}
	known, first := names(2e6, 14e6)
	if len(known) != 1 || known["[packages] download 2 wheels (16 MB)"] != 2 {
		t.Errorf("the groups are %v", known)
	}
	unknown, second := names(2e6, 0)
	if len(unknown) != 1 || unknown["[packages] download 2 wheels"] != 2 {
		t.Errorf("without a size, the groups are %v", unknown)
	}
	for d := range first {
		if !second[d] {
			t.Errorf("%s is another step for the size", d)
		}
	}
}
