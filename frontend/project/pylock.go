package project

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// Pylock is a pylock.toml (PEP 751), the form that uv exports a lock to.
type Pylock struct {
	File *tomlfile.File `toml:"-"`

	LockVersion    string          `toml:"lock-version"`
	RequiresPython string          `toml:"requires-python"`
	CreatedBy      string          `toml:"created-by"`
	Environments   []string        `toml:"environments"`
	DefaultGroups  []string        `toml:"default-groups"`
	Packages       []PylockPackage `toml:"packages"`
}

// PylockPackage is one [[packages]] of PEP 751.
type PylockPackage struct {
	// Name is normalised.
	Name           string `toml:"name"`
	Version        string `toml:"version"`
	Marker         string `toml:"marker"`
	RequiresPython string `toml:"requires-python"`
	Index          string `toml:"index"`

	Sdist     *File            `toml:"sdist"`
	Wheels    []File           `toml:"wheels"`
	VCS       *PylockVCS       `toml:"vcs"`
	Directory *PylockDirectory `toml:"directory"`
	Archive   *File            `toml:"archive"`
}

// File is a file that can be downloaded or is in the context (PEP 751).
type File struct {
	// Name is the file's name; ParsePylock takes it from URL or Path if it is
	// not written.
	Name string `toml:"name"`
	URL  string `toml:"url"`
	Path string `toml:"path"`
	Size int64  `toml:"size"`
	// Hashes are the sums in hexadecimal by the algorithm's name.
	Hashes map[string]string `toml:"hashes"`
	// Subdirectory is where in an archive the project is.
	Subdirectory string `toml:"subdirectory"`
}

// PylockVCS is packages.vcs of PEP 751.
type PylockVCS struct {
	Type              string `toml:"type"`
	URL               string `toml:"url"`
	Path              string `toml:"path"`
	RequestedRevision string `toml:"requested-revision"`
	CommitID          string `toml:"commit-id"`
	Subdirectory      string `toml:"subdirectory"`
}

// PylockDirectory is packages.directory of PEP 751.
type PylockDirectory struct {
	Path         string `toml:"path"`
	Editable     bool   `toml:"editable"`
	Subdirectory string `toml:"subdirectory"`
}

// ParsePylock reads a pylock.toml (PEP 751); name is what messages call it.
func ParsePylock(name string, data []byte) (*Pylock, error) {
	file, err := tomlfile.Parse(name, data)
	if err != nil {
		return nil, err
	}
	l := &Pylock{File: file}
	if err := file.Decode(l); err != nil {
		return nil, err
	}
	file.Settle()
	// PEP 751: a tool must refuse a major version that it does not know, and
	// may go on with a newer minor one.
	if major, _, _ := strings.Cut(l.LockVersion, "."); major != "1" {
		return nil, mistake("PB107", file, file.At("lock-version"), "use a newer pybuild", "lock-version %q is not 1.x", l.LockVersion)
	}
	if err := tooMany(file.At("packages"), file.Data, "package", len(l.Packages)); err != nil {
		return nil, err
	}
	for i := range l.Packages {
		p := &l.Packages[i]
		if err := p.check(); err != nil {
			return nil, mistake("PB108", file, file.At("packages", itoa(i)), "", "packages[%d]: %v", i, err)
		}
		p.Name = NormalizeName(p.Name)
		for j := range p.Wheels {
			p.Wheels[j].fillName()
		}
		for _, f := range []*File{p.Sdist, p.Archive} {
			if f != nil {
				f.fillName()
			}
		}
		if err := p.checkFiles(); err != nil {
			return nil, mistake("PB108", file, file.At("packages", itoa(i)), "", "packages[%d]: %v", i, err)
		}
		if at, err := p.checkSums(); err != nil {
			return nil, mistake("PB108", file, file.At(append([]string{"packages", itoa(i)}, at...)...), "lock again with the tool that made it", "%s: %v", p.Name, err)
		}
	}
	return l, nil
}

