package migrate

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

func itoa(n int) string { return strconv.Itoa(n) }

// depend says what is installed, by the files of the project.
func (f *found) depend() {
	d := &f.deps
	if chosen, ok := f.input(d.files); ok {
		f.maybe("build", "input", chosen.text, chosen.at)
		for _, c := range d.constraints {
			if r, err := project.ParseRequirements(f.fsys, chosen.text); err == nil && !slices.Contains(r.Constraints, c.text) {
				f.ask(c.at, "-c "+c.text, "write the line -c %s into %s", c.text, chosen.text)
			}
		}
	} else if n := len(d.tools); n > 0 && f.exists(d.tools[n-1].text) {
		f.maybe("build", "input", d.tools[n-1].text, d.tools[n-1].at)
	} else if n == 0 && d.project.text != "" && f.exists(project.PyprojectFile) {
		f.maybe("build", "input", project.PyprojectFile, d.project.at)
	}
	for _, m := range d.made {
		if len(d.tools) == 0 && len(d.files) == 0 {
			f.ask(m.at, "-r "+m.text, "the context has no such file, and no step makes it: write it, or a pyproject.toml with a lock")
		} else {
			f.leave(m.at, "-r "+m.text, "it is made of a lock, which pybuild reads itself")
		}
	}
	for _, g := range d.groups {
		f.add("build", "groups", g.text, g.at)
	}
	for _, e := range d.extras {
		f.add("build", "extras", e.text, e.at)
	}
	if d.pkg.text != "" {
		f.maybe("build", "package", d.pkg.text, d.pkg.at)
	}
	switch root := f.installsRoot(); {
	case d.project.text != "":
		f.maybe("build", "project", "install", d.project.at)
	case len(d.uses) > 0 && !d.synced && !root:
		f.maybe("build", "project", "copy", d.uses[len(d.uses)-1].at)
	}
}

// installsRoot reports whether the requirements name the project itself.
func (f *found) installsRoot() bool {
	for _, file := range f.deps.files {
		r, err := project.ParseRequirements(f.fsys, file.text)
		if err == nil && slices.ContainsFunc(r.Entries, func(e project.RequirementLine) bool { return e.LocalPath != "" && path.Clean(e.LocalPath) == "." }) {
			return true
		}
	}
	return false
}

var developing = regexp.MustCompile(`(?i)dev|test|lint|docs`)

// input is the one requirements file that has all others in it.
func (f *found) input(files []use) (use, bool) {
	var once []use
	for _, u := range files {
		if !slices.ContainsFunc(once, func(o use) bool { return o.text == u.text }) {
			once = append(once, u)
		}
	}
	if len(once) == 0 {
		return use{}, false
	}
	// The one that includes most of the others, and rather none for developers.
	var chosen use
	var has []string
	best := -1
	for _, u := range once {
		r, err := project.ParseRequirements(f.fsys, u.text)
		if err != nil {
			continue // reading the project reports it
		}
		n := 0
		for _, o := range once {
			if slices.Contains(r.Includes, o.text) {
				n++
			}
		}
		if n == len(once)-1 {
			n += len(once)
		}
		if !developing.MatchString(path.Base(u.text)) {
			n += len(once)
		}
		if n > best {
			chosen, has, best = u, r.Includes, n
		}
	}
	if best < 0 {
		return once[0], true
	}
	for _, u := range once {
		switch {
		case u.text == chosen.text:
		case slices.Contains(has, u.text):
			f.leave(u.at, "-r "+u.text, "%s includes it", chosen.text)
		default:
			f.ask(u.at, "-r "+u.text, "one file says what is installed, which is %s: write the line -r %s into it, where the image needs that", chosen.text, relative(path.Dir(chosen.text), u.text))
		}
	}
	return chosen, true
}

func relative(dir, name string) string {
	if rest, ok := strings.CutPrefix(name, dir+"/"); ok {
		return rest
	}
	if dir == "." {
		return name
	}
	return strings.Repeat("../", strings.Count(dir, "/")+1) + name
}

// require is the requirements.txt of a project that has no file of its own for it. Into
// one that it has nothing is written: what it lacks is to do, and planned as if it were done.
func (f *found) require(p *proposed) string {
	named := map[string]bool{}
	if p.in.Resolved != nil {
		for _, pkg := range p.in.Resolved.Install {
			named[pkg.Name] = true
		}
	}
	facts := p.in.Facts
	writes := facts.Input == project.InputNone
	var lines []string
	for _, u := range f.deps.requirements {
		name := project.NormalizeName(reqName.FindString(u.text))
		if head, _, isURL := strings.Cut(u.text, "://"); isURL && !strings.Contains(head, "@") {
			name = u.text
		}
		switch {
		case diag.HasCredential(u.text):
			f.ask(u.at, u.text, "a requirement with a credential is not carried over: revoke it, write the requirement without, and pass a new one as the secret netrc")
			continue
		case named[name] && !strings.HasPrefix(u.text, "."):
			f.leave(u.at, u.text, "%s has it", facts.InputFile)
			continue
		}
		named[name] = true
		lines = append(lines, u.text)
		if writes {
			f.leave(u.at, u.text, "it stands in the requirements.txt that is written")
			continue
		}
		do := "uv add " + shellQuote(u.text)
		switch facts.Input {
		case project.InputRequirements:
			do = "write it into " + facts.InputFile
			if facts.Requirements.AllHashed() {
				do = "write it into what " + facts.InputFile + " is compiled from, and compile it"
			}
		case project.InputPoetry:
			do = "poetry add " + shellQuote(u.text)
		case project.InputPDM:
			do = "pdm add " + shellQuote(u.text)
		case project.InputPipfile:
			do = "pipenv install " + shellQuote(u.text)
		}
		f.ask(u.at, u.text, "the project does not list it: %s", do)
	}
	options := f.indexes(p, writes && len(lines) > 0)
	if len(lines) == 0 {
		return ""
	}
	text := strings.Join(append(options, lines...), "\n") + "\n"
	switch {
	case writes:
		p.fsys = overlay{p.fsys, project.RequirementsFile, []byte(text)}
		return text
	case facts.Input == project.InputRequirements && !facts.Requirements.AllHashed():
		data, err := fs.ReadFile(p.fsys, facts.InputFile)
		if err == nil {
			p.fsys = overlay{p.fsys, facts.InputFile, append(append(data, '\n'), text...)}
		}
	}
	return ""
}

// known leaves out the system's packages that pybuild knows a Python package to need.
func (f *found) known(p *proposed) {
	build, runtime := planner.Brings(p.in)
	leave := func(table string, brought map[string]string) {
		for _, name := range slices.Clone(f.list(table, "packages")) {
			if by := brought[name]; by != "" {
				f.leave(f.placeOf(table, "packages", name), name, "it comes by itself where %s needs it, as pybuild knows", by)
				f.remove(table, "packages", name)
			}
		}
	}
	leave("build", build)
	leave("runtime", runtime)
}
