package sbom_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/package-url/packageurl-go"
	spdxjson "github.com/spdx/tools-golang/json"

	"github.com/pybuild/pybuild/frontend/sbom"
)

var (
	spdxID     = regexp.MustCompile(`^SPDXRef-[A-Za-z0-9.-]+$`)
	licenceRef = regexp.MustCompile(`LicenseRef-[A-Za-z0-9.-]+`)
)

// checkDocument wants a document that SPDX allows, whatever the files of an image say: it is
// read, what it refers to is in it, and its identifiers, URLs, sums and package URLs are such.
func checkDocument(t *testing.T, doc []byte) {
	t.Helper()
	if _, err := spdxjson.Read(bytes.NewReader(doc)); err != nil {
		t.Fatalf("cannot be read: %v", err)
	}
	type sums []struct{ Algorithm, ChecksumValue string }
	var d struct {
		SPDXID, Name, DocumentNamespace string
		Packages                        []struct {
			SPDXID, Name, VersionInfo, Supplier, Originator, DownloadLocation, HomePage, LicenseDeclared string
			Checksums                                                                                    sums
			ExternalRefs                                                                                 []struct{ ReferenceType, ReferenceLocator string }
		}
		Files []struct {
			SPDXID, FileName string
			Checksums        sums
		}
		Relationships              []struct{ SpdxElementID, RelatedSpdxElement string }
		HasExtractedLicensingInfos []struct{ LicenseID, ExtractedText string }
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	id := func(text string) {
		if !spdxID.MatchString(text) || ids[text] {
			t.Errorf("%q is no identifier, or is one already", text)
		}
		ids[text] = true
	}
	sum := func(all sums) {
		for _, s := range all {
			if length := map[string]int{"SHA1": 40, "SHA256": 64, "SHA384": 96, "SHA512": 128}[s.Algorithm]; len(s.ChecksumValue) != length || strings.Trim(s.ChecksumValue, "0123456789abcdef") != "" {
				t.Errorf("%q is no %s", s.ChecksumValue, s.Algorithm)
			}
		}
	}
	line := func(what, text string) {
		if len(text) > 4000 || strings.ContainsAny(text, "\n\r\x00") {
			t.Errorf("the %s is %.100q", what, text)
		}
	}
	licences := map[string]bool{}
	for _, l := range d.HasExtractedLicensingInfos {
		if licenceRef.FindString(l.LicenseID) != l.LicenseID || licences[l.LicenseID] || strings.TrimSpace(l.ExtractedText) == "" {
			t.Errorf("%q is no identifier of a licence, or is one already", l.LicenseID)
		}
		licences[l.LicenseID] = true
	}
	id(d.SPDXID)
	line("name", d.Name)
	for _, p := range d.Packages {
		id(p.SPDXID)
		sum(p.Checksums)
		for _, text := range []string{p.Name, p.VersionInfo, p.Supplier, p.Originator, p.DownloadLocation, p.HomePage} {
			line("text", text)
		}
		if p.Name == "" {
			t.Error("a package without a name")
		}
		for _, at := range []string{p.HomePage, strings.TrimPrefix(p.DownloadLocation, "git+")} {
			if u, err := url.Parse(at); at != "" && at != "NOASSERTION" && (err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(at, " \"<>\\^`{|}")) {
				t.Errorf("%q is no URL: %v", at, err)
			}
		}
		for _, ref := range licenceRef.FindAllString(p.LicenseDeclared, -1) {
			if !licences[ref] {
				t.Errorf("the licence %s is not in the document", ref)
			}
		}
		for _, ref := range p.ExternalRefs {
			if strings.ContainsFunc(ref.ReferenceLocator, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
				t.Errorf("%q is no locator", ref.ReferenceLocator)
			}
			if ref.ReferenceType != "purl" {
				continue
			}
			read, err := packageurl.FromString(ref.ReferenceLocator)
			if err != nil || read.ToString() != ref.ReferenceLocator || p.VersionInfo != "" && read.Version != p.VersionInfo {
				t.Errorf("%q is read as %q: %v", ref.ReferenceLocator, read.ToString(), err)
			}
		}
	}
	for _, f := range d.Files {
		id(f.SPDXID)
		sum(f.Checksums)
	}
	for _, r := range d.Relationships {
		if !ids[r.SpdxElementID] || !ids[r.RelatedSpdxElement] {
			t.Errorf("%s or %s is not in the document", r.SpdxElementID, r.RelatedSpdxElement)
		}
	}
}

// FuzzDocument has the files of an image say of its packages what they like.
func FuzzDocument(f *testing.F) {
	mit, err := os.ReadFile("testdata/mit.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Alpha_beta", "1.0+local", "MIT", "https://a.example/", `{"url": "https://a.example/a.tar.gz", "archive_info": {"hashes": {"sha256": "zz"}}}`, "b[x]>=1 ; extra == 'y'", "/x/alpha-1.dist-info/METADATA")
	f.Add("a\nb\x00", "1 @?#%", string(mit), "http://u:p@h/ \"", `{"url": "https://g.example/g", "vcs_info": {"vcs": "git\n", "commit_id": "x y"}, "subdirectory": "../a b"}`, "\u202e", "/y/\xff.egg-info")
	f.Add("\u0430lpha", "", "My (own) AND", "HTTPS://\u043e.example/\u202e", "{", "alpha", "/z/-.dist-info/METADATA")
	f.Add("a", "1", "LicenseRef-x OR MIT", "https://[::1]:8080/", "", "", "")
	f.Fuzz(func(t *testing.T, name, version, licence, home, direct, requires, path string) {
		zeros := sbom.Evidence{Path: "/" + path, SHA1: strings.Repeat("0", 40), SHA256: strings.Repeat("0", 64)}
		one := sbom.Distribution{
			Evidence: zeros, Name: name, Version: version, Summary: licence, HomePage: home, URLs: []string{name + "," + home}, Author: name, AuthorEmail: home,
			Expression: licence, Requires: []string{requires}, DirectURL: direct,
		}
		two := one
		two.Expression, two.Licence, two.Licences, two.Name = "", licence, []string{licence, home}, name+"-2"
		three := two
		three.Licence, three.Licences, three.Classifiers = "", nil, []string{"License :: OSI Approved :: " + licence}
		fields := map[string]string{}
		for key, value := range map[string]string{"Package": name, "Version": version, "Architecture": licence, "Source": requires, "Maintainer": home, "Homepage": home, "Depends": requires, "Provides": requires, "Description": licence} {
			fields[key] = value
		}
		letters := map[string]string{"P": name, "V": version, "A": licence, "L": licence, "D": requires, "p": requires, "T": licence, "U": home, "m": home, "o": requires}
		inv := &sbom.Inventory{
			OS: map[string]string{"ID": name, "VERSION_ID": version, "VERSION_CODENAME": requires, "PRETTY_NAME": licence}, Python: sbom.Interpreter{Version: version, Evidence: &zeros},
			Distributions: []sbom.Distribution{one, two, three, one}, Debian: []sbom.System{{Evidence: zeros, Fields: fields, Licences: []string{licence}}},
			Alpine: []sbom.System{{Evidence: zeros, Fields: letters}},
		}
		// What the step that looks writes is JSON, which has no bytes that are no text.
		data, err := json.Marshal(inv)
		if err != nil {
			t.Fatal(err)
		}
		if inv, err = sbom.Parse(data); err != nil {
			t.Fatal(err)
		}
		doc, err := sbom.Write(inv, image())
		if err != nil {
			t.Fatal(err)
		}
		checkDocument(t, doc)
	})
}
