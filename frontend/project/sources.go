package project

import (
	"errors"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// GitSource is a repository that a package is installed from.
type GitSource struct {
	// Package is the normalised name; "" if the requirement does not say.
	Package string
	// Host is the server, "" for a repository in the file system.
	Host string
	// SSH reports that the clone needs an SSH agent and known hosts.
	SSH bool
}

// NeedsGit reports whether the install calls git, which uv does for every
// repository.
func (f *Facts) NeedsGit() bool { return len(f.GitSources) > 0 }

// NeedsSSH reports whether a repository is cloned over SSH.
func (f *Facts) NeedsSSH() bool {
	return slices.ContainsFunc(f.GitSources, func(g GitSource) bool { return g.SSH })
}

// GitHosts returns the servers of the repositories, sorted.
func (f *Facts) GitHosts() []string {
	var hosts []string
	for _, g := range f.GitSources {
		if g.Host != "" {
			hosts = append(hosts, g.Host)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// findSources collects what the install reads beside the index, from the file
// that decides.
func (f *Facts) findSources(fsys fs.FS) error {
	var errs []error
	local := func(name, p string, at plan.Location, source []byte) {
		clean, ok := inContext(p)
		switch {
		case ok && clean != ".":
			f.LocalSources = append(f.LocalSources, clean)
		case !ok && f.Input == InputUVLock:
			f.outside = append(f.outside, outsideSource{name, outsideMistake(p, at, source)})
		case !ok:
			errs = append(errs, outsideMistake(p, at, source))
		}
	}
	switch f.Input {
	case InputUVLock:
		for _, pkg := range f.Lock.Packages {
			s := pkg.Source
			dir, ok := s.Dir()
			if s.Path != "" {
				dir, ok = s.Path, true
			}
			if ok {
				local(pkg.Name, dir, f.Lock.File.At(pkg.path("source")...), f.Lock.File.Data)
			}
			if s.Git != "" {
				f.addGit(pkg.Name, s.Git)
			}
		}
	case InputRequirements:
		for _, e := range f.Requirements.Entries {
			if e.LocalPath != "" {
				errs = append(errs, f.checkProject(fsys, e))
				local(e.Requirement.Name, e.LocalPath, e.Location, f.Requirements.Source(e.Location.File))
			}
			if e.VCS {
				f.addGit(e.Requirement.Name, e.Requirement.URL)
			}
		}
	case InputPoetry, InputPDM, InputPipfile:
		for _, e := range f.Requirements.Entries {
			if e.VCS {
				f.addGit(e.Requirement.Name, e.Requirement.URL)
			}
		}
	case InputPylock:
		for _, p := range f.Pylock.Packages {
			if p.VCS != nil && p.VCS.Type == "git" {
				f.addGit(p.Name, p.VCS.URL)
			}
		}
	case InputPyproject:
		f.findProjectSources(local)
	}
	slices.Sort(f.LocalSources)
	f.LocalSources = slices.Compact(f.LocalSources)
	// In a workspace the root need not be what is installed.
	if f.Input == InputUVLock && f.Lock.Root != nil && len(f.Lock.Manifest.Members) == 0 {
		errs = append(errs, f.CheckSources("", nil, nil))
	}
	return errors.Join(errs...)
}

// checkProject reports a directory to install that is no project.
func (f *Facts) checkProject(fsys fs.FS, e RequirementLine) error {
	if isArchive(e.LocalPath) || exists(fsys, path.Join(e.LocalPath, PyprojectFile)) || exists(fsys, path.Join(e.LocalPath, "setup.py")) {
		return nil
	}
	what, hint := e.LocalPath, "name the directory of a project, or leave the line out"
	if e.LocalPath == "." {
		what, hint = "the root of the build context", "leave the line out: the files of the app are copied without it; or add a pyproject.toml with a [build-system]"
	}
	return &diag.Error{Code: "PB113", At: e.Location, Source: f.Requirements.Source(e.Location.File), Hint: hint,
		Message: what + " has neither a pyproject.toml nor a setup.py, so there is nothing to install"}
}

// outsideSource is a locked package whose source is not in the context.
type outsideSource struct {
	name string
	err  *diag.Error
}

func outsideMistake(p string, at plan.Location, source []byte) *diag.Error {
	return &diag.Error{Code: "PB114", At: at, Source: source,
		Message: "the path " + p + " leads out of the build context",
		Hint:    "build with a context that holds it, or publish the package to an index"}
}

// CheckSources reports the sources outside of the context that an install of
// these extras and groups would read. Locks commonly hold others, such as
// siblings in a repository that only the tests need. Read has checked what is
// installed without any, where there is only one project to install.
func (f *Facts) CheckSources(root string, extras, groups []string) error {
	if f.Lock == nil || len(f.outside) == 0 {
		return nil
	}
	var errs []error
	for _, pkg := range f.Lock.Closure(root, extras, groups) {
		for _, o := range f.outside {
			if o.name == pkg.Name {
				errs = append(errs, o.err)
			}
		}
	}
	return hideCredentials(errors.Join(errs...))
}

// findProjectSources looks at the sources of the requirements that there are.
func (f *Facts) findProjectSources(local func(name, path string, at plan.Location, source []byte)) {
	p := f.Pyproject
	var names []string
	for _, r := range p.requirements() {
		names = append(names, r.Name)
		switch {
		case strings.HasPrefix(r.URL, "git+"):
			f.addGit(r.Name, r.URL)
		case strings.HasPrefix(r.URL, "file:"):
			local(r.Name, filePath(r.URL), r.At, p.File.Data)
		}
	}
	for _, name := range sortedKeys(p.Sources) {
		if !slices.Contains(names, name) {
			continue
		}
		for _, s := range p.Sources[name] {
			switch s.Kind {
			case SourceGit:
				f.addGit(name, s.Value)
			case SourcePath:
				local(name, s.Value, s.At, p.File.Data)
			}
		}
	}
}

// scpLike is git's short form of an SSH URL, user@host:path.
func scpLike(location string) (host string, ok bool) {
	if strings.Contains(location, "://") {
		return "", false
	}
	user, rest, ok := strings.Cut(location, "@")
	if !ok || strings.Contains(user, "/") {
		return "", false
	}
	host, _, ok = strings.Cut(rest, ":")
	return host, ok
}

func (f *Facts) addGit(name, location string) {
	location = strings.TrimPrefix(location, "git+")
	g := GitSource{Package: name}
	if host, ok := scpLike(location); ok {
		g.Host, g.SSH = host, true
	} else if u, err := url.Parse(location); err == nil {
		g.Host, g.SSH = u.Host, u.Scheme == "ssh"
		if g.SSH {
			g.Host = u.Hostname()
		}
	}
	if !slices.Contains(f.GitSources, g) {
		f.GitSources = append(f.GitSources, g)
	}
}

// inContext cleans a path relative to the context's root; false if it leads
// out of it.
func inContext(p string) (string, bool) {
	clean := path.Clean(strings.ReplaceAll(p, `\`, "/"))
	return clean, fs.ValidPath(clean) && !strings.ContainsFunc(clean, notInPath)
}

// filePath is the path of a file: URL. Relative ones are no URLs by RFC 8089,
// but pip and uv take them.
func filePath(location string) string {
	p := strings.TrimPrefix(location, "file:")
	p = strings.TrimPrefix(p, "//localhost")
	p = strings.TrimPrefix(p, "//")
	p, _, _ = strings.Cut(p, "#")
	if q, err := url.PathUnescape(p); err == nil {
		p = q
	}
	return p
}
