package integration

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// TestBillsOfBases compares the bills of images without dpkg's status with what dpkg said
// before, and with what apk has written down.
func TestBillsOfBases(t *testing.T) {
	t.Parallel()
	engine(t)
	bill := func(t *testing.T, ref, file string) (spdx, string) {
		t.Helper()
		dir := project(t, map[string]string{"pybuild.toml": "base = \"" + ref + "\"\n[serve]\nscript = \"job.py\"\n", "job.py": ""})
		var said string
		image := export(t, dir, map[string]string{"attest:sbom": ""}, nil, func(ctx context.Context, _ gateway.Client, res *gateway.Result) error {
			ref, err := res.SingleRef()
			if err != nil {
				return err
			}
			data, err := ref.ReadFile(ctx, gateway.ReadRequest{Filename: file})
			said = string(data)
			return err
		})
		bill, _ := image.bill(t, "linux/amd64")
		return bill, said
	}
	t.Run("distroless", func(t *testing.T) {
		t.Parallel()
		bill, said := bill(t, base(t, "distroless", "test/distroless-python:1"), "/usr/share/packages")
		want := strings.Fields(said)
		slices.Sort(want)
		if diff := cmp.Diff(want, bill.named("Debian")); diff != "" || len(want) < 20 {
			t.Errorf("Debian packages (-dpkg +bill):\n%s", diff)
		}
		if !bill.has("Debian-python3", "DEPENDS_ON", "Debian-python3.11") && !bill.has("Debian-python3", "DEPENDS_ON", "Debian-python3.13") {
			t.Error("relations are missing")
		}
	})
	t.Run("apk", func(t *testing.T) {
		t.Parallel()
		bill, said := bill(t, base(t, "apk", "test/apk:1"), "/lib/apk/db/installed")
		var want []string
		for paragraph := range strings.SplitSeq(said, "\n\n") {
			_, name, _ := strings.Cut("\n"+paragraph, "\nP:")
			name, rest, _ := strings.Cut(name, "\nV:")
			version, _, _ := strings.Cut(rest, "\n")
			if name != "" {
				want = append(want, name+"="+version)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, bill.named("Alpine")); diff != "" || len(want) != 5 {
			t.Errorf("Alpine packages (-apk +bill):\n%s", diff)
		}
		if len(bill.named("Debian")) > 0 || !bill.has("Alpine-ssl-client", "DEPENDS_ON", "Alpine-libcrypto3") || !bill.has("Alpine-libcrypto3", "DEPENDS_ON", "Alpine-musl") {
			t.Errorf("relations are missing, or there is another distribution: %v", bill.Relationships)
		}
		for _, p := range bill.Packages {
			if p.Name != "libcrypto3" {
				continue
			}
			if url := "pkg:apk/alpine/libcrypto3@3.5.1-r0?arch=x86_64&distro=alpine-3.22.1&upstream=openssl"; p.LicenseDeclared != "Apache-2.0" || p.ExternalRefs[0].ReferenceLocator != url {
				t.Errorf("libcrypto3 is %+v", p)
			}
		}
	})
}

// TestBillOfOtherTargets refuses a bill of what is no image, for which BuildKit would pull a scanner.
func TestBillOfOtherTargets(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"lock", "dockerfile", "wheelhouse"} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "", "requirements.txt": "# none\n"})
			build{dir: dir, attrs: map[string]string{"target": target, "attest:sbom": ""}}.fails(t,
				"the target "+target+" writes files, and there is no bill of materials of those [PB412]", "leave --sbom out")
		})
	}
}
