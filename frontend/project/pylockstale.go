package project

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
)

// listed is a requirement that a pylock.toml has to fit.
type listed struct {
	Requirement
	// list says where it stands, for people; source is the text of that file, again the
	// command that locks it.
	list, again string
	source      []byte
	// limit reports a constraint: what is not installed need not fit it.
	limit bool
	// local reports what is installed from the context, omitted that the lock may leave it out.
	local, omitted bool
}

// pylockSources reads what pylock.toml was made of, to compare it for each platform. The
// format says nothing of what was asked for, and so less can be told than of other locks: not
// what was removed, nor an extra of a package that was added. A lock that the configuration
// names is taken as it is, and so is one that says nothing of its source while more than one
// file can be it.
func (f *Facts) pylockSources(fsys fs.FS) {
	o := originOf(fsys, f.Pylock)
	if !o.known {
		o.guess(fsys, f.Pyproject)
	}
	o.overridden(fsys, f.Pyproject)
	if o.unclear {
		return
	}
	for _, file := range o.files {
		if path.Base(file) == PyprojectFile {
			f.pylockListed = append(f.pylockListed, o.ofPyproject(f, file)...)
		} else {
			f.pylockListed = append(f.pylockListed, o.ofRequirements(fsys, file, f.Pylock.CreatedBy)...)
		}
	}
	f.pylockListed = slices.DeleteFunc(f.pylockListed, func(l listed) bool {
		return l.Name == "" || o.omitted[l.Name] || slices.Contains([]string{"pip", "setuptools", "wheel", "distribute"}, l.Name)
	})
	if !o.known {
		f.doubtful()
	}
}

// doubtful leaves a file alone that most of a lock does not come from: it is rather another
// list, as of tools.
func (f *Facts) doubtful() {
	var here, there int
	byName := f.Pylock.byName()
	for _, l := range f.pylockListed {
		if m, err := parseMarker(l.Marker); l.limit || err == nil && m.neverOnLinux() {
			continue
		}
		there++
		if len(byName[l.Name]) > 0 {
			here++
		}
	}
	if 2*here >= there {
		return
	}
	at := f.pylockListed[0].At
	f.unusedFile(at.File, "lock again: "+f.pylockListed[0].again, at.File+" is not used, since "+f.InputFile+" is there, which has little of it")
	f.pylockListed = nil
}

// ofPyproject are the requirements of the root's pyproject.toml.
func (o *pylockOrigin) ofPyproject(f *Facts, file string) []listed {
	p := f.Pyproject
	if p == nil || file != PyprojectFile {
		return nil
	}
	var all []listed
	add := func(list string, requirements []Requirement) {
		for _, r := range requirements {
			if r.Name == NormalizeName(p.Name) {
				continue // its own extras
			}
			l := listed{Requirement: r, list: list, again: o.again(f.Pylock.CreatedBy, file), source: p.File.Data}
			for _, s := range p.Sources[r.Name] {
				l.local = l.local || s.Kind == SourcePath || s.Kind == SourceWorkspace
			}
			l.omitted = l.local && o.noLocals
			all = append(all, l)
		}
	}
	if !p.IsDynamic("dependencies") {
		add("project.dependencies", p.Dependencies)
	}
	for _, extra := range sortedKeys(p.Optional) {
		if (o.allExtras || slices.Contains(o.extras, extra)) && !p.IsDynamic("optional-dependencies") {
			add("project.optional-dependencies."+extra, p.Optional[extra])
		}
	}
	for _, group := range o.groups {
		if requirements, err := p.Group(group); err == nil {
			add("dependency-groups."+group, requirements)
		}
	}
	return all
}

// ofRequirements are the entries of a requirements file with those that it includes. One that
// cannot be read has no part in the build, and is no reason to fail.
func (o *pylockOrigin) ofRequirements(fsys fs.FS, file, createdBy string) []listed {
	r, err := ParseRequirements(fsys, file)
	if err != nil {
		return nil
	}
	var all []listed
	add := func(entries []RequirementLine, limit bool) {
		for _, e := range entries {
			l := listed{Requirement: e.Requirement, list: e.Location.File, again: o.again(createdBy, file), source: r.Source(e.Location.File),
				limit: limit, local: e.LocalPath != ""}
			l.At, l.omitted = e.Location, l.local && o.noLocals
			all = append(all, l)
		}
	}
	add(r.Entries, false)
	add(r.ConstraintEntries, true)
	return all
}

