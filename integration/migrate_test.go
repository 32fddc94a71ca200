package integration

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMigrate has the frontend image migrate a project, and builds what it wrote: the
// container does what that of the Dockerfile did.
func TestMigrate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Dockerfile": `FROM python:3.13-slim AS base
WORKDIR /srv/report
COPY . .

FROM base AS weekly
ENV SPAN=week
CMD ["python", "-m", "report", "--weekly"]

FROM base
ENV SPAN=day
LABEL team=checkout
RUN useradd --uid 10005 report
USER report
ENTRYPOINT ["./start.sh"]
CMD ["python", "-m", "report", "--now"]
`,
		"start.sh":  "#!/bin/sh\necho started\nexec \"$@\"\n",
		"report.py": "import os, sys\nprint(os.environ['SPAN'], sys.argv[1:], os.getcwd(), os.getuid())\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// Nothing is written where nothing may be.
	if said, err := tryDocker("run", "--rm", "--volume", dir+":/src:ro", frontendImage(t), "migrate"); err == nil ||
		!strings.Contains(said, "pybuild.toml cannot be written into /src: read-only file system [PB407]\n  mount the directory without :ro") {
		t.Errorf("read-only, it says %s, %v", said, err)
	}
	if err := os.Chown(dir, 1234, 1235); err != nil {
		t.Fatal(err)
	}
	said := docker(t, "run", "--rm", "--volume", dir+":/src", frontendImage(t), "migrate", "--strict")
	if !strings.Contains(said, "wrote pybuild.toml and .dockerignore\n") {
		t.Fatalf("migrate says %s", said)
	}
	for _, name := range []string{"pybuild.toml", ".dockerignore"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 1234 || owner.Gid != 1235 {
			t.Errorf("%s belongs to %d:%d", name, owner.Uid, owner.Gid)
		}
	}
	img := dockerBuild(t, dir)
	if out := docker(t, "run", "--rm", img.name); out != "started\nday ['--now'] /srv/report 10005" {
		t.Errorf("it prints %s", out)
	}
	if out := docker(t, "inspect", "--format", `{{index .Config.Labels "team"}}`, img.name); out != "checkout" {
		t.Errorf("the label is %q", out)
	}
	weekly := dockerBuild(t, dir, "--target", "weekly")
	if out := docker(t, "run", "--rm", weekly.name); out != "week ['--weekly'] /srv/report 10005" {
		t.Errorf("the target prints %s", out)
	}
}
