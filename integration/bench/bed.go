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
type bed struct{ buildkit, registry, frontend, builder string }

func findBed() (*bed, error) {
	b := &bed{os.Getenv("BUILDKIT_HOST"), os.Getenv("PYBUILD_REGISTRY"), os.Getenv("PYBUILD_IMAGE"), "pybuild-bench"}
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
	files := map[string]string{
		"app/__init__.py": "", "app/main.py": code, ".dockerignore": "Dockerfile\n.dockerignore\n",
		v.file: strings.ReplaceAll(v.text, "FRONTEND", b.frontend),
	}
	if err := writeAll(dir, files); err != nil {
		return err
	}
	image := b.registry + "/bench/" + v.name + ":" + filepath.Base(dir)
	seen := map[string]bool{}
	step := func(scenario string, change map[string]string) error {
		if err := writeAll(dir, change); err != nil {
			return err
		}
		begin := time.Now()
		if _, err := command(dir, "docker", "buildx", "build", "--builder", b.builder, "--provenance=false", "-f", v.file,
			"--output", "type=image,push=true,name="+image, "."); err != nil {
			return err
		}
		took := time.Since(begin)
		fresh, size, err := b.pushed(image, seen)
		if err != nil {
			return err
		}
		fmt.Printf("%-8s %-9s %6.2f s  %8.3f MB new, %d layers\n", v.name, scenario, took.Seconds(), float64(fresh)/1e6, len(seen))
		r.add(v.name, scenario, took, fresh, size)
		return nil
	}
	if _, err := command("", "buildctl", "--addr", b.buildkit, "prune", "--all"); err != nil {
		return err
	}
	stamp := fmt.Sprintf("\n# %s %d\n", filepath.Base(dir), time.Now().UnixNano())
	for _, s := range []struct {
		scenario string
		change   map[string]string
	}{
		{"cold", l["base"]},
		{"nothing", nil},
		{"code", map[string]string{"app/main.py": code + stamp}},
		{"added", l["added"]},
		{"upgraded", l["upgraded"]},
	} {
		if err := step(s.scenario, s.change); err != nil {
			return err
		}
	}
	return b.start(r, v, image)
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
