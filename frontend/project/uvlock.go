package project

import (
	"io/fs"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// newestRevision is the newest revision of uv.lock that this package was tested
// with; uv 0.13.9 writes it. Newer revisions may be read: uv raises the version
// for what older readers cannot understand.
const newestRevision = 5

// UVLock is a uv.lock.
type UVLock struct {
	File *tomlfile.File `toml:"-"`
	// Version is always 1; Revision counts backward compatible additions.
	Version  int `toml:"version"`
	Revision int `toml:"revision"`
	// RequiresPython is the range that the versions were chosen for, written in
	// uv's own way.
	RequiresPython string          `toml:"requires-python"`
	Packages       []LockedPackage `toml:"package"`
	// Manifest holds what is not of one package.
	Manifest LockManifest `toml:"manifest"`
	// Root is the package of the context's root, nil for a virtual workspace.
	Root *LockedPackage `toml:"-"`
}

// LockManifest is the [manifest] of a uv.lock.
type LockManifest struct {
	// Members are the packages of the workspace; empty where there is none.
	Members []string `toml:"members"`
	// Requirements are those of a script.
	Requirements     []LockedRequirement            `toml:"requirements"`
	Constraints      []LockedRequirement            `toml:"constraints"`
	Overrides        []LockedRequirement            `toml:"overrides"`
	BuildConstraints []LockedRequirement            `toml:"build-constraints"`
	Groups           map[string][]LockedRequirement `toml:"dependency-groups"`
}

// LockedPackage is one [[package]] of a uv.lock.
type LockedPackage struct {
	Name    string     `toml:"name"`
	Version string     `toml:"version"`
	Source  LockSource `toml:"source"`
	// Dependencies, OptionalDependencies and DevDependencies are the edges of
	// the resolution.
	Dependencies         []LockedDependency            `toml:"dependencies"`
	OptionalDependencies map[string][]LockedDependency `toml:"optional-dependencies"`
	DevDependencies      map[string][]LockedDependency `toml:"dev-dependencies"`
	Sdist                *LockedFile                   `toml:"sdist"`
	Wheels               []LockedFile                  `toml:"wheels"`
	// Metadata is what the package asked for when it was locked.
	Metadata *LockedMetadata `toml:"metadata"`

	index int // in the file, for places
}

// LockSource says where a locked package comes from; one field is set.
type LockSource struct {
	Registry  string `toml:"registry"`
	Git       string `toml:"git"`
	URL       string `toml:"url"`
	Path      string `toml:"path"`
	Directory string `toml:"directory"`
	Editable  string `toml:"editable"`
	Virtual   string `toml:"virtual"`
}

// Dir returns the directory of a package whose source is a directory.
func (s LockSource) Dir() (string, bool) {
	for _, dir := range []string{s.Directory, s.Editable, s.Virtual} {
		if dir != "" {
			return path.Clean(dir), true
		}
	}
	return "", false
}

// LockedDependency is an edge of the resolution.
type LockedDependency struct {
	Name    string   `toml:"name"`
	Version string   `toml:"version"`
	Extra   []string `toml:"extra"`
	Marker  string   `toml:"marker"`
}

// LockedFile is a file of a locked package.
type LockedFile struct {
	URL      string `toml:"url"`
	Path     string `toml:"path"`
	Filename string `toml:"filename"`
	Hash     string `toml:"hash"`
	Size     int64  `toml:"size"`
}

// File returns the file in the terms of PEP 751.
func (f LockedFile) File() File {
	file := File{Name: f.Filename, URL: f.URL, Path: f.Path, Size: f.Size, Hashes: map[string]string{}}
	if algorithm, sum, ok := strings.Cut(f.Hash, ":"); ok {
		file.Hashes[algorithm] = sum
	}
	file.fillName()
	return file
}

// LockedMetadata is [package.metadata] of a local package.
type LockedMetadata struct {
	RequiresDist   []LockedRequirement            `toml:"requires-dist"`
	ProvidesExtras []string                       `toml:"provides-extras"`
	RequiresDev    map[string][]LockedRequirement `toml:"requires-dev"`
}

// LockedRequirement is a requirement as uv records it.
type LockedRequirement struct {
	Name      string   `toml:"name"`
	Extras    []string `toml:"extras"`
	Specifier string   `toml:"specifier"`
	Marker    string   `toml:"marker"`
	Index     string   `toml:"index"`
	Git       string   `toml:"git"`
	URL       string   `toml:"url"`
	Path      string   `toml:"path"`
	Directory string   `toml:"directory"`
	Editable  any      `toml:"editable"` // a path, in older locks also a boolean
	Virtual   any      `toml:"virtual"`
}

// direct reports whether the package does not come from an index.
func (r LockedRequirement) direct() bool {
	return r.Git+r.URL+r.Path+r.Directory != "" || r.Editable != nil || r.Virtual != nil
}

// ParseUVLock reads a uv.lock; name is what messages call it.
func ParseUVLock(name string, data []byte) (*UVLock, error) {
	file, err := tomlfile.Parse(name, data)
	if err != nil {
		return nil, err
	}
	// The version first: a newer one may have changed all else.
	if err := checkLockVersion(file); err != nil {
		return nil, err
	}
	l := &UVLock{File: file}
	if err := file.Decode(l); err != nil {
		return nil, err
	}
	file.Settle()
	if _, err := parsePythonRange(l.RequiresPython); err != nil {
		return nil, mistake("PB105", file, file.At("requires-python"), "run `uv lock` and commit uv.lock", "requires-python: %v", err)
	}
	if err := tooMany(file.At("package"), file.Data, "package", len(l.Packages)); err != nil {
		return nil, err
	}
	for i := range l.Packages {
		pkg := &l.Packages[i]
		pkg.index = i
		if err := pkg.checkSums(file); err != nil {
			return nil, err
		}
		if dir, ok := pkg.Source.Dir(); ok && dir == "." {
			l.Root = pkg
		}
	}
	return l, nil
}

// checkSums refuses sums that no file has.
func (pkg *LockedPackage) checkSums(file *tomlfile.File) error {
	const hint = "run `uv lock` and commit uv.lock"
	if pkg.Sdist != nil {
		if err := sumMistake(file, hint, pkg.Sdist.Hash, pkg.path("sdist", "hash")...); err != nil {
			return err
		}
	}
	for j, wheel := range pkg.Wheels {
		if err := sumMistake(file, hint, wheel.Hash, pkg.path("wheels", strconv.Itoa(j), "hash")...); err != nil {
			return err
		}
	}
	return nil
}

func checkLockVersion(file *tomlfile.File) error {
	value, ok := file.Value("version")
	version, isInt := value.(int64)
	switch {
	case !ok || !isInt:
		return mistake("PB107", file, file.At("version"), "run `uv lock` and commit uv.lock", "uv.lock has no version, so it was not written by uv")
	case version > 1:
		return mistake("PB107", file, file.At("version"), "use a newer pybuild, or lock with the uv that this one installs",
			"uv.lock was written by a newer uv: its version is %d, and this pybuild reads version 1", version)
	case version < 1 || file.Has("distribution"):
		return mistake("PB107", file, file.At("version"), "run `uv lock` and commit uv.lock", "uv.lock was written by a uv from before 0.4")
	}
	return nil
}

// Line names a place of the lock for messages that are about another file.
func (l *UVLock) line(path ...string) string {
	return l.File.Name + ":" + strconv.Itoa(l.File.At(path...).Start.Line)
}

// At is the place of a package, by its normalised name.
func (l *UVLock) At(name string) plan.Location {
	for i := range l.Packages {
		if NormalizeName(l.Packages[i].Name) == name {
			return l.File.At(l.Packages[i].path("name")...)
		}
	}
	return plan.Location{File: l.File.Name}
}

// path returns the path of the package's table, with more keys below it.
func (pkg *LockedPackage) path(more ...string) []string {
	return append([]string{"package", strconv.Itoa(pkg.index)}, more...)
}

func (f *Facts) readLock(fsys fs.FS) error {
	data, err := readFile(fsys, UVLockFile)
	if data == nil {
		return err
	}
	if _, err := fs.Stat(fsys, PyprojectFile); err != nil {
		return &diag.Error{Code: "PB102", At: plan.Location{File: UVLockFile}, Message: "uv.lock is there, but pyproject.toml is not",
			Hint: "check that pyproject.toml is in the build context and that .dockerignore does not exclude it"}
	}
	lock, err := ParseUVLock(UVLockFile, data)
	if err != nil {
		return err
	}
	f.Lock = lock
	if lock.Revision > newestRevision {
		f.warn("NewerLock", lock.File, lock.File.At("revision"), "use a newer pybuild if the build fails",
			"uv.lock was written by a newer uv: its revision is %d, and this pybuild knows revisions up to %d", lock.Revision, newestRevision)
	}
	return nil
}

// urlFileName is the last part of a URL's or a file's path.
func urlFileName(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return path.Base(location)
	}
	name := path.Base(u.Path)
	if name == "." || name == "/" {
		return ""
	}
	return name
}
