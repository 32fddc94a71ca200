package project

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"

	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// Pyproject is what a pyproject.toml says about the package and its
// dependencies (PEP 518, 621, 735 and uv's own table).
type Pyproject struct {
	// File is the file itself; its Name is the path in the context.
	File *tomlfile.File
	// HasProject reports that there is a [project] table (PEP 621).
	HasProject bool
	// HasPoetry reports that there is a [tool.poetry] table, in which Poetry
	// before 2.0 keeps what is now [project].
	HasPoetry bool
	// Name is the project's name as written.
	Name string
	// Version is "" if it is dynamic.
	Version string
	// RequiresPython is project.requires-python as written.
	RequiresPython string
	// Dependencies is project.dependencies.
	Dependencies []Requirement
	// Optional is project.optional-dependencies, by normalised extra.
	Optional map[string][]Requirement
	// Groups are the dependency groups (PEP 735), by normalised name. "dev"
	// includes the legacy tool.uv.dev-dependencies, as for uv.
	Groups map[string][]GroupItem
	// Scripts are console and GUI entry points.
	Scripts map[string]string
	// Dynamic is project.dynamic: what the build backend fills in.
	Dynamic []string
	// HasBuildSystem reports a [build-system] table (PEP 518), BuildBackend
	// and BuildRequires are what it says.
	HasBuildSystem bool
	BuildBackend   string
	BuildRequires  []string
	// Package is tool.uv.package; nil if not said.
	Package *bool
	// Managed is tool.uv.managed, by default true.
	Managed bool
	// DefaultGroups is tool.uv.default-groups, by default ["dev"].
	DefaultGroups []string
	// Sources is tool.uv.sources, by normalised name.
	Sources map[string][]Source
	// Indexes are the package indexes of tool.uv.
	Indexes []Index
	// Workspace is tool.uv.workspace; nil if there is none.
	Workspace *Workspace
}

// Workspace is tool.uv.workspace: glob patterns of directories.
type Workspace struct {
	Members []string `toml:"members"`
	Exclude []string `toml:"exclude"`
}

// IsPackage reports whether the project itself is built and installed. It is
// uv's rule: tool.uv.package if set, else whether there is a [build-system];
// and Poetry's and PDM's keys for a project that is none.
func (p *Pyproject) IsPackage() bool {
	if p.Package != nil {
		return *p.Package
	}
	for _, key := range [][]string{{"tool", "poetry", "package-mode"}, {"tool", "pdm", "distribution"}} {
		if value, ok := p.File.Value(key...); ok && value == false {
			return false
		}
	}
	return p.HasBuildSystem
}

// IsDynamic reports whether the build backend fills in a field of [project]
// (PEP 621, dynamic).
func (p *Pyproject) IsDynamic(field string) bool { return slices.Contains(p.Dynamic, field) }

// ParsePyproject reads a pyproject.toml; name is what messages call it.
func ParsePyproject(name string, data []byte) (*Pyproject, error) {
	file, err := tomlfile.Parse(name, data)
	if err != nil {
		return nil, err
	}
	p := &Pyproject{File: file, Managed: true, HasProject: file.Has("project"), HasPoetry: file.Has("tool", "poetry"), HasBuildSystem: file.Has("build-system")}
	err = errors.Join(p.readProject(), p.readBuildSystem(), p.readGroups(), p.readUV())
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Pyproject) readProject() error {
	var project struct {
		Name           string              `toml:"name"`
		Version        string              `toml:"version"`
		RequiresPython string              `toml:"requires-python"`
		Dependencies   []string            `toml:"dependencies"`
		Optional       map[string][]string `toml:"optional-dependencies"`
		Scripts        map[string]string   `toml:"scripts"`
		GUIScripts     map[string]string   `toml:"gui-scripts"`
		Dynamic        []string            `toml:"dynamic"`
	}
	if err := p.File.Decode(&project, "project"); err != nil {
		return err
	}
	p.Name, p.Version, p.Dynamic = project.Name, project.Version, project.Dynamic
	p.Name, p.Version = p.orPoetry(p.Name, "name"), p.orPoetry(p.Version, "version")
	p.RequiresPython = project.RequiresPython
	p.Scripts = map[string]string{}
	maps.Copy(p.Scripts, project.GUIScripts)
	maps.Copy(p.Scripts, project.Scripts)

	var errs []error
	if p.Name != "" && !nameRule.MatchString(p.Name) {
		errs = append(errs, mistake("PB103", p.File, p.File.At("project", "name"), "use letters, digits, '.', '-' and '_'",
			"project.name %q is not a valid name", p.Name))
	}
	if _, err := parsePythonRange(p.RequiresPython); err != nil {
		errs = append(errs, mistake("PB105", p.File, p.File.At("project", "requires-python"), "write a range such as \">=3.12\"",
			"project.requires-python: %v", err))
	}
	var err error
	p.Dependencies, err = p.parseList(project.Dependencies, "project", "dependencies")
	errs = append(errs, err)
	p.Optional = map[string][]Requirement{}
	for _, extra := range p.File.Keys("project", "optional-dependencies") {
		list, err := p.parseList(project.Optional[extra], "project", "optional-dependencies", extra)
		errs = append(errs, err)
		name := NormalizeName(extra)
		p.Optional[name] = append(p.Optional[name], list...)
	}
	return errors.Join(errs...)
}

