package project

import (
	"strings"

	"deps.dev/util/pypi"
)

// readHashes gives packages the hashes that locks of version 1.x keep apart:
// metadata.files, by name, or metadata.hashes, without the names of files.
func (l *PoetryLock) readHashes() error {
	var metadata struct {
		Files  map[string][]poetryFile `toml:"files"`
		Hashes map[string][]string     `toml:"hashes"`
	}
	if err := l.File.Decode(&metadata, "metadata"); err != nil {
		return err
	}
	files := map[string][]poetryFile{}
	for _, name := range sortedKeys(metadata.Files) {
		list := metadata.Files[name]
		for j, f := range list {
			if err := sumMistake(l.File, poetryHint, f.Hash, "metadata", "files", name, itoa(j), "hash"); err != nil {
				return err
			}
		}
		files[NormalizeName(name)] = append(files[NormalizeName(name)], list...)
	}
	for _, name := range sortedKeys(metadata.Hashes) {
		for j, hash := range metadata.Hashes[name] {
			if !strings.Contains(hash, ":") {
				hash = "sha256:" + hash
			}
			if err := sumMistake(l.File, poetryHint, hash, "metadata", "hashes", name, itoa(j)); err != nil {
				return err
			}
			files[NormalizeName(name)] = append(files[NormalizeName(name)], poetryFile{Hash: hash})
		}
	}
	for i := range l.packages {
		pkg := &l.packages[i]
		for j, f := range pkg.Files {
			if err := sumMistake(l.File, poetryHint, f.Hash, "package", itoa(i), "files", itoa(j), "hash"); err != nil {
				return err
			}
		}
		if len(pkg.Files) == 0 {
			pkg.Files = ofVersion(files[NormalizeName(pkg.Name)], pkg.Version)
		}
	}
	return nil
}

// ofVersion are the files of one version; all if their names do not tell.
func ofVersion(files []poetryFile, version string) []poetryFile {
	var own []poetryFile
	for _, f := range files {
		v := ""
		if w, err := pypi.ParseWheelName(f.File); err == nil {
			v = w.Version
		} else if project := fileProject(f.File); project != "" {
			_, v, _ = pypi.SdistVersion(project, f.File)
		}
		if v == pypi.CanonVersion(version) {
			own = append(own, f)
		}
	}
	if len(own) == 0 {
		return files
	}
	return own
}

// setPackage is the i-th package without its condition.
func (l *PoetryLock) setPackage(i int) (SetPackage, error) {
	pkg := &l.packages[i]
	p := SetPackage{Name: NormalizeName(pkg.Name), Version: pkg.Version, At: pkg.at}
	for _, f := range pkg.Files {
		if pipTakes(f.Hash) {
			p.Hashes = append(p.Hashes, f.Hash)
		}
	}
	at := l.File.At("package", itoa(i), "source")
	switch source := pkg.Source; source.Type {
	case "", "legacy", "pypi":
		p.Index = source.URL
	case "git":
		if source.Resolved == "" {
			return p, mistake("PB108", l.File, at, poetryHint, "package %q: its source has no resolved_reference, so no commit is known", pkg.Name)
		}
		p.URL, p.Hashes = gitURL(source.URL, source.Resolved, source.Subdirectory), nil
	case "url":
		p.URL = withSubdirectory(source.URL, source.Subdirectory)
	case "file", "directory":
		dir, ok := inContext(source.URL)
		if !ok {
			return p, outsideMistake(source.URL, at, l.File.Data)
		}
		p.Path = dir
		if source.Type == "directory" {
			p.Editable, p.Hashes = pkg.Develop, nil
		}
	default:
		return p, mistake("PB120", l.File, at, "take the package from an index, a git repository, a URL or a path",
			"package %q has a source of type %q, which cannot be installed", pkg.Name, source.Type)
	}
	return p, nil
}

// gitURL is a repository at a commit in the form of pip and uv, which need a
// scheme where git knows a shorter one, user@host:path.
func gitURL(location, commit, subdirectory string) string {
	location = strings.TrimPrefix(location, "git+")
	if host, ok := scpLike(location); ok {
		user, rest, _ := strings.Cut(location, "@")
		location = "ssh://" + user + "@" + host + "/" + strings.TrimPrefix(strings.TrimPrefix(rest, host+":"), "/")
	}
	return withSubdirectory("git+"+location+"@"+commit, subdirectory)
}

func withSubdirectory(location, subdirectory string) string {
	if subdirectory == "" || subdirectory == "." {
		return location
	}
	if strings.Contains(location, "#") {
		return location + "&subdirectory=" + subdirectory
	}
	return location + "#subdirectory=" + subdirectory
}
