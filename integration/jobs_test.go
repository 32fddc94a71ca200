package integration

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestJobs builds and runs the examples that are no servers.
func TestJobs(t *testing.T) {
	for name, c := range map[string]struct {
		says    string
		present []string
		absent  []string
	}{
		"native":      {"_speedups.cpython-313", nil, []string{"/usr/bin/gcc"}},
		"psycopg":     {"libpq 1", []string{"/usr/lib/x86_64-linux-gnu/libpq.so.5"}, []string{"/usr/bin/gcc", "/usr/include/libpq-fe.h"}},
		"mysqlclient": {"client ", nil, []string{"/usr/bin/gcc"}},
		"lxml":        {"7 with libxml2 2", nil, []string{"/usr/bin/gcc"}},
		"rust":        {"799 cents", nil, []string{"/usr/bin/gcc", "/usr/bin/cargo"}},
		"script":      {`"uid": 1001, "user": "appuser"`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := example(t, name)
			if name == "lxml" {
				// The optimiser takes minutes over it.
				note(t, filepath.Join(dir, "pybuild.toml"), "[build]\nenv = { CFLAGS = \"-O0\" }\n")
			}
			img := dockerBuild(t, dir)
			if out := docker(t, "run", "--rm", "--read-only", img.name); !strings.Contains(out, c.says) {
				t.Errorf("the container said %q, want %q", out, c.says)
			}
			for _, path := range c.present {
				if !img.has(t, path) {
					t.Errorf("%s is not in the image", path)
				}
			}
			for _, path := range append(c.absent, "/usr/local/bin/uv", "/root/.cache", "/var/log/apt/history.log") {
				if img.has(t, path) {
					t.Errorf("%s is in the image", path)
				}
			}
			if lists := img.python(t, "import os; print(os.listdir('/var/lib/apt/lists'))"); strings.Contains(lists, "Packages") {
				t.Errorf("apt's lists are in the image: %s", lists)
			}
		})
	}
}

// TestWheelCacheIsShared finds what pybuild cached through the cache mount of a
// Dockerfile written by hand, and builds again from it.
func TestWheelCacheIsShared(t *testing.T) {
	t.Parallel()
	const cached = "\n[build]\nwheels = \"cache\"\n"
	first, other := example(t, "flask"), example(t, "flask")
	note(t, filepath.Join(first, "pybuild.toml"), cached)
	note(t, filepath.Join(other, "pybuild.toml"), cached)
	dockerBuild(t, first)
	// Another project with the same packages, new to the engine every time.
	// (--no-cache would be no test: it empties cache mounts as well.)
	note(t, filepath.Join(other, "requirements.txt"), "# "+other+"\n")
	again := dockerBuild(t, other)
	if !strings.Contains(again.log, "Installed 8 packages") || strings.Contains(again.log, "Prepared") {
		t.Errorf("the second build fetched wheels:\n%s", again.log)
	}
	byHand := project(t, map[string]string{
		"Dockerfile": "FROM python:3.13-slim\nRUN --mount=type=cache,target=/root/.cache/uv : " + other +
			"; find /root/.cache/uv -path '*/flask/*'\n",
	})
	log := docker(t, "build", "--progress", "plain", byHand)
	if !strings.Contains(log, "/pypi/flask/3.1.3-py3-none-any") {
		t.Errorf("the wheels of pybuild are not in the cache of a hand-written Dockerfile:\n%s", log)
	}
}

// TestSyntaxLines goes the ways in with a plain `docker build`.
func TestSyntaxLines(t *testing.T) {
	syntax := "# syntax=" + frontendImage(t) + "\n"
	const table = "[project]\nname = \"p\"\nversion = \"1\"\n[tool.pybuild.serve]\nscript = \"job.py\"\n"
	keys := strings.TrimPrefix(job, "# syntax=org/pybuild\n")
	for name, c := range map[string]struct {
		files map[string]string
		flags []string
	}{
		"pybuild.toml":                  {map[string]string{"pybuild.toml": syntax + keys}, []string{"-f", "pybuild.toml"}},
		"Dockerfile with pybuild.toml":  {map[string]string{"Dockerfile": syntax, "pybuild.toml": keys}, nil},
		"Dockerfile with pyproject":     {map[string]string{"Dockerfile": syntax, "pyproject.toml": table}, nil},
		"pyproject.toml":                {map[string]string{"pyproject.toml": syntax + table}, []string{"-f", "pyproject.toml"}},
		"BUILDKIT_SYNTAX, pybuild.toml": {map[string]string{"pybuild.toml": keys}, []string{"-f", "pybuild.toml", "--build-arg", "BUILDKIT_SYNTAX=" + frontendImage(t)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.files["job.py"] = "print('it runs')\n"
			dir := project(t, c.files)
			tag := imageName(t)
			cmd := exec.Command("docker", append([]string{"build", "--progress", "plain", "-t", tag, "--label", "team=checkout", "."}, c.flags...)...)
			cmd.Dir = dir
			if log, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("docker build: %v\n%s", err, log)
			}
			t.Cleanup(func() { _, _ = tryDocker("rmi", "--force", tag) })
			if out := docker(t, "run", "--rm", tag); out != "it runs" {
				t.Errorf("the container said %q", out)
			}
			if team := docker(t, "inspect", "--format", `{{index .Config.Labels "team"}}`, tag); team != "checkout" {
				t.Errorf("the label of --label is %q", team)
			}
		})
	}
}
