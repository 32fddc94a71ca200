package sbom

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"
)

// The document as SPDX 2.3 has it in JSON: these are the fields that are written, and
// no more. The library for reading such documents (github.com/spdx/tools-golang) is
// for tests, as it would be a large part of a small binary.
type document struct {
	Version       string             `json:"spdxVersion"`
	DataLicence   string             `json:"dataLicense"`
	ID            string             `json:"SPDXID"`
	Name          string             `json:"name"`
	Namespace     string             `json:"documentNamespace"`
	Creation      creation           `json:"creationInfo"`
	Packages      []*Package         `json:"packages"`
	Files         []file             `json:"files,omitempty"`
	Relationships []relationship     `json:"relationships"`
	Licences      []ExtractedLicence `json:"hasExtractedLicensingInfos,omitempty"`
}

type creation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

// Package is one package of the document.
type Package struct {
	ID               string        `json:"SPDXID"`
	Name             string        `json:"name"`
	Version          string        `json:"versionInfo,omitempty"`
	File             string        `json:"packageFileName,omitempty"`
	Supplier         string        `json:"supplier,omitempty"`
	Originator       string        `json:"originator,omitempty"`
	Location         string        `json:"downloadLocation"`
	FilesAnalyzed    bool          `json:"filesAnalyzed"`
	Checksums        []checksum    `json:"checksums,omitempty"`
	HomePage         string        `json:"homepage,omitempty"`
	SourceInfo       string        `json:"sourceInfo,omitempty"`
	LicenceConcluded string        `json:"licenseConcluded"`
	LicenceDeclared  string        `json:"licenseDeclared"`
	LicenceComments  string        `json:"licenseComments,omitempty"`
	Copyright        string        `json:"copyrightText"`
	Summary          string        `json:"summary,omitempty"`
	References       []externalRef `json:"externalRefs,omitempty"`
	Purpose          string        `json:"primaryPackagePurpose,omitempty"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type externalRef struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type file struct {
	ID               string     `json:"SPDXID"`
	Name             string     `json:"fileName"`
	Checksums        []checksum `json:"checksums"`
	LicenceConcluded string     `json:"licenseConcluded"`
	Copyright        string     `json:"copyrightText"`
}

type relationship struct {
	From    string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	To      string `json:"relatedSpdxElement"`
	Comment string `json:"comment,omitempty"`
}

// ExtractedLicence is a licence that has no identifier of SPDX's.
type ExtractedLicence struct {
	ID   string `json:"licenseId"`
	Text string `json:"extractedText"`
	Name string `json:"name,omitempty"`
}

const (
	noAssertion = "NOASSERTION"
	documentID  = "SPDXRef-DOCUMENT"
	imageID     = "SPDXRef-Image"
	// unknownDate is what other files of an image have, too.
	unknownDate = "1980-01-01T00:00:00Z"
)

// builder gathers a document.
type builder struct {
	inv      *Inventory
	img      Image
	packages []*Package
	ids      map[string]bool
	files    map[string]string // ids by path
	evidence []file
	relation []relationship
	licences map[string]ExtractedLicence
}

// document orders everything and derives the namespace from the content.
func (b *builder) document() ([]byte, error) {
	d := document{
		Version: "SPDX-2.3", DataLicence: "CC0-1.0", ID: documentID, Name: b.img.Name + " for " + b.img.Platform,
		Creation: creation{Created: unknownDate, Creators: []string{"Tool: pybuild"}},
		Packages: b.packages, Files: b.evidence, Relationships: b.relation,
	}
	if b.img.Created != nil {
		d.Creation.Created = b.img.Created.UTC().Format(time.RFC3339)
	}
	for _, l := range b.licences {
		d.Licences = append(d.Licences, l)
	}
	slices.SortFunc(d.Packages, func(x, y *Package) int { return strings.Compare(x.ID, y.ID) })
	slices.SortFunc(d.Files, func(x, y file) int { return strings.Compare(x.Name, y.Name) })
	slices.SortFunc(d.Licences, func(x, y ExtractedLicence) int { return strings.Compare(x.ID, y.ID) })
	slices.SortFunc(d.Relationships, func(x, y relationship) int {
		return strings.Compare(x.From+" "+x.Type+" "+x.To, y.From+" "+y.Type+" "+y.To)
	})
	d.Relationships = slices.Compact(d.Relationships)
	content, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	d.Namespace = "https://spdx.org/spdxdocs/" + slug(b.img.Name) + "-" + hex.EncodeToString(sum[:])
	return json.MarshalIndent(d, "", " ")
}

// add appends a package of the image.
func (b *builder) add(kind string, p Package) *Package {
	if p.Name == "" {
		p.Name = "unnamed"
	}
	id := "SPDXRef-" + kind + "-" + slug(p.Name)
	// The next one of a name may be the name of another.
	first := id
	for n := 2; b.ids[id]; n++ {
		id = fmt.Sprintf("%s-%d", first, n)
	}
	b.ids[id] = true
	p.ID, p.Copyright, p.LicenceConcluded = id, noAssertion, noAssertion
	for _, field := range []*string{&p.Location, &p.LicenceDeclared} {
		if *field == "" {
			*field = noAssertion
		}
	}
	b.packages = append(b.packages, &p)
	if id != imageID {
		b.relate(imageID, "CONTAINS", id)
	}
	return &p
}

func (b *builder) relate(from, kind, to string) {
	b.relation = append(b.relation, relationship{From: from, Type: kind, To: to})
}

// shown notes the file that shows a package to be there. BuildKit adds to it the layer
// that has it.
func (b *builder) shown(p *Package, e Evidence) {
	id, ok := b.files[e.Path]
	if !ok {
		sum := sha256.Sum256([]byte(e.Path))
		id = "SPDXRef-File-" + hex.EncodeToString(sum[:8])
		b.files[e.Path] = id
		b.evidence = append(b.evidence, file{ID: id, Name: "." + e.Path, LicenceConcluded: noAssertion, Copyright: noAssertion,
			Checksums: []checksum{{"SHA1", e.SHA1}, {"SHA256", e.SHA256}}})
	}
	b.relation = append(b.relation, relationship{From: p.ID, Type: "OTHER", To: id,
		Comment: "evident-by: indicates the package's existence is evident by the given file"})
}

var notInID = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// slug is a text in the letters of an SPDX identifier.
func slug(text string) string {
	text = strings.Trim(notInID.ReplaceAllString(text, "-"), "-")
	return text[:min(len(text), 80)]
}

// purls refers to a package by its package URL, in the letters of its kind; not at all where
// it has none.
func purls(kind, namespace, name, version string, qualifiers map[string]string) []externalRef {
	u := packageurl.NewPackageURL(kind, namespace, name, version, packageurl.QualifiersFromMap(qualifiers), "")
	if u.Normalize() != nil {
		return nil
	}
	return []externalRef{purl(u.ToString())}
}

// purl is a reference by package URL.
func purl(locator string) externalRef { return externalRef{"PACKAGE-MANAGER", "purl", locator} }
