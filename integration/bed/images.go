package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Where no registry is in reach, base images are assembled from what the
// machine has. They get their real names in the loopback registry, which both
// engines use as Docker Hub's mirror.

//go:embed debian.go
var debianRecipe string

//go:embed cpython.go
var cpythonRecipe string

//go:embed toolimages.go
var toolRecipe string

// baseImage is one image under its names.
type baseImage struct {
	repo   string
	tags   []string
	key    string // changes whenever the image would
	layers func(ctx context.Context, work string) ([]string, error)
	config []string // arguments of crane mutate
}

// provideBaseImages sees to it that the registry serves every base image.
func provideBaseImages(ctx context.Context, p paths, st bedState) error {
	if st.Pull {
		return nil
	}
	images, err := baseImages(ctx, p)
	if err != nil {
		return err
	}
	for _, img := range images {
		if err := img.provide(ctx, p, st); err != nil {
			return fmt.Errorf("base image %s:%s: %w", img.repo, img.tags[0], err)
		}
	}
	return nil
}

func baseImages(ctx context.Context, p paths) ([]baseImage, error) {
	var pythons []cpython
	for _, minor := range []string{"3.12", "3.13"} {
		py, err := findCPython(ctx, minor)
		if err != nil {
			return nil, err
		}
		pythons = append(pythons, py)
	}
	root, err := newRootfs(p, pythons)
	if err != nil {
		return nil, err
	}
	images := []baseImage{uvImage()}
	for _, py := range pythons {
		images = append(images, pythonImage(root, py))
	}
	golang, err := golangImage(root)
	if err != nil {
		return nil, err
	}
	return append(images, golang), nil
}

// provide pushes the image from its cached layout, assembling that first if need be.
func (img baseImage) provide(ctx context.Context, p paths, st bedState) error {
	layout := filepath.Join(p.dir, "images", filepath.Base(img.repo)+"-"+img.tags[0]+"-"+img.key)
	digest, err := os.ReadFile(filepath.Join(layout, "digest"))
	if errors.Is(err, os.ErrNotExist) {
		err = step("assemble "+img.repo+":"+img.tags[0], func() error { return img.assemble(ctx, p, st, layout) })
		if err == nil {
			digest, err = os.ReadFile(filepath.Join(layout, "digest"))
		}
	}
	if err != nil {
		return err
	}
	crane := filepath.Join(st.Bin, "crane")
	for _, tag := range img.tags {
		if manifestDigest(ctx, st.Registry, img.repo, tag) == string(digest) {
			continue
		}
		ref := st.Registry + "/" + img.repo + ":" + tag
		if err := (command{}).run(ctx, crane, "push", filepath.Join(layout, "oci"), ref); err != nil {
			return err
		}
	}
	return nil
}

func (img baseImage) assemble(ctx context.Context, p paths, st bedState, layout string) error {
	work, err := os.MkdirTemp(p.dir, ".image-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	layers, err := img.layers(ctx, work)
	if err != nil {
		return err
	}

	crane := filepath.Join(st.Bin, "crane")
	ref := st.Registry + "/bed/assembly:" + img.key
	args := []string{"append", "--oci-empty-base", "--new_tag", ref}
	for _, layer := range layers {
		args = append(args, "--new_layer", layer)
	}
	var c command
	if err := c.run(ctx, crane, args...); err != nil {
		return err
	}
	mutate := append([]string{"mutate", ref, "--tag", ref, "--set-platform", platform()}, img.config...)
	if err := c.run(ctx, crane, mutate...); err != nil {
		return err
	}
	tmp := filepath.Join(work, "layout")
	if err := c.run(ctx, crane, "pull", "--format", "oci", ref, filepath.Join(tmp, "oci")); err != nil {
		return err
	}
	digest, err := c.output(ctx, crane, "digest", ref)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, "digest"), []byte(digest), 0o644); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(layout), 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, layout)
}
