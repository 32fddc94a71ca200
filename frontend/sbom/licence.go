package sbom

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/github/go-spdx/v2/spdxexp"
	"github.com/google/licensecheck"
)

const (
	// longestExpression keeps what is no expression from the parser of expressions.
	longestExpression = 400
	// mostlyLicence is how much of a text has to be a licence, in percent.
	mostlyLicence = 75
)

// reference is a licence that is described elsewhere.
var reference = regexp.MustCompile(`(?i)(License|Document)Ref-`)

var operators = regexp.MustCompile(`(?i) (and|or|with) `)

// expression is a text as a licence expression of SPDX's, "" if it is none.
func expression(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > longestExpression || strings.ContainsAny(text, "\n\r") || reference.MatchString(text) {
		return ""
	}
	// PEP 639 takes the words in any case. What a document refers to has to be in it,
	// and it would not be.
	text = operators.ReplaceAllStringFunc(text, strings.ToUpper)
	found, wrong := spdxexp.ValidateAndNormalizeLicensesWithOptions([]string{text}, spdxexp.ValidateLicensesOptions{FailAllLicenseRefs: true, FailAllDocumentRefs: true})
	if len(wrong) > 0 || len(found) != 1 {
		return ""
	}
	return found[0]
}

// pythonLicence is the licence that a distribution declares: an expression (PEP 639),
// else the older field where that is one, else its classifiers, else the texts that it
// brings along. What has no identifier of SPDX's is quoted.
func (b *builder) pythonLicence(d Distribution) (declared, comment string) {
	if d.Expression != "" {
		return b.declared(d.Expression)
	}
	if e := expression(d.Licence); e != "" {
		return e, ""
	}
	if e := usualNames()[strings.ToLower(strings.TrimSpace(d.Licence))]; e != "" {
		return e, ""
	}
	var said []string
	vague := ""
	for _, c := range d.Classifiers {
		name := c[strings.LastIndex(c, " :: ")+4:]
		if e := classifiers()[name]; e != "" {
			said = append(said, e)
		} else if strings.Count(c, " :: ") > 1 {
			vague = name
		}
	}
	if len(said) > 0 && vague == "" {
		return together(said), ""
	}
	var read []string
	for _, text := range append([]string{d.Licence}, d.Licences...) {
		read = append(read, recognized(text)...)
	}
	if len(read) > 0 {
		return together(read), "recognized from the texts of the licences in the package"
	}
	if said = append(said, b.quoted(vague)...); len(said) > 0 {
		return together(said), ""
	}
	if strings.ToUpper(d.Licence) == "UNKNOWN" {
		return "", ""
	}
	return together(b.quoted(d.Licence)), ""
}

// usualScanner knows the licences of Python packages: preparing to look for all takes a second.
var usualScanner = sync.OnceValue(func() *licensecheck.Scanner {
	usual := slices.DeleteFunc(licensecheck.BuiltinLicenses(), func(l licensecheck.License) bool { return !slices.Contains(usualLicences(), l.ID) })
	scanner, err := licensecheck.NewScanner(usual)
	if err != nil {
		return nil
	}
	return scanner
})

// recognized are the licences of a text that is hardly anything else.
func recognized(text string) []string {
	if len(text) < 100 {
		return nil
	}
	scanner := usualScanner()
	if scanner == nil {
		return nil
	}
	found := scanner.Scan([]byte(text))
	if found.Percent < mostlyLicence {
		return nil
	}
	var ids []string
	for _, m := range found.Match {
		if known, id := spdxexp.ActiveLicense(m.ID); known && !m.IsURL {
			ids = append(ids, id)
		}
	}
	return ids
}

// declared is an expression, or the quotation of what is none.
func (b *builder) declared(text string) (declared, comment string) {
	if e := expression(text); e != "" {
		return e, ""
	}
	return together(b.quoted(text)), ""
}

// quoted is a licence that has no identifier of SPDX's, by its text.
func (b *builder) quoted(text string) []string {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(text))
	first, _, _ := strings.Cut(text, "\n")
	id := "LicenseRef-" + strings.Trim(slug(first[:min(len(first), 40)])+"-"+hex.EncodeToString(sum[:4]), "-")
	b.licences[id] = ExtractedLicence{ID: id, Text: text, Name: oneLine(first)}
	return []string{id}
}

// together are all of some licences, each once.
func together(all []string) string {
	var parts []string
	for _, e := range all {
		if !slices.Contains(parts, e) {
			parts = append(parts, e)
		}
	}
	slices.Sort(parts)
	for i, e := range parts {
		if len(parts) > 1 && strings.Contains(e, " OR ") {
			parts[i] = "(" + e + ")"
		}
	}
	return strings.Join(parts, " AND ")
}

// gnu is a licence of GNU's as Debian writes it.
var gnu = regexp.MustCompile(`^(A?GPL|LGPL|GFDL)-([0-9])(?:\.([0-9]))?(\+)?$`)

// debianLicence is what Debian's copyright file of a package names.
func (b *builder) debianLicence(names []string) (declared, comment string) {
	var all []string
	for _, name := range names {
		all = append(all, b.debianName(name))
	}
	return together(all), ""
}

// debianName is one of those names, such as "GPL-2+ or Artistic".
func (b *builder) debianName(name string) string {
	var choices []string
	for choice := range strings.SplitSeq(name, " or ") {
		var parts []string
		for part := range strings.SplitSeq(choice, " and ") {
			part = strings.TrimSpace(part)
			id := debianNames()[strings.ToLower(part)]
			if m := gnu.FindStringSubmatch(part); m != nil {
				minor := m[3]
				if minor == "" {
					minor = "0"
				}
				id = m[1] + "-" + m[2] + "." + minor + map[bool]string{true: "-or-later", false: "-only"}[m[4] != ""]
			}
			if known := expression(id); known != "" {
				parts = append(parts, known)
			} else if known := expression(part); known != "" {
				parts = append(parts, known)
			} else {
				parts = append(parts, b.quoted("Debian calls this licence \""+part+"\"; its text is in the copyright files below /usr/share/doc.")...)
			}
		}
		choices = append(choices, strings.Join(parts, " AND "))
	}
	if len(choices) > 1 {
		for i, c := range choices {
			if strings.Contains(c, " AND ") {
				choices[i] = "(" + c + ")"
			}
		}
	}
	return strings.Join(choices, " OR ")
}
