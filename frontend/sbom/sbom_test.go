package sbom_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	spdxjson "github.com/spdx/tools-golang/json"
	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/frontend/sbom"
)

// valid checks that the library which BuildKit reads a document with does read it.
// The tests with an engine hold the golden and whole builds against SPDX's schema and tools.
func valid(t *testing.T, doc []byte) {
	t.Helper()
	if _, err := spdxjson.Read(bytes.NewReader(doc)); err != nil {
		t.Errorf("cannot be read: %v", err)
	}
}

func image() sbom.Image {
	requirement, _ := project.ParseRequirement("Alpha[fast]>=1")
	return sbom.Image{
		Name: "shop", Version: "1.0", Platform: "linux/arm64", Architecture: "arm64", Base: "python:3.13-slim",
		BaseURL: "pkg:docker/python@3.13-slim?digest=sha256:aa", Python: "3.13", Prefix: "/usr/local",
		Requires: []project.Requirement{requirement}, Copied: true,
		Sources: map[string]sbom.Source{
			"alpha": {URL: "https://user:secret@files.example/alpha-1.0-py3-none-any.whl", File: "alpha-1.0-py3-none-any.whl",
				Hashes: map[string]string{"sha256": strings.Repeat("AB", 32)}, Index: "https://packages.corp.example/simple"},
			"gamma": {URL: "ssh://git@git.example/gamma", VCS: "git", Commit: strings.Repeat("1", 40)},
			"delta": {URL: "https://git.example/delta", VCS: "git", Commit: strings.Repeat("2", 40), Subdirectory: "py"},
			"local": {Local: "libs/local"},
			"pip":   {URL: "https://files.example/pip.whl"},
		},
	}
}

func inventory(t *testing.T, name string) *sbom.Inventory {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	inv, err := sbom.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// TestDocument holds a whole document.
func TestDocument(t *testing.T) {
	inv := inventory(t, "inventory.json")
	doc, err := sbom.Write(inv, image())
	if err != nil {
		t.Fatal(err)
	}
	valid(t, doc)
	golden.Assert(t, string(doc)+"\n", "document.spdx.json")
	if strings.Contains(string(doc), "secret") {
		t.Error("the document has the password of a URL")
	}
	for range 20 {
		if again, err := sbom.Write(inv, image()); err != nil || !bytes.Equal(doc, again) {
			t.Fatalf("the same image gave another document: %v", err)
		}
	}
	dated := image()
	at := time.Unix(1700000000, 0)
	dated.Created = &at
	doc, err = sbom.Write(inv, dated)
	if err != nil || !strings.Contains(string(doc), `"created": "2023-11-14T22:13:20Z"`) {
		t.Errorf("the date is not SOURCE_DATE_EPOCH: %v", err)
	}
}

// TestHostileMetadata has a package say of itself what it likes.
func TestHostileMetadata(t *testing.T) {
	long := strings.Repeat("(", 1000) + "MIT"
	evil := sbom.Distribution{
		Name: "../../evil\n\x00<b>", Version: "1;rm -rf /", Summary: strings.Repeat("x", 1<<16), HomePage: "javascript:alert(1)",
		Author: "A (B)\nC", AuthorEmail: "\"x\" <not an address", Expression: long, Requires: []string{"evil[", "alpha; " + long},
		URLs: []string{"no comma", "home, http://user:secret@e.example/"}, DirectURL: "{", Evidence: sbom.Evidence{Path: "/a", SHA1: strings.Repeat("0", 40), SHA256: strings.Repeat("0", 64)},
	}
	doc, err := sbom.Write(&sbom.Inventory{Distributions: []sbom.Distribution{evil, evil}}, sbom.Image{Name: "x", Platform: "linux/amd64"})
	if err != nil {
		t.Fatal(err)
	}
	valid(t, doc)
	for _, text := range []string{"javascript", "secret"} {
		if strings.Contains(string(doc), text) {
			t.Errorf("the document has %q", text)
		}
	}
}

// TestLicences has what metadata says become an expression of SPDX's.
func TestLicences(t *testing.T) {
	mit, err := os.ReadFile("testdata/mit.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		said sbom.Distribution
		want string
	}{
		"an expression":           {sbom.Distribution{Expression: "mit or apache-2.0", Licence: "BSD"}, "MIT OR Apache-2.0"},
		"no expression":           {sbom.Distribution{Expression: "My Own"}, "LicenseRef-My-Own-"},
		"a reference":             {sbom.Distribution{Expression: "LicenseRef-Mine"}, "LicenseRef-LicenseRef-Mine-"},
		"an identifier":           {sbom.Distribution{Licence: "BSD-3-Clause"}, "BSD-3-Clause"},
		"a usual name":            {sbom.Distribution{Licence: "Apache License 2.0"}, "Apache-2.0"},
		"a classifier":            {sbom.Distribution{Classifiers: []string{"License :: OSI Approved :: MIT License"}}, "MIT"},
		"two classifiers":         {sbom.Distribution{Classifiers: []string{"License :: OSI Approved :: MIT License", "License :: OSI Approved :: Apache Software License"}}, "Apache-2.0 AND MIT"},
		"a family, and the text":  {sbom.Distribution{Classifiers: []string{"License :: OSI Approved :: BSD License"}, Licences: []string{string(mit)}}, "MIT"},
		"a family":                {sbom.Distribution{Classifiers: []string{"License :: OSI Approved :: BSD License"}}, "LicenseRef-BSD-License-"},
		"approved, and no more":   {sbom.Distribution{Classifiers: []string{"License :: OSI Approved"}}, "NOASSERTION"},
		"the text alone":          {sbom.Distribution{Licences: []string{string(mit)}}, "MIT"},
		"the text in the field":   {sbom.Distribution{Licence: string(mit)}, "MIT"},
		"a text that is no known": {sbom.Distribution{Licence: "All rights reserved."}, "LicenseRef-All-rights-reserved."},
		"nothing":                 {sbom.Distribution{Licence: "UNKNOWN"}, "NOASSERTION"},
	} {
		c.said.Name, c.said.Version = "it", "1"
		doc, err := sbom.Write(&sbom.Inventory{Distributions: []sbom.Distribution{c.said}}, sbom.Image{Name: "x", Platform: "linux/amd64"})
		if err != nil {
			t.Fatal(err)
		}
		var read struct {
			Packages []struct {
				Name            string
				LicenseDeclared string
			}
			HasExtractedLicensingInfos []struct{ LicenseID string }
		}
		if err := json.Unmarshal(doc, &read); err != nil {
			t.Fatal(err)
		}
		for _, p := range read.Packages {
			if p.Name != "it" {
				continue
			}
			if got := p.LicenseDeclared; got != c.want && (!strings.HasSuffix(c.want, "-") && !strings.HasSuffix(c.want, ".") || !strings.HasPrefix(got, c.want)) {
				t.Errorf("%s is %s, want %s", name, got, c.want)
			}
			if strings.HasPrefix(p.LicenseDeclared, "LicenseRef-") != (len(read.HasExtractedLicensingInfos) == 1) {
				t.Errorf("%s: the document defines %v", name, read.HasExtractedLicensingInfos)
			}
		}
	}
}
