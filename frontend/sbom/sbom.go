// Package sbom writes the bill of materials of an image as SPDX 2.3: what a look at
// its files found, joined with what the lock knows of where each file came from. It is
// pure.
package sbom

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pybuild/pybuild/frontend/project"
)

// Image is what the build knows and the files of the image do not tell.
type Image struct {
	// Name and Version are the project's.
	Name, Version string
	// Platform is OCI's, such as "linux/arm64"; Architecture its second part.
	Platform, Architecture string
	// Base and BaseURL are the reference and the package URL of the base image; "" for
	// none.
	Base, BaseURL string
	// Python is the interpreter's version as far as it is known without a look.
	Python string
	// Prefix is where the interpreter is installed.
	Prefix string
	// Created dates the document; nil for a constant.
	Created *time.Time
	// Sources are where the Python packages are from, by their normalised names.
	Sources map[string]Source
	// Requires are the requirements of the project itself.
	Requires []project.Requirement
	// Copied reports that the project's own files are in the image though it is no
	// installed package.
	Copied bool
}

// Source is where a package is from.
type Source struct {
	// URL is that of a wheel, an archive or a repository.
	URL string
	// File is the name of the file, Hashes are its sums by algorithm.
	File   string
	Hashes map[string]string
	// Commit, Subdirectory and VCS are of a repository.
	Commit, Subdirectory, VCS string
	// Index is the index of the project's own configuration that the file is from.
	Index string
	// Local is the directory or archive of the build context.
	Local string
}

// Parse reads what the step that looks at an image wrote.
func Parse(data []byte) (*Inventory, error) {
	var inv Inventory
	if err := json.Unmarshal(data, &inv); err != nil {
		return nil, fmt.Errorf("what was found in the image: %w", err)
	}
	return &inv, nil
}

// Write is the document. The same image gives the same bytes.
func Write(inv *Inventory, img Image) ([]byte, error) {
	b := &builder{inv: inv, img: img, ids: map[string]bool{}, files: map[string]string{}, licences: map[string]ExtractedLicence{}}
	b.image()
	b.interpreter()
	b.python()
	b.debian()
	b.alpine()
	return b.document()
}
