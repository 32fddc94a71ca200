package frontend

import (
	"context"
	"encoding/csv"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/platforms"
	intoto "github.com/in-toto/in-toto-golang/in_toto"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/result"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/sbom"
	"github.com/pybuild/pybuild/llb"
	"github.com/pybuild/pybuild/llb/plan"
)

// sbomFile is where the state of a bill of materials has it. BuildKit adds the layers
// of files to the document whose name is that of the metadata sbom-core.
const (
	sbomFile = "/" + sbomCore + ".spdx.json"
	sbomCore = "sbom"
)

// shipped are the images of a build by their platforms.
type shipped struct {
	mu    sync.Mutex
	plans map[string]shippedImage
}

type shippedImage struct {
	target *target
	plan   *plan.Plan
}

func (s *shipped) add(t *target, p *plan.Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.plans == nil {
		s.plans = map[string]shippedImage{}
	}
	s.plans[platforms.FormatAll(t.platform)] = shippedImage{t, p}
}

// attest adds the bill of materials of each image, where one is asked for and no other
// generator is named. Without that nothing is attached: an attestation makes an index
// of an image, which classic engines cannot load.
func (in *inputs) attest(ctx context.Context, rb *dockerui.ResultBuilder) error {
	if in.ui.SBOM == nil || namesGenerator(in.client.BuildOpts().Opts) {
		return nil
	}
	return rb.EachPlatform(ctx, func(ctx context.Context, id string, _ ocispecs.Platform) error {
		image, ok := in.shipped.plans[id]
		if !ok {
			return nil
		}
		ref, err := image.target.bill(ctx, image.plan)
		if err != nil {
			return err
		}
		in.shipped.mu.Lock()
		defer in.shipped.mu.Unlock()
		rb.AddAttestation(id, client.Attestation{
			Kind: gatewaypb.AttestationKind_InToto, Ref: ref, Path: sbomFile,
			Metadata: map[string][]byte{
				result.AttestationReasonKey: []byte(result.AttestationReasonSBOM),
				result.AttestationSBOMCore:  []byte(sbomCore),
			},
			InToto: result.InTotoAttestation{PredicateType: intoto.PredicateSPDX},
		})
		return nil
	})
}

// checkBill refuses to list what is in files that are no image. Without a bill of ours
// BuildKit would pull a scanner.
func (in *inputs) checkBill() error {
	written := []string{planner.Locking, planner.Wheelhouse, planner.Dockerfile}
	if in.ui.SBOM == nil || namesGenerator(in.client.BuildOpts().Opts) || !slices.Contains(written, in.ui.Target) {
		return nil
	}
	return &diag.Error{Code: "PB412", Message: "the target " + in.ui.Target + " writes files, and there is no bill of materials of those",
		Hint: "leave --sbom out for this target"}
}

// namesGenerator reports that the caller has chosen what makes the bill of materials:
// --sbom=generator=IMAGE. BuildKit runs that then.
func namesGenerator(opts map[string]string) bool {
	for name, value := range opts {
		if !strings.EqualFold(name, "attest:sbom") && !strings.EqualFold(name, "build-arg:BUILDKIT_ATTEST_SBOM") {
			continue
		}
		fields, err := csv.NewReader(strings.NewReader(value)).Read()
		if err == nil && slices.ContainsFunc(fields, func(f string) bool { return strings.HasPrefix(f, "generator=") }) {
			return true
		}
	}
	return false
}

// bill is a tree that holds the bill of materials of an image.
func (t *target) bill(ctx context.Context, p *plan.Plan) (client.Reference, error) {
	const listed = "what the image has for its bill of materials"
	st, err := llb.Tree(planner.Inventory(t.input, p), t.sources(), "inventory")
	if err != nil {
		return nil, err
	}
	ref, err := t.evaluate(ctx, st, listed, t.platform)
	if err != nil {
		return nil, err
	}
	data, err := dockerui.ReadFile(ctx, ref, "inventory.json")
	if err != nil {
		return nil, err
	}
	found, err := sbom.Parse(data)
	if err != nil {
		return nil, err
	}
	doc, err := sbom.Write(found, t.described(p))
	if err != nil {
		return nil, err
	}
	file := bk.Scratch().File(bk.Mkfile(sbomFile, 0o644, doc), bk.WithCustomName("[sbom] write the bill of materials for "+p.Platform))
	return t.in.solve(ctx, llb.Keep(file, p, llb.Read{Tree: st, What: listed}), t.platform)
}