// orPoetry is a value of [project], or else of [tool.poetry].
func (p *Pyproject) orPoetry(value, key string) string {
	if other, ok := p.File.Value("tool", "poetry", key); ok && value == "" {
		value, _ = other.(string)
	}
	return value
}

// parseList parses the requirements of the list at path.
func (p *Pyproject) parseList(list []string, path ...string) ([]Requirement, error) {
	var errs []error
	var rs []Requirement
	for i, text := range list {
		r, err := p.parseOne(text, append(slices.Clone(path), strconv.Itoa(i))...)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rs = append(rs, r)
	}
	return rs, errors.Join(errs...)
}

func (p *Pyproject) parseOne(text string, path ...string) (Requirement, error) {
	r, err := ParseRequirement(text)
	r.At = p.File.At(path...)
	if err != nil {
		return r, mistake("PB103", p.File, r.At, requirementHint(text, "\"httpx>=0.27\""), "not a valid requirement: %v", err)
	}
	return r, nil
}

func (p *Pyproject) readBuildSystem() error {
	var build struct {
		Backend  string   `toml:"build-backend"`
		Requires []string `toml:"requires"`
	}
	err := p.File.Decode(&build, "build-system")
	p.BuildBackend, p.BuildRequires = build.Backend, build.Requires
	return err
}

// requirements returns every requirement of the file.
func (p *Pyproject) requirements() []Requirement {
	all := slices.Clone(p.Dependencies)
	for _, extra := range sortedKeys(p.Optional) {
		all = append(all, p.Optional[extra]...)
	}
	for _, group := range sortedKeys(p.Groups) {
		for _, item := range p.Groups[group] {
			if item.Include == "" {
				all = append(all, item.Requirement)
			}
		}
	}
	return all
}

func (f *Facts) readPyproject(fsys fs.FS) error {
	p, err := readPyproject(fsys, PyprojectFile)
	f.Pyproject = p
	return err
}

func readPyproject(fsys fs.FS, name string) (*Pyproject, error) {
	data, err := readFile(fsys, name)
	if data == nil {
		return nil, err
	}
	return ParsePyproject(name, data)
}

// readMembers reads the pyproject.toml of every local package of the lock that
// is in the context.
func (f *Facts) readMembers(fsys fs.FS) error {
	if f.Lock == nil {
		return nil
	}
	var errs []error
	for _, pkg := range f.Lock.Packages {
		dir, ok := pkg.Source.Dir()
		if !ok || dir == "." || !fs.ValidPath(dir) {
			continue
		}
		p, err := readPyproject(fsys, path.Join(dir, PyprojectFile))
		errs = append(errs, err)
		if p != nil {
			f.Members[dir] = p
		}
	}
	return errors.Join(errs...)
}

// KeyAt is the place of a key of the file, for messages.
func (p *Pyproject) KeyAt(path ...string) plan.Location { return p.File.KeyAt(path...) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
