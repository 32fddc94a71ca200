package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// runner is a machine of a CI: it has a directory with the project, a Docker command line whose
// builder is the bed's, and writes down what it is to sign.
type runner struct {
	t     *testing.T
	dir   string
	repo  string // where the images go
	env   []string
	calls string
}

// newRunner has the files of a section of docs/ci.md, and a project whose packages an index
// has. Runners of the same index build the same image.
func newRunner(t *testing.T, ix *index, files map[string]string) *runner {
	t.Helper()
	engine(t)
	frontend, registry := frontendImage(t), os.Getenv("PYBUILD_REGISTRY")
	r := &runner{t: t, repo: registry + "/ci/" + strings.ToLower(filepath.Base(t.TempDir())) + strings.ToLower(strings.ReplaceAll(filepath.Base(t.Name()), " ", "-"))}
	r.dir = project(t, map[string]string{
		"pybuild.toml": strings.Replace(job, "org/pybuild", frontend, 1), "job.py": "import big, small\n", "pylock.toml": ix.pylock(t, large("big", "1.0"), dist{name: "small", version: "1.0"}),
	})
	for name, text := range files {
		write(t, filepath.Join(r.dir, name), strings.ReplaceAll(text, "registry.example.com/shop", r.repo))
	}
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Fatal(err)
	}
	buildctl, err := exec.LookPath("buildctl")
	if err != nil {
		t.Skip("no buildctl: the bed has one where it built its own engines")
	}
	bin, home := t.TempDir(), t.TempDir()
	r.calls = filepath.Join(home, "calls")
	r.env = append(os.Environ(), "HOME="+home, "PATH="+bin+":"+os.Getenv("PATH"), "BUILDX_CONFIG="+filepath.Join(home, "buildx"), "DOCKER_CONFIG="+dockerConfig(t))
	// A builder of the bed stands for those that a CI makes, a base for both platforms
	// for Docker Hub's; nobody logs in, and nothing is signed.
	base := r.repo + "/python:3.13-slim"
	for name, script := range map[string]string{
		"docker": fmt.Sprintf(`case "$1 $2" in
"login "*) test "$(cat)" = p ;;
"context create") ;;
"buildx create") %[1]s buildx rm ci > /dev/null 2>&1; exec %[1]s buildx create --use --name ci --driver remote "$BUILDKIT_HOST" ;;
"buildx build") shift 2; exec %[1]s buildx build --build-context python:3.13-slim=docker-image://%[2]s "$@" ;;
"buildx bake") shift 2; exec %[1]s buildx bake --allow "fs=*" --set "*.contexts.python:3.13-slim=docker-image://%[2]s" "$@" ;;
*) exec %[1]s "$@" ;;
esac`, docker, base),
		"buildctl": fmt.Sprintf(`shift 5; exec %s build --opt context:python:3.13-slim=docker-image://%s "$@"`, buildctl, base),
		"cosign":   ":", "apk": ":",
		"buildkite-agent": `case "$*" in "secret get REGISTRY_PASSWORD") echo p ;; "oidc request-token --audience sigstore") echo token ;; *) exit 1 ;; esac`,
		"jq": `exec python3 -c 'import json, re, sys
found = json.load(open(sys.argv[2]))
for quoted, plain in re.findall(r"\.(?:\"(.*?)\"|(\w+))", sys.argv[1]): found = found[quoted or plain]
print(found)' "$2" "$3"`,
	} {
		text := "#!/bin/sh\necho \"" + name + " $*\" >> " + r.calls + "\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	foreign := foreignBase(t)
	r.sh("docker buildx create --use --name ci\ndocker buildx imagetools create -t "+base+" "+registry+"/library/python:3.13-slim "+foreign, nil)
	return r
}

// sh runs a script as a CI does.
func (r *runner) sh(script string, env map[string]string) {
	r.t.Helper()
	cmd := exec.Command("sh", "-e", "-c", script)
	cmd.Dir, cmd.Env = r.dir, r.env
	for _, name := range sorted(env) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("%v\n%s\n%s", err, script, out)
	}
}

// published checks an image, for which platforms it is, and returns its name with the digest.
func (r *runner) published(tag string) string {
	r.t.Helper()
	image := imageIndex(r.t, r.repo+":"+tag)
	if !slices.Equal(image.platforms, []string{"linux/amd64", "linux/arm64"}) || image.attached != 2 {
		r.t.Errorf("the image has the platforms %v and %d attestations", image.platforms, image.attached)
	}
	return r.repo + "@" + image.digest
}

// called are the lines of the programs that were called, in their order.
func (r *runner) called(program string) []string {
	r.t.Helper()
	calls, err := os.ReadFile(r.calls)
	if err != nil {
		r.t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^`+program+` .*$`).FindAllString(string(calls), -1)
}

// signs checks that what was published was signed, once, and nothing else.
func (r *runner) signs(image string) {
	r.t.Helper()
	if calls := r.called("cosign"); len(calls) != 1 || !strings.HasPrefix(calls[0], "cosign sign ") || !strings.HasSuffix(calls[0], " "+image) {
		r.t.Errorf("%s is to be signed: %q", image, calls)
	}
}

// logsIn checks that a push comes after a login to its registry.
func (r *runner) logsIn() {
	r.t.Helper()
	host, _, _ := strings.Cut(r.repo, "/")
	calls := r.called("docker")
	login := slices.IndexFunc(calls, func(c string) bool {
		return strings.HasPrefix(c, "docker login --username ") && strings.HasSuffix(c, " --password-stdin "+host)
	})
	if push := slices.IndexFunc(calls, func(c string) bool { return strings.Contains(c, " --push ") }); login < 0 || push < login {
		r.t.Errorf("the image is pushed without a login: %q", calls)
	}
}

// published is an index of images.
type published struct {
	digest    string
	platforms []string
	attached  int // attestations
}

// imageIndex reads an index from a registry.
func imageIndex(t *testing.T, ref string) published {
	t.Helper()
	out, err := exec.Command("docker", "buildx", "imagetools", "inspect", "--raw", ref).Output()
	var index ocispecs.Index
	if err == nil {
		err = json.Unmarshal(out, &index)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", ref, err, out)
	}
	p := published{digest: digest.FromBytes(out).String()}
	for _, m := range index.Manifests {
		if m.Annotations["vnd.docker.reference.type"] == "attestation-manifest" {
			p.attached++
		} else {
			p.platforms = append(p.platforms, m.Platform.OS+"/"+m.Platform.Architecture)
		}
	}
	slices.Sort(p.platforms)
	return p
}
