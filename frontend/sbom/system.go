package sbom

import (
	"net/mail"
	"regexp"
	"strings"

	"github.com/package-url/packageurl-go"
)

// distribution names the release for package URLs, such as "debian-12".
func (b *builder) release() string {
	id, version := b.inv.OS["ID"], b.inv.OS["VERSION_ID"]
	if version == "" {
		version = b.inv.OS["VERSION_CODENAME"]
	}
	return strings.Trim(id+"-"+version, "-")
}

// sourceRule is Debian's field Source: a name, and a version where it is another.
var sourceRule = regexp.MustCompile(`^(\S+)(?: \((\S+)\))?$`)

// debian adds the packages that dpkg knows.
func (b *builder) debian() {
	vendor := b.inv.OS["ID"]
	if vendor == "" {
		vendor = "debian"
	}
	given := map[string][]string{}
	packages := make([]*Package, len(b.inv.Debian))
	for i, s := range b.inv.Debian {
		f := s.Fields
		qualifiers := map[string]string{"arch": f["Architecture"], "distro": b.release()}
		p := Package{Name: oneLine(f["Package"]), Version: oneLine(f["Version"]), HomePage: claimedURL(f["Homepage"]), Summary: oneLine(f["Description"])}
		if m := sourceRule.FindStringSubmatch(f["Source"]); m != nil {
			qualifiers["upstream"] = m[1]
			if m[2] != "" {
				qualifiers["upstream"] += "@" + m[2]
			}
			p.SourceInfo = "built from the source package " + m[1]
		}
		p.Supplier = maintainer(f["Maintainer"])
		p.LicenceDeclared, p.LicenceComments = b.debianLicence(s.Licences)
		p.References = purls(packageurl.TypeDebian, vendor, p.Name, p.Version, qualifiers)
		packages[i] = b.add("Debian", p)
		b.shown(packages[i], s.Evidence)
		given[p.Name] = append(given[p.Name], packages[i].ID)
	}
	provided := map[string][]string{}
	for i, s := range b.inv.Debian {
		for clause := range strings.SplitSeq(s.Fields["Provides"], ",") {
			provided[debianName(clause)] = append(provided[debianName(clause)], packages[i].ID)
		}
	}
	for i, s := range b.inv.Debian {
		for clause := range strings.SplitSeq(s.Fields["Depends"]+","+s.Fields["Pre-Depends"], ",") {
			for choice := range strings.SplitSeq(clause, "|") {
				name := debianName(choice)
				ids := given[name]
				if len(ids) == 0 {
					ids = provided[name]
				}
				for _, id := range ids {
					if name != "" && id != packages[i].ID {
						b.relate(packages[i].ID, "DEPENDS_ON", id)
					}
				}
				if len(ids) > 0 {
					break
				}
			}
		}
	}
}

// debianName is the name in a clause such as "libc6:any (>= 2.34)".
func debianName(clause string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(clause), " ")
	name, _, _ = strings.Cut(name, ":")
	return name
}

// alpine adds the packages that apk knows. Its fields have one letter each.
func (b *builder) alpine() {
	given := map[string][]string{}
	packages := make([]*Package, len(b.inv.Alpine))
	for i, s := range b.inv.Alpine {
		f := s.Fields
		qualifiers := map[string]string{"arch": f["A"], "distro": b.release()}
		if f["o"] != "" && f["o"] != f["P"] {
			qualifiers["upstream"] = f["o"]
		}
		p := Package{Name: oneLine(f["P"]), Version: oneLine(f["V"]), HomePage: claimedURL(f["U"]), Summary: oneLine(f["T"]), Supplier: maintainer(f["m"])}
		p.LicenceDeclared, p.LicenceComments = b.declared(f["L"])
		p.References = purls(packageurl.TypeApk, "alpine", p.Name, p.Version, qualifiers)
		packages[i] = b.add("Alpine", p)
		b.shown(packages[i], s.Evidence)
		for _, name := range append(strings.Fields(f["p"]), p.Name) {
			given[alpineName(name)] = append(given[alpineName(name)], packages[i].ID)
		}
	}
	for i, s := range b.inv.Alpine {
		for _, name := range strings.Fields(s.Fields["D"]) {
			for _, id := range given[alpineName(name)] {
				if id != packages[i].ID {
					b.relate(packages[i].ID, "DEPENDS_ON", id)
				}
			}
		}
	}
}

// alpineName is the name in "so:libz.so.1=1.3" or "musl>=1.2".
func alpineName(text string) string {
	if i := strings.IndexAny(text, "=<>~"); i >= 0 {
		return text[:i]
	}
	return text
}

// maintainer is a maintainer, who is often many.
func maintainer(text string) string {
	kind, name := "Person", ""
	if address, err := mail.ParseAddress(text); err == nil {
		name = address.Name
	}
	for _, word := range []string{"Maintainers", "Team", "Group", "Developers", "Debian", "Ubuntu", "Packagers"} {
		if strings.Contains(name, word) {
			kind = "Organization"
		}
	}
	return party(kind, name, text)
}
