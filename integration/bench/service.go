package main

import (
	"fmt"
	"strings"
	"time"
)

// service is one project that is built by one variant.
type service struct {
	bed     *bed
	results *results
	variant variant
	dir     string
	image   string
	// platform is "" for the engine's own.
	platform string
	// seen are the layers that the registry has.
	seen map[string]bool
}

// create writes what no scenario changes.
func (s *service) create(main string) error {
	return writeAll(s.dir, map[string]string{
		"app/__init__.py": "", "app/main.py": main, ".dockerignore": "Dockerfile\n.dockerignore\n",
		s.variant.file: strings.NewReplacer("FRONTEND", s.bed.frontend, "DOCKERFILE", s.bed.dockerfile, "FOREIGN", s.bed.foreignBase).Replace(s.variant.text),
	})
}

// build makes a change, builds, pushes and takes down what that cost.
func (s *service) build(scenario string, change map[string]string) error {
	if err := writeAll(s.dir, change); err != nil {
		return err
	}
	args := []string{"buildx", "build", "--builder", s.bed.builder, "--provenance=false", "-f", s.variant.file,
		"--output", "type=image,push=true,name=" + s.image}
	if s.platform != "" {
		args = append(args, "--platform", s.platform)
	}
	begin := time.Now()
	if _, err := command(s.dir, "docker", append(args, ".")...); err != nil {
		return err
	}
	took := time.Since(begin)
	fresh, size, err := s.bed.pushed(s.image, s.seen)
	if err != nil {
		return err
	}
	fmt.Printf("%-8s %-9s %6.2f s  %8.3f MB new of %.1f, %d layers seen\n", s.variant.name, scenario, took.Seconds(), float64(fresh)/1e6, float64(size)/1e6, len(s.seen))
	s.results.add(s.variant.name, scenario, took, fresh, size)
	return nil
}
