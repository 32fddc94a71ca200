package sbom

import (
	"encoding/json"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// python adds the installed distributions, and what they need of each other.
func (b *builder) python() {
	dists := slices.Clone(b.inv.Distributions)
	for i := range dists {
		dists[i].identify()
	}
	slices.SortStableFunc(dists, func(x, y Distribution) int {
		return strings.Compare(project.NormalizeName(x.Name)+" "+x.Evidence.Path, project.NormalizeName(y.Name)+" "+y.Evidence.Path)
	})
	installed := map[string][]string{} // ids by name
	packages := make([]*Package, len(dists))
	for i, d := range dists {
		packages[i] = b.distribution(d)
		name := project.NormalizeName(d.Name)
		installed[name] = append(installed[name], packages[i].ID)
		b.shown(packages[i], d.Evidence)
	}
	owner := imageID
	if b.img.Copied {
		owner = b.add("Project", Package{Name: b.img.Name, Version: b.img.Version, Purpose: "APPLICATION",
			SourceInfo: "files of the build context"}).ID
	}
	b.depend(dists, packages, installed, owner)
}

// identify cleans what a distribution is called. One that says nothing is called as its
// directory is: it is there all the same.
func (d *Distribution) identify() {
	d.Name, d.Version = oneLine(d.Name), oneLine(d.Version)
	if project.NormalizeName(d.Name) != "" {
		return
	}
	dir := strings.TrimSuffix(strings.TrimSuffix(d.Evidence.Path, "/METADATA"), "/PKG-INFO")
	dir = strings.TrimSuffix(strings.TrimSuffix(path.Base(dir), ".dist-info"), ".egg-info")
	name, version, _ := strings.Cut(dir, "-")
	d.Name = oneLine(name)
	if d.Version == "" {
		d.Version = oneLine(version)
	}
}

// distribution adds one distribution.
func (b *builder) distribution(d Distribution) *Package {
	name := project.NormalizeName(d.Name)
	p := Package{Name: d.Name, Version: d.Version, Summary: oneLine(d.Summary), Originator: party("Person", d.Author, d.AuthorEmail),
		HomePage: claimedURL(d.HomePage), Purpose: "LIBRARY"}
	p.LicenceDeclared, p.LicenceComments = b.pythonLicence(d)
	for _, u := range d.URLs {
		label, link, _ := strings.Cut(u, ",")
		if label = strings.ToLower(strings.TrimSpace(label)); p.HomePage == "" && (label == "homepage" || label == "home" || label == "source" || label == "repository") {
			p.HomePage = claimedURL(link)
		}
	}
	qualifiers := map[string]string{}
	source := b.img.Sources[name]
	// What the base has is not from the lock, though it has the name.
	if !strings.HasPrefix(d.Evidence.Path, b.img.Prefix+"/") {
		source = Source{}
	}
	if source.URL == "" && source.Local == "" {
		source = directSource(d.DirectURL)
	}
	switch {
	case source.Local != "":
		p.SourceInfo = "built from " + source.Local + " of the build context"
	case source.Commit != "":
		at, _, _ := strings.Cut(webURL(source.URL), "#")
		if at, _, _ = strings.Cut(at, "?"); at != "" {
			p.Location = source.VCS + "+" + at + "@" + source.Commit
			if source.Subdirectory != "" {
				p.Location += "#" + (&url.URL{Fragment: source.Subdirectory}).EscapedFragment()
			}
			qualifiers["vcs_url"] = source.VCS + "+" + at + "@" + source.Commit
		} else {
			p.SourceInfo = "built from a repository at the commit " + source.Commit
		}
	case source.URL != "":
		p.Location, p.File = webURL(source.URL), source.File
		if p.File == "" {
			p.File = path.Base(p.Location)
		}
		if index := webURL(source.Index); index != "" {
			qualifiers["repository_url"] = index
		}
	}
	for _, algorithm := range []string{"sha256", "sha512", "sha384"} {
		if sum := strings.ToLower(source.Hashes[algorithm]); project.CheckSum(algorithm, sum) == nil {
			p.Checksums = append(p.Checksums, checksum{strings.ToUpper(algorithm), sum})
		}
	}
	p.References = purls(packageurl.TypePyPi, "", name, p.Version, qualifiers)
	return b.add("Python", p)
}

// commit is a revision of any system.
var commit = regexp.MustCompile(`^[0-9A-Za-z._-]{1,100}$`)

// directSource reads a direct_url.json (PEP 610), which what the base has may have.
func directSource(text string) Source {
	var said struct {
		URL          string `json:"url"`
		Subdirectory string `json:"subdirectory"`
		VCS          struct {
			VCS    string `json:"vcs"`
			Commit string `json:"commit_id"`
		} `json:"vcs_info"`
		Archive struct {
			Hashes map[string]string `json:"hashes"`
		} `json:"archive_info"`
	}
	if json.Unmarshal([]byte(text), &said) != nil || claimedURL(said.URL) == "" {
		return Source{}
	}
	if !slices.Contains([]string{"git", "hg", "svn", "bzr"}, said.VCS.VCS) || !commit.MatchString(said.VCS.Commit) || len(said.Subdirectory) > longestURL {
		said.VCS.VCS, said.VCS.Commit, said.Subdirectory = "", "", ""
	}
	return Source{URL: said.URL, Hashes: said.Archive.Hashes, Commit: said.VCS.Commit, VCS: said.VCS.VCS, Subdirectory: said.Subdirectory}
}

// depend relates packages to what they need on this platform. Extras are those that
// somebody in the image asks for.
func (b *builder) depend(dists []Distribution, packages []*Package, installed map[string][]string, owner string) {
	env := project.Environment{Python: b.inv.Python.Version, Machine: project.Machine(b.img.Architecture)}
	if env.Python == "" {
		env.Python = b.img.Python
	}
	extras := map[string][]string{}
	ask := func(r project.Requirement) (more bool) {
		for _, e := range r.Extras {
			if !slices.Contains(extras[r.Name], e) {
				extras[r.Name], more = append(extras[r.Name], e), true
			}
		}
		return more
	}
	wants := make([][]project.Requirement, len(dists))
	for i, d := range dists {
		for _, text := range d.Requires {
			if r, err := project.ParseRequirement(text); err == nil {
				wants[i] = append(wants[i], r)
			}
		}
	}
	var own []project.Requirement
	for _, r := range b.img.Requires {
		if r.Name != "" && env.Holds(r.Marker, nil) {
			own = append(own, r)
			ask(r)
		}
	}
	for more := true; more; {
		more = false
		for i, d := range dists {
			for _, r := range wants[i] {
				if env.Holds(r.Marker, extras[project.NormalizeName(d.Name)]) && ask(r) {
					more = true
				}
			}
		}
	}
	link := func(from string, r project.Requirement) {
		for _, to := range installed[r.Name] {
			if to != from {
				b.relate(from, "DEPENDS_ON", to)
			}
		}
	}
	for i, d := range dists {
		for _, r := range wants[i] {
			if env.Holds(r.Marker, extras[project.NormalizeName(d.Name)]) {
				link(packages[i].ID, r)
			}
		}
	}
	for _, r := range own {
		link(owner, r)
	}
}

// oneLine is a text without line ends and what nobody sees, and not of any length.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 500 {
		text = string(runes[:500])
	}
	return plan.Printable(text)
}
