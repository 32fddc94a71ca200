package sbom

import (
	"net/mail"
	"net/url"
	"strings"

	"github.com/package-url/packageurl-go"
)

// image adds the image itself, its base and a project that is in it as files.
func (b *builder) image() {
	b.packages = append(b.packages, &Package{ID: imageID, Name: b.img.Name, Version: b.img.Version, Location: noAssertion,
		LicenceConcluded: noAssertion, LicenceDeclared: noAssertion, Copyright: noAssertion, Purpose: "CONTAINER"})
	b.relate(documentID, "DESCRIBES", imageID)
	if b.img.Base != "" {
		base := &Package{ID: "SPDXRef-Base", Name: b.img.Base, Location: noAssertion, LicenceConcluded: noAssertion,
			LicenceDeclared: noAssertion, Copyright: noAssertion, Purpose: "CONTAINER"}
		if b.img.BaseURL != "" {
			base.References = []externalRef{purl(b.img.BaseURL)}
		}
		b.packages = append(b.packages, base)
		b.relate(imageID, "DESCENDANT_OF", base.ID)
	}
}

// interpreter adds the Python, unless the distribution's packages have it.
func (b *builder) interpreter() {
	if b.img.Prefix == "/usr" {
		for _, s := range append(b.inv.Debian, b.inv.Alpine...) {
			if strings.HasPrefix(s.Fields["Package"]+s.Fields["P"], "python3") {
				return
			}
		}
	}
	version := b.inv.Python.Version
	if version == "" {
		version = strings.TrimSuffix(b.img.Python, "t")
	}
	if version == "" {
		return
	}
	p := b.add("Interpreter", Package{Name: "python", Version: version, LicenceDeclared: "Python-2.0.1",
		Supplier: "Organization: Python Software Foundation", HomePage: "https://www.python.org/", Purpose: "APPLICATION",
		References: []externalRef{
			purl(packageurl.NewPackageURL(packageurl.TypeGeneric, "", "python", version, nil, "").ToString()),
			{"SECURITY", "cpe23Type", "cpe:2.3:a:python:python:" + strings.ToLower(slug(version)) + ":*:*:*:*:*:*:*"},
		}})
	if b.inv.Python.Evidence != nil {
		b.shown(p, *b.inv.Python.Evidence)
	}
}

// webURL is a URL that a document may name: without what may be secret in it.
func webURL(text string) string {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	u.User = nil
	return u.String()
}

// party is somebody in SPDX's form, "Person: NAME (ADDRESS)".
func party(kind, name, email string) string {
	if list, err := mail.ParseAddressList(email); err == nil && len(list) > 0 {
		email = list[0].Address
		if name == "" {
			name = list[0].Name
		}
	} else {
		email = ""
	}
	name = strings.Join(strings.Fields(strings.NewReplacer("(", " ", ")", " ").Replace(name)), " ")
	switch {
	case name == "" && email == "":
		return ""
	case name == "":
		name = email
	}
	if email != "" {
		name += " (" + email + ")"
	}
	return kind + ": " + name
}
