package sbom

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
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
	version := oneLine(b.inv.Python.Version)
	if slug(version) == "" {
		version = strings.TrimSuffix(b.img.Python, "t")
	}
	if slug(version) == "" {
		return
	}
	p := b.add("Interpreter", Package{Name: "python", Version: version, LicenceDeclared: "Python-2.0.1",
		Supplier: "Organization: Python Software Foundation", HomePage: "https://www.python.org/", Purpose: "APPLICATION",
		References: append(purls(packageurl.TypeGeneric, "", "python", version, nil),
			externalRef{"SECURITY", "cpe23Type", "cpe:2.3:a:python:python:" + strings.ToLower(slug(version)) + ":*:*:*:*:*:*:*"})})
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
	u.User, u.Host = nil, strings.ToLower(u.Host)
	// What Go leaves as it is written, in a query, RFC 3986 does not.
	at := notInURL.ReplaceAllStringFunc(u.String(), func(c string) string { return fmt.Sprintf("%%%02X", c) })
	if len(at) > longestURL {
		return ""
	}
	return at
}

// claimedURL is a URL that a package says of itself. SPDX's own tools take none but one of a
// host with a name of letters, which hides nothing either.
func claimedURL(text string) string {
	at := webURL(text)
	if u, err := url.Parse(at); err != nil || !hostName.MatchString(u.Hostname()) {
		return ""
	}
	return at
}

var hostName = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*\.[a-z]{2,}$`)

var notInURL = regexp.MustCompile(`[^!#$%&'()*+,/0-9:;=?@A-Z\[\]_a-z~.-]`)

const longestURL = 2000

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
	name, email = oneLine(strings.NewReplacer("(", " ", ")", " ").Replace(name)), oneLine(email)
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
