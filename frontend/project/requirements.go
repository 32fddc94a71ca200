package project

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// Requirements is a requirements file with those that it includes, after pip's
// documented format.
type Requirements struct {
	// Path is the file in the context.
	Path string
	// Entries are what to install, in the order of the files.
	Entries []RequirementLine
	// ConstraintEntries come from constraint files: they limit versions.
	ConstraintEntries []RequirementLine
	// Includes (-r) and Constraints (-c) are the paths of the files, relative
	// to the context, in the order of their first mention.
	Includes, Constraints []string
	// Options are the options that apply to all entries.
	Options []RequirementOption
	// EnvVars are the names of variables that the files refer to as ${NAME}.
	EnvVars []string

	texts       map[string][]byte            // by path
	constraints map[string][]RequirementLine // ConstraintEntries by name
}

// RequirementLine is one entry of a requirements file.
type RequirementLine struct {
	// Requirement has no name where the line does not say one.
	Requirement Requirement
	// Hashes are "algorithm:sum".
	Hashes   []string
	Location plan.Location
	Editable bool
	// LocalPath is a path relative to the context's root, as pip and uv take
	// them (not relative to the file).
	LocalPath string
	// VCS reports a repository, URL a direct reference to a server.
	VCS, URL bool
}

// RequirementOption is an option line, by its long name without dashes, such
// as index-url.
type RequirementOption struct {
	Name, Value string
	Location    plan.Location
}

// Files lists every file that was read, sorted: an install needs them all.
func (r *Requirements) Files() []string { return sortedKeys(r.texts) }

// Source is the text of a file, nil for one that is not part of it.
func (r *Requirements) Source(file string) []byte { return r.texts[file] }

// Option returns the values of an option.
func (r *Requirements) Option(name string) []string {
	var values []string
	for _, o := range r.Options {
		if o.Name == name {
			values = append(values, o.Value)
		}
	}
	return values
}

// AllHashed reports whether every entry that is not local has hashes, in the
// entry or in a constraint. It is false if there is no entry.
func (r *Requirements) AllHashed() bool {
	return len(r.Entries) > 0 && !slices.ContainsFunc(r.Entries, func(e RequirementLine) bool { return !r.hashed(e) })
}

// Unhashed are the entries without a hash.
func (r *Requirements) Unhashed() []RequirementLine {
	return slices.DeleteFunc(slices.Clone(r.Entries), r.hashed)
}

func (r *Requirements) hashed(e RequirementLine) bool {
	return e.LocalPath != "" || len(e.Hashes) > 0 ||
		slices.ContainsFunc(r.constraints[e.Requirement.Name], func(c RequirementLine) bool { return len(c.Hashes) > 0 })
}

var (
	exactClause = regexp.MustCompile(`^===?[^,*]+$`)
	commitHash  = regexp.MustCompile(`@[0-9a-f]{40}(#|$)`)
)

// Pinned reports whether every entry that is not local names one version: by
// ==, also in a constraint, by a commit, or by the hash of a URL.
func (r *Requirements) Pinned() bool {
	for _, e := range r.Entries {
		pinned := e.LocalPath != "" || exactClause.MatchString(e.Requirement.Specifier) ||
			(e.VCS && commitHash.MatchString(e.Requirement.URL)) || (e.URL && len(e.Hashes) > 0) ||
			slices.ContainsFunc(r.constraints[e.Requirement.Name], func(c RequirementLine) bool { return exactClause.MatchString(c.Requirement.Specifier) })
		if !pinned {
			return false
		}
	}
	return len(r.Entries) > 0
}

// withoutLocals writes the requirements out as one file, without what is
// installed from the context.
func (r *Requirements) withoutLocals() string {
	return r.write(func(e RequirementLine) bool { return e.LocalPath == "" })
}

// Only writes the requirements of some packages (normalised names) out as one
// file, with their hashes.
func (r *Requirements) Only(names []string) string {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	return r.write(func(e RequirementLine) bool { return e.LocalPath == "" && wanted[NormalizeName(e.Requirement.Name)] })
}

func (r *Requirements) write(take func(RequirementLine) bool) string {
	var text strings.Builder
	for _, o := range r.Options {
		text.WriteString(strings.TrimSuffix("--"+o.Name+" "+o.Value, " ") + "\n")
	}
	for _, e := range r.Entries {
		if !take(e) {
			continue
		}
		text.WriteString(e.Requirement.Raw)
		for _, h := range r.hashes(e) {
			text.WriteString(" --hash=" + h)
		}
		text.WriteString("\n")
	}
	return text.String()
}

// hashes are those of an entry, or of the constraints of its name.
func (r *Requirements) hashes(e RequirementLine) []string {
	all := slices.Clone(e.Hashes)
	for _, c := range r.constraints[e.Requirement.Name] {
		all = append(all, c.Hashes...)
	}
	return all
}

// checkHashes applies pip's rule that all entries have hashes if one has.
func (r *Requirements) checkHashes() error {
	required := len(r.Option("require-hashes")) > 0 ||
		slices.ContainsFunc(r.Entries, func(e RequirementLine) bool { return len(e.Hashes) > 0 })
	if !required {
		return nil
	}
	for _, e := range r.Entries {
		if r.hashed(e) {
			continue
		}
		hint := "add its --hash, or write the file with `uv pip compile --generate-hashes` or `pip-compile --generate-hashes`"
		if e.VCS {
			hint = "a repository cannot have one: take the package from an index, or remove all hashes"
		}
		return &diag.Error{Code: "PB116", At: e.Location, Source: r.texts[e.Location.File], Hint: hint,
			Message: "other requirements have hashes, but " + e.text() + " has none"}
	}
	return nil
}

