package project

import (
	"strings"
)

// unlocked reports a package without a version of its own. Pipenv does not look
// for one where the markers exclude the system and the Python that it locks on.
func (pkg pipfilePackage) unlocked() bool {
	return !exactClause.MatchString(pkg.Version) && pkg.Git+pkg.Hg+pkg.Svn+pkg.Bzr+pkg.Path+pkg.File == ""
}

// setPackage converts one package without its condition.
func (l *PipfileLock) setPackage(section, key string, pkg pipfilePackage) (SetPackage, error) {
	at := l.file.keyAt(section, key)
	p := SetPackage{Name: NormalizeName(key), Extras: pkg.Extras, Editable: pkg.Editable, At: at}
	for _, h := range pkg.Hashes {
		if pipTakes(h) {
			p.Hashes = append(p.Hashes, h)
		}
	}
	local := pkg.Path
	vcs := map[string]string{"git+": pkg.Git, "hg+": pkg.Hg, "svn+": pkg.Svn, "bzr+": pkg.Bzr}
	for _, prefix := range sortedKeys(vcs) {
		switch location := vcs[prefix]; {
		case location == "":
		case pkg.Ref == "":
			return p, l.mistake("PB108", at, pipfileHint, "%s has no ref, so no commit is known", key)
		case prefix == "git+":
			p.URL, p.Hashes, p.Editable = gitURL(location, pkg.Ref, pkg.Subdirectory), nil, false
		default:
			p.URL, p.Hashes, p.Editable = withSubdirectory(prefix+location+"@"+pkg.Ref, pkg.Subdirectory), nil, false
		}
		if p.URL != "" {
			return p, nil
		}
	}
	switch {
	case strings.HasPrefix(pkg.File, "file:"):
		local = filePath(pkg.File)
	case isURL(pkg.File):
		p.URL = withSubdirectory(pkg.File, pkg.Subdirectory)
		return p, nil
	case pkg.File != "":
		local = pkg.File
	}
	if local != "" {
		path, ok := inContext(local)
		if !ok {
			return p, outsideMistake(local, at, l.Data)
		}
		p.Path = path
		if !archive.MatchString(path) {
			p.Hashes = nil
		}
		return p, nil
	}
	version, ok := strings.CutPrefix(pkg.Version, "==")
	if !ok || !exactClause.MatchString(pkg.Version) {
		return p, l.mistake("PB108", at, pipfileHint, "%s is not locked to a version, but to %q", key, pkg.Version)
	}
	p.Version = strings.TrimPrefix(version, "=")
	for _, source := range l.meta.Sources {
		if source.Name == pkg.Index && pkg.Index != "" {
			p.Index = source.URL
		}
	}
	return p, nil
}