// CheckPylock compares pylock.toml with what it was made of, as far as that is asked for in an
// environment. To call a good lock stale is worse than to miss a change, so what is not certain
// fits.
func (f *Facts) CheckPylock(e Environment, s Selection) error {
	if len(f.pylockListed) == 0 {
		return nil
	}
	c := pylockComparison{lock: f.Pylock, file: f.InputFile, environment: e, byName: map[string][]int{},
		extras: normalNames(s.Extras), groups: append(normalNames(s.Groups), normalNames(f.Pylock.DefaultGroups)...)}
	for i, p := range f.Pylock.Packages {
		c.byName[p.Name] = append(c.byName[p.Name], i)
	}
	var errs []error
	for _, l := range f.pylockListed {
		if problem := c.problem(l); problem != "" {
			errs = append(errs, &diag.Error{Code: "PB106", At: l.At, Source: l.source, Message: problem,
				Hint: "run `" + l.again + "` and commit " + f.InputFile +
					";\nto install the lock as it is write input = \"" + f.InputFile + "\" in [build]"})
		}
	}
	return errors.Join(errs...)
}

// pylockComparison compares a lock for one environment.
type pylockComparison struct {
	lock        *Pylock
	file        string
	environment Environment
	// extras and groups are those that are installed.
	extras, groups []string
	byName         map[string][]int // indexes of packages
}

// problem says what of a requirement the lock does not fit; "" if it fits.
func (c pylockComparison) problem(l listed) string {
	if !c.surely(l.Marker) {
		return ""
	}
	var here []int
	for _, i := range c.byName[l.Name] {
		if !c.never(c.lock.Packages[i].Marker) {
			here = append(here, i)
		}
	}
	switch {
	case len(here) == 0 && (l.limit || l.omitted):
		return ""
	case len(here) == 0 && len(c.byName[l.Name]) > 0:
		return fmt.Sprintf("%q is in %s, but %s has it for other environments or groups only", l.Name, l.list, c.line(c.byName[l.Name][0]))
	case len(here) == 0:
		return fmt.Sprintf("%q is in %s, but not in %s", l.Name, l.list, c.line(0))
	case l.local:
		return ""
	case l.URL != "":
		return c.source(l, here)
	}
	constraint, err := parseConstraint(l.Specifier)
	if err != nil {
		return ""
	}
	for _, i := range here {
		if p := c.lock.Packages[i]; p.Version == "" || p.VCS != nil || p.Directory != nil || p.Archive != nil || constraint.allowsText(p.Version) {
			return ""
		}
	}
	return fmt.Sprintf("%q in %s asks for %q, but %s has %s", l.Name, l.list, l.Specifier, c.line(here[0]), c.lock.Packages[here[0]].Version)
}

// source compares a direct reference.
func (c pylockComparison) source(l listed, here []int) string {
	if l.limit || envVar.MatchString(l.URL) {
		return ""
	}
	for _, i := range here {
		if p := c.lock.Packages[i]; !otherSource(l.URL, p) {
			return ""
		}
	}
	return fmt.Sprintf("%q in %s comes from %s, but %s has it from elsewhere", l.Name, l.list, diag.MaskText(l.URL), c.line(here[0]))
}

// otherSource reports that a package is certainly not what a URL is.
func otherSource(url string, p PylockPackage) bool {
	switch {
	case vcsURL.MatchString(url) && p.VCS != nil:
		location, _, _ := strings.Cut(url, "#")
		_, ref := splitGitRef(strings.TrimPrefix(location, "git+"))
		return ref != "" && p.VCS.RequestedRevision != "" && ref != p.VCS.RequestedRevision && !strings.HasPrefix(p.VCS.CommitID, ref)
	case vcsURL.MatchString(url):
		return len(p.Wheels) > 0 || p.Sdist != nil
	}
	return p.Archive != nil && p.Archive.URL != "" && urlFileName(p.Archive.URL) != urlFileName(url)
}

// line is where a package stands.
func (c pylockComparison) line(i int) string {
	if len(c.lock.Packages) == 0 {
		return c.file
	}
	return c.file + ":" + strconv.Itoa(c.lock.File.At("packages", itoa(i), "name").Start.Line)
}

// surely reports that a marker holds, whatever is not known.
func (c pylockComparison) surely(text string) bool {
	m, err := parseMarker(text)
	return err == nil && m.withExtras(nil).decide(c.environment.known).kind == markerTrue
}

// never reports that the marker of a package does not hold, whatever is not known.
func (c pylockComparison) never(text string) bool {
	m, err := parseMarker(text)
	return err == nil && m.decide(c.selected).decide(c.environment.known).never()
}

// selected decides what a marker asks of extras and groups (PEP 751).
func (c pylockComparison) selected(m marker) (result, ok bool) {
	chosen := c.extras
	switch m.name {
	case "extras":
	case "dependency_groups":
		chosen = c.groups
	default:
		return false, false
	}
	return slices.Contains(chosen, NormalizeName(m.value)) == (m.op == "in reversed"), m.op == "in reversed" || m.op == "not in reversed"
}

// known decides a comparison with what is certain of an environment.
func (e Environment) known(m marker) (result, ok bool) {
	_, ok = linuxValue(m.name)
	switch m.name {
	case "python_version":
		ok = e.Python != ""
	case "python_full_version":
		ok = strings.Count(e.Python, ".") > 1
	case "platform_machine", "platform.machine":
		ok = e.Machine != ""
	}
	return ok && e.compare(m), ok
}