func (e RequirementLine) text() string {
	if e.Requirement.Name == "" {
		return diag.MaskText(e.Requirement.Raw)
	}
	return e.Requirement.String()
}

// ParseRequirements reads a requirements file of the context and those that it
// includes. What it could read is there even if there is an error.
func ParseRequirements(fsys fs.FS, name string) (*Requirements, error) {
	r := &Requirements{Path: name, texts: map[string][]byte{}, constraints: map[string][]RequirementLine{}}
	fsys = Bounded(fsys)
	p := reqParser{fsys: fsys, out: r, seen: map[reqVisit]bool{}}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return r, Unreadable(name, err)
	}
	p.file(name, data, false)
	slices.Sort(r.EnvVars)
	r.EnvVars = slices.Compact(r.EnvVars)
	return r, hideCredentials(errors.Join(p.errs...))
}

// reqVisit is a file in one of its two roles.
type reqVisit struct {
	path       string
	constraint bool
}

type reqParser struct {
	fsys fs.FS
	out  *Requirements
	seen map[reqVisit]bool
	errs []error
}

// file reads one file. A file that was read in the same role before adds
// nothing, which also ends cycles.
func (p *reqParser) file(name string, data []byte, constraint bool) {
	if visit := (reqVisit{name, constraint}); p.seen[visit] {
		return
	} else {
		p.seen[visit] = true
	}
	p.out.texts[name] = data
	if wrong := diag.Encoding(name, data); wrong != nil {
		p.errs = append(p.errs, wrong)
		return
	}
	if conflict := diag.Conflict(name, data); conflict != nil {
		p.errs = append(p.errs, conflict)
		return
	}
	for _, line := range reqLines(data) {
		at := plan.Location{File: name, Start: plan.Position{Line: line.first, Column: line.column}, End: plan.Position{Line: line.end, Column: line.endColumn}}
		if len(line.text) > maxReqLine {
			p.fail("PB704", at, limitHint, fmt.Sprintf("a requirement of more than %d bytes is no tool's", maxReqLine))
			continue
		}
		if n := len(p.out.Entries) + len(p.out.ConstraintEntries); n >= 2*maxListed {
			p.errs = append(p.errs, tooMany(at, data, "requirement", n+1))
			return
		}
		p.line(at, line, constraint)
	}
}

func (p *reqParser) fail(code string, at plan.Location, hint, message string) {
	p.errs = append(p.errs, &diag.Error{Code: code, At: at, Source: p.out.texts[at.File], Message: message, Hint: hint})
}

// maxReqLine is how long a requirement with its hashes may be: some have hundreds.
const maxReqLine = 1 << 20

func (p *reqParser) line(at plan.Location, line reqLine, constraint bool) {
	if diag.HasCredential(line.text) {
		p.errs = append(p.errs, credentialMistake(at, p.out.texts[at.File], loginHint(line.text)))
		return
	}
	for _, m := range envVar.FindAllStringSubmatch(line.text, -1) {
		p.out.EnvVars = append(p.out.EnvVars, m[1])
	}
	requirement, options, unknown := splitOptions(line.text)
	if unknown != "" {
		p.fail("PB115", at, "options of requirements files are in pip's documentation", "pip knows no option "+unknown+" in a requirements file")
		return
	}
	if requirement != "" {
		p.entry(at, requirement, options, false, constraint)
		return
	}
	for i, o := range options {
		switch o.name {
		case "requirement", "constraint":
			p.include(at, o.value, o.name == "constraint" || constraint)
		case "editable":
			p.entry(at, o.value, options[i+1:], true, constraint)
			return
		case "hash":
			p.fail("PB115", at, "join it to the requirement's line with a backslash at the end of the line before", "--hash belongs to a requirement")
			return
		default:
			p.out.Options = append(p.out.Options, RequirementOption{o.name, o.value, at})
		}
	}
}

// include reads the file of -r or -c, whose path is relative to the file that
// includes it.
func (p *reqParser) include(at plan.Location, target string, constraint bool) {
	what, list := "requirements file", &p.out.Includes
	if constraint {
		what, list = "constraints file", &p.out.Constraints
	}
	if strings.Contains(target, "://") || envVar.MatchString(target) {
		p.fail("PB113", at, "copy the file into the project", "a "+what+" that is not in the build context cannot be included")
		return
	}
	joined := path.Join(path.Dir(at.File), strings.ReplaceAll(target, `\`, "/"))
	if target == "" || path.IsAbs(target) || !fs.ValidPath(joined) || strings.ContainsFunc(joined, notInPath) {
		p.fail("PB113", at, "move the file into the project", "the "+what+" "+target+" is not in the build context")
		return
	}
	data, err := fs.ReadFile(p.fsys, joined)
	var limit *diag.Error
	if errors.As(err, &limit) {
		p.fail(limit.Code, at, limit.Hint, limit.Message)
		return
	}
	if err != nil {
		p.fail("PB113", at, "check its name, and that .dockerignore does not exclude it", "cannot read the "+what+" "+joined)
		return
	}
	if !slices.Contains(*list, joined) {
		*list = append(*list, joined)
	}
	p.file(joined, data, constraint)
}
