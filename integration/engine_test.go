package integration

import (
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// TestTooOldEngine builds on the last engine before those that builds can do with.
func TestTooOldEngine(t *testing.T) {
	t.Parallel()
	e := buildkitdOf(t, "v0.7.2")
	out, err := e.build(project(t, map[string]string{"pybuild.toml": job, "job.py": "print(1)\n"}))
	if err == nil || !strings.Contains(out, "this engine is too old: it lacks gateway.solve.evaluate, and pybuild needs BuildKit 0.8 (Docker 20.10) or later [PB801]") ||
		!strings.Contains(out, "docker buildx create --use --driver docker-container") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestOldEngine has engines lack what builds cannot do without, and what they can only do
// without where the context is the client's.
func TestOldEngine(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "print(1)\n"})
	build{dir: dir, without: []apicaps.CapID{pb.CapSourceHTTPChecksum}}.fails(t,
		"this engine is too old: it lacks "+string(pb.CapSourceHTTPChecksum), "PB801", "docker buildx create --use --driver docker-container")

	patterns := []apicaps.CapID{pb.CapFileCopyIncludeExcludePatterns}
	build{dir: dir, without: patterns}.must(t)
	git(t, dir, "init", "--quiet", "--initial-branch", "main")
	git(t, dir, "add", "--all")
	git(t, dir, "-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "--quiet", "--message", "all")
	build{dir: t.TempDir(), without: patterns, attrs: map[string]string{"context": gitServer(t, dir) + "#main"}}.fails(t,
		"this engine cannot leave files out of a build context that it fetches itself", "PB802")
}
