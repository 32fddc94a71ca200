package project

import (
	"fmt"
	"strings"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"

	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// PinsFile is the lock of images, at the root of the build context.
const PinsFile = "pybuild.lock"

// Pins are the digests of images, as PinsFile has them. A nil *Pins pins nothing.
type Pins struct {
	File *tomlfile.File `toml:"-"`

	Version int `toml:"version"`
	// Images are digests by the references that plans have.
	Images map[string]string `toml:"images"`
	// Frontend is the digest of the frontend's own image, by its reference.
	Frontend map[string]string `toml:"frontend"`
}

// ParsePins reads a pybuild.lock.
func ParsePins(data []byte) (*Pins, error) {
	file, err := tomlfile.Parse(PinsFile, data)
	if err != nil {
		return nil, err
	}
	p := &Pins{File: file}
	if err := file.Decode(p); err != nil {
		return nil, err
	}
	again := "write it anew: " + LockCommand("pybuild.toml")
	if p.Version != 1 {
		return nil, mistake("PB602", file, file.At("version"), again, "%s has the version %d, and this pybuild reads 1", PinsFile, p.Version)
	}
	for table, pins := range map[string]map[string]string{"images": p.Images, "frontend": p.Frontend} {
		for _, ref := range sortedKeys(pins) {
			if _, err := reference.ParseNormalizedNamed(ref); err != nil {
				return nil, mistake("PB602", file, file.KeyAt(table, ref), again, "%q is not the reference of an image", ref)
			}
			if _, err := digest.Parse(pins[ref]); err != nil {
				return nil, mistake("PB602", file, file.At(table, ref), again, "%q is not a digest", pins[ref])
			}
		}
	}
	return p, nil
}

// Digest is what an image is pinned to, "" for one that is not.
func (p *Pins) Digest(ref string) string {
	if p == nil {
		return ""
	}
	return p.Images[ref]
}

// At is the place that pins an image, else that of all images.
func (p *Pins) At(ref string) plan.Location {
	if _, ok := p.Images[ref]; ok {
		return p.File.At("images", ref)
	}
	if p.File.Has("images") {
		return p.File.KeyAt("images")
	}
	return p.File.At("version")
}

// Without are the pins but for those of images that are to be looked up again: all, or
// some by name.
func (p *Pins) Without(upgrade string) *Pins {
	if p == nil || upgrade == "all" {
		return nil
	}
	kept := &Pins{File: p.File, Version: p.Version, Images: map[string]string{}, Frontend: p.Frontend}
	for ref, d := range p.Images {
		if !upgrades(upgrade, ref) {
			kept.Images[ref] = d
		}
	}
	return kept
}

// upgrades reports whether a list of names has that of an image: its whole reference,
// or the repository.
func upgrades(list, ref string) bool {
	repository := ref
	if named, err := reference.ParseNormalizedNamed(ref); err == nil {
		repository = reference.FamiliarName(named)
	}
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == ref || name == repository {
			return true
		}
	}
	return false
}

// UpgradesImage reports whether a name of such a list is that of one of some images, and
// not of a package.
func UpgradesImage(name string, refs []string) bool {
	for _, ref := range refs {
		if upgrades(name, ref) {
			return true
		}
	}
	return false
}

// LockCommand is what writes the locks of a build by a file of -f.
func LockCommand(file string) string {
	if file == "Dockerfile" {
		return "docker build --target lock --output . ."
	}
	return "docker build --target lock --output . -f " + plan.Printable(file) + " ."
}

// WritePins writes a pybuild.lock: the images of a build over those that were pinned
// already, since several configurations can share the file. Its first line has the command that wrote it,
// by the file of -f.
func WritePins(old *Pins, images, frontend map[string]string, file string) string {
	all := map[string]string{}
	if old != nil {
		for ref, d := range old.Images {
			all[ref] = d
		}
		if len(frontend) == 0 {
			frontend = old.Frontend
		}
	}
	for ref, d := range images {
		all[ref] = d
	}
	var b strings.Builder
	b.WriteString("# Images by digest. Written by: " + LockCommand(file) + "\n# Commit it. For newer images: --build-arg UPGRADE=all, or the names of some.\nversion = 1\n")
	write := func(table string, pins map[string]string) {
		if len(pins) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n[%s]\n", table)
		for _, ref := range sortedKeys(pins) {
			// In the form that Renovate's manager of regular expressions looks for.
			if named, err := reference.ParseNormalizedNamed(ref); err == nil {
				fmt.Fprintf(&b, "# renovate: datasource=docker depName=%s\n", reference.FamiliarName(named))
			}
			fmt.Fprintf(&b, "%q = %q\n", ref, pins[ref])
		}
	}
	write("images", all)
	write("frontend", frontend)
	return b.String()
}
