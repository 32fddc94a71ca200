package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// rootlessBuildkitd runs the bed's buildkitd in a user namespace, as the user nobody. The
// ranges of users that he may have are written in a mount namespace alone.
func rootlessBuildkitd(t *testing.T) engineCLI {
	dir := compatDir(t, "rootlesskit")
	kit := provided(t, filepath.Join(dir, "rootlesskit"), func() error {
		return goBuild(t, "github.com/rootless-containers/rootlesskit/v2@v2.3.6", "./cmd/rootlesskit", dir,
			"github.com/rootless-containers/rootlesskit/v2/pkg/version.Version=v2.3.6")
	})
	newuidmap := provided(t, filepath.Join(dir, "usr/bin/newuidmap"), func() error { return unpackDebs(dir, "uidmap", "libsubid4") })
	o := ownBuildkitd(t, "", "", "")
	sockets, bin := filepath.Dir(strings.TrimPrefix(o.addr, "unix://")), filepath.Join(o.dir, "bin")
	for _, d := range []string{o.dir, sockets} {
		if out, err := exec.Command("chown", "-R", "nobody", d).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	// What is below root's own cache is root's alone.
	for _, name := range []string{"buildkitd", "runc", kit, newuidmap, filepath.Join(filepath.Dir(newuidmap), "newgidmap")} {
		path, err := exec.LookPath(name)
		if err != nil {
			lacks(t, "no rootless BuildKit: %v", err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(bin, filepath.Base(path))
		write(t, at, string(data))
		if err := os.Chmod(at, 0o755|os.ModeSetuid); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(filepath.Base(path), "new") {
			if err := os.Chmod(at, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Chmod(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	ranges := filepath.Join(bin, "subuid")
	write(t, ranges, "nobody:200000:65536\n")
	if err := os.Chmod(ranges, 0o644); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`mount --bind %[1]s/subuid /etc/subuid; mount --bind %[1]s/subuid /etc/subgid
exec setpriv --reuid nobody --regid nogroup --clear-groups env PATH=%[1]s:$PATH HOME=%[2]s XDG_RUNTIME_DIR=%[3]s USER=nobody \
  rootlesskit --net=host --state-dir %[2]s/kit --subid-source=static \
  buildkitd --config %[2]s/buildkitd.toml --rootless --oci-worker-no-process-sandbox`, bin, o.dir, sockets)
	o.command = func() *exec.Cmd { return exec.Command("unshare", "--mount", "sh", "-ec", script) }
	return remoteBuilder(t, o.start().addr)
}
