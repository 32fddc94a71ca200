package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// bed is the engine that everything is built on: its cache is emptied, so it
// has to be the tests' own.
type bed struct {
	buildkit, registry, frontend, builder string
	// dockerfile and foreignBase are images that the benchmark makes itself.
	dockerfile, foreignBase string
}

func findBed() (*bed, error) {
	b := &bed{
		buildkit: os.Getenv("BUILDKIT_HOST"), registry: os.Getenv("PYBUILD_REGISTRY"), frontend: os.Getenv("PYBUILD_IMAGE"),
		builder: "pybuild-bench",
	}
	if b.buildkit == "" || b.registry == "" || b.frontend == "" {
		return nil, errors.New("the bed is not up: run `make bench`")
	}
	if !strings.Contains(b.buildkit, "pybuild-bed") {
		return nil, fmt.Errorf("%s is not the bed's own engine, and the benchmark empties its cache", b.buildkit)
	}
	_, _ = command("", "docker", "buildx", "rm", b.builder)
	_, err := command("", "docker", "buildx", "create", "--name", b.builder, "--driver", "remote", b.buildkit)
	return b, err
}

func (b *bed) close() { _, _ = command("", "docker", "buildx", "rm", b.builder) }

// command runs a program and returns what it says.
func command(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// locks are the files that a set of dependencies has.
type locks map[string]map[string]string

// lock resolves the three sets of dependencies once, for all variants.
func (b *bed) lock(dir string, a app) (locks, error) {
	all := locks{}
	const dockerfile = `FROM python:3.13-slim AS lock
COPY --from=astral/uv:0.13.9 /uv /bin/uv
WORKDIR /src
COPY pyproject.toml .
RUN uv lock && uv export --frozen --no-dev --no-emit-project --no-hashes -o requirements.txt
FROM scratch
COPY --from=lock /src/uv.lock /src/requirements.txt /
`
	for name, list := range map[string][]string{"base": a.base, "added": append(append([]string{}, a.base...), a.added...), "upgraded": a.upgradedList()} {
		sub := filepath.Join(dir, name)
		if err := writeAll(sub, map[string]string{"pyproject.toml": manifest(list), "Dockerfile": dockerfile}); err != nil {
			return nil, err
		}
		if _, err := command(sub, "docker", "buildx", "build", "--builder", b.builder, "--output", "out", "."); err != nil {
			return nil, err
		}
		files := map[string]string{"pyproject.toml": manifest(list)}
		for _, file := range []string{"uv.lock", "requirements.txt"} {
			data, err := os.ReadFile(filepath.Join(sub, "out", file))
			if err != nil {
				return nil, err
			}
			files[file] = string(data)
		}
		all[name] = files
	}
	return all, nil
}

func writeAll(dir string, files map[string]string) error {
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// measure goes through the day of a project with one variant.
func (b *bed) measure(r *results, v variant, dir string, a app, l locks) error {
	shop := &service{bed: b, results: r, variant: v, dir: dir, image: b.registry + "/bench/" + v.name + ":" + filepath.Base(dir), seen: map[string]bool{}}
	if err := shop.create(code); err != nil {
		return err
	}
	if err := b.prune(); err != nil {
		return err
	}
	stamp := fmt.Sprintf("\n# %s %d\n", filepath.Base(dir), time.Now().UnixNano())
	for _, s := range []struct {
		scenario string
		change   map[string]string
	}{
		{"cold", l["base"]},
		// Half a second is as short as what disturbs it.
		{"nothing", nil}, {"nothing", nil}, {"nothing", nil}, {"nothing", nil}, {"nothing", nil},
		{"code", map[string]string{"app/main.py": code + stamp}},
		{"warm", rewritten(l["base"], stamp)},
		{"added", l["added"]},
		{"upgraded", l["upgraded"]},
	} {
		if err := shop.build(s.scenario, s.change); err != nil {
			return err
		}
	}
	if err := b.start(r, v, shop.image); err != nil {
		return err
	}
	cart := *shop
	cart.dir, cart.image = dir+"-second", shop.image+"-second"
	if err := cart.create(code + stamp + "second = True\n"); err != nil {
		return err
	}
	if err := cart.build("second", renamed(l["upgraded"])); err != nil {
		return err
	}
	if v.foreign == "" {
		return nil
	}
	foreign := *shop
	foreign.dir, foreign.image, foreign.seen = dir+"-foreign", shop.image+"-foreign", map[string]bool{}
	foreign.variant.text, foreign.platform = v.foreign, "linux/arm64"
	if err := foreign.create(code); err != nil {
		return err
	}
	if err := b.prune(); err != nil {
		return err
	}
	return foreign.build("arm64", l["base"])
}

// rewritten is a lock that says the same in other bytes.
func rewritten(files map[string]string, stamp string) map[string]string {
	other := map[string]string{}
	for name, text := range files {
		other[name] = text + stamp
	}
	return other
}

// renamed is the same set of packages in a project of another name.
func renamed(files map[string]string) map[string]string {
	other := map[string]string{}
	for name, text := range files {
		other[name] = strings.ReplaceAll(text, `"shop"`, `"cart"`)
	}
	return other
}

// prune empties the engine's cache, but for the frontends: they are there on
// any machine that has built before.
func (b *bed) prune() error {
	if _, err := command("", "buildctl", "--addr", b.buildkit, "prune", "--all"); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "pybuild-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for name, image := range map[string]string{"Dockerfile": b.dockerfile, "pybuild.toml": b.frontend} {
		if err := writeAll(dir, map[string]string{name: "# syntax=" + image + "\n"}); err != nil {
			return err
		}
		_, _ = command(dir, "docker", "buildx", "build", "--builder", b.builder, "-f", name, "--call", "check", ".")
	}
	return nil
}

// pushed reads an image's manifest from the registry: the bytes of layers that
// were not seen before, and of all.
func (b *bed) pushed(image string, seen map[string]bool) (fresh, size int64, err error) {
	raw, err := command("", "docker", "buildx", "imagetools", "inspect", "--raw", image)
	if err != nil {
		return 0, 0, err
	}
	var m struct {
		Layers []struct {
			Digest string `json:"digest"`
			Size   int64  `json:"size"`
		} `json:"layers"`
	}
	if err := json.Unmarshal([]byte(raw), &m); err != nil {
		return 0, 0, err
	}
	for _, layer := range m.Layers {
		size += layer.Size
		if !seen[layer.Digest] {
			seen[layer.Digest] = true
			fresh += layer.Size
		}
	}
	return fresh, size, nil
}

// start runs the image a few times and takes the time to the first answer.
func (b *bed) start(r *results, v variant, image string) error {
	if _, err := command("", "docker", "pull", "--quiet", image); err != nil {
		return err
	}
	for range 4 {
		begin := time.Now()
		id, err := command("", "docker", "run", "--detach", "--publish", "127.0.0.1::8000", image)
		if err != nil {
			return err
		}
		address, err := command("", "docker", "port", id, "8000")
		if err == nil {
			err = await("http://" + address + "/")
		}
		took := time.Since(begin)
		_, _ = command("", "docker", "rm", "--force", id)
		if err != nil {
			return err
		}
		r.add(v.name, "start", took, 0, 0)
	}
	return nil
}

func await(url string) error {
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		res, err := http.Get(url) //nolint:gosec // an address of this machine
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return errors.New("no answer from " + url)
}