// At is the place of a package, by its normalised name.
func (l *Pylock) At(name string) plan.Location {
	for i, p := range l.Packages {
		if p.Name == name {
			return l.File.At("packages", itoa(i), "name")
		}
	}
	return plan.Location{File: l.File.Name}
}

// check applies the rule of PEP 751 that a package has a name, and one kind of
// source.
func (p *PylockPackage) check() error {
	if !nameRule.MatchString(p.Name) {
		return fmt.Errorf("%q is not the name of a package", p.Name)
	}
	kinds := 0
	for _, set := range []bool{p.VCS != nil, p.Directory != nil, p.Archive != nil, p.Sdist != nil || len(p.Wheels) > 0} {
		if set {
			kinds++
		}
	}
	if kinds > 1 {
		return fmt.Errorf("%s should have one of vcs, directory, archive, or sdist and wheels", p.Name)
	}
	return nil
}

// checkFiles refuses what would be another path, or another line, where names and
// versions are written to: files are mounted by their names.
func (p *PylockPackage) checkFiles() error {
	if strings.ContainsFunc(p.Version, notInVersion) {
		return fmt.Errorf("%s: %q is not a version", p.Name, p.Version)
	}
	files := slices.Clone(p.Wheels)
	for _, f := range []*File{p.Sdist, p.Archive} {
		if f != nil {
			files = append(files, *f)
		}
	}
	for _, f := range files {
		if f.Name == "." || f.Name == ".." || strings.ContainsFunc(f.Name, func(r rune) bool { return r == '/' || r == '\\' || notInPath(r) }) {
			return fmt.Errorf("%s: %q is not the name of a file", p.Name, f.Name)
		}
		if strings.ContainsFunc(f.URL, notInURL) || strings.ContainsFunc(f.Path+f.Subdirectory, notInPath) {
			return fmt.Errorf("%s: %q is not where a file is", p.Name, f.URL+f.Path)
		}
	}
	if v := p.VCS; v != nil && strings.ContainsFunc(v.Type+v.URL+v.Path+v.CommitID+v.Subdirectory, notInURL) {
		return fmt.Errorf("%s: %q is not a repository and a commit", p.Name, v.URL+"@"+v.CommitID)
	}
	if strings.ContainsFunc(p.Index, notInURL) {
		return fmt.Errorf("%s: %q is not an index", p.Name, p.Index)
	}
	return nil
}

// checkSums says what is wrong with the sum of a file, and where in the package it is.
func (p *PylockPackage) checkSums() (at []string, err error) {
	check := func(f *File, path ...string) {
		if f == nil {
			return
		}
		for _, algorithm := range sortedKeys(f.Hashes) {
			if wrong := CheckSum(algorithm, f.Hashes[algorithm]); wrong != nil && err == nil {
				at, err = append(path, "hashes", algorithm), wrong
			}
		}
	}
	check(p.Archive, "archive")
	check(p.Sdist, "sdist")
	for j := range p.Wheels {
		check(&p.Wheels[j], "wheels", itoa(j))
	}
	return at, err
}

// notInURL reports characters that would end a URL, or its line, where it is written to.
func notInURL(r rune) bool { return plan.Hidden(r) || unicode.IsSpace(r) }

// notInPath reports those that no path of a lock has; blanks some have.
func notInPath(r rune) bool { return plan.Hidden(r) || r == '\n' || r == '\t' }

// notInVersion reports characters that no version has (PEP 440).
func notInVersion(r rune) bool {
	return plan.Hidden(r) || unicode.IsSpace(r) || r == '/' || r == ';'
}

// fillName takes the name from the URL or the path, as PEP 751 says for files
// without a name.
func (f *File) fillName() {
	if f.Name == "" && f.URL != "" {
		f.Name = urlFileName(f.URL)
	}
	if f.Name == "" && f.Path != "" {
		f.Name = urlFileName(f.Path)
	}
}
