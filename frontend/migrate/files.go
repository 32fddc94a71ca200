package migrate

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

// manifests are files that say what to install, and that pybuild reads by itself.
var manifests = regexp.MustCompile(`(^|/)(pyproject\.toml|uv\.(lock|toml)|poetry\.(lock|toml)|pdm\.(lock|toml)|Pipfile(\.lock)?|setup\.(py|cfg)|MANIFEST\.in|\.python-version|pylock\..*toml|[^/]*requirements[^/]*\.(txt|in)|constraints[^/]*\.txt|README[^/]*|LICEN[CS]E[^/]*|pip\.conf|Procfile)$|(^|/)requirements(/|$)`)

// files says of each file of the image where it will be.
func (f *found) files(image *stage) {
	f.image = image
	root := strings.TrimSuffix(f.layout.was, "/")
	for _, p := range image.files {
		switch {
		case p.in == ".":
			continue
		case manifests.MatchString(p.in) && !f.exists(p.in):
			// said where it is copied
		case manifests.MatchString(p.in):
			f.leave(p.at, "COPY "+p.in, "what says what to install is read from the context")
		case slices.Contains(f.scripts, p.in):
			f.includes = append(f.includes, p)
		case p.to == root || strings.HasPrefix(p.to, root+"/") || p.to == image.workdir || strings.HasPrefix(p.to, strings.TrimSuffix(image.workdir, "/")+"/"):
			f.includes = append(f.includes, p)
			if moved := path.Join(f.layout.root, p.in); path.Join(f.layout.was, p.in) != p.to {
				f.ask(p.at, "COPY "+p.in, "the app's files lie as they do in the context, so this lies in %s and not in %s: paths that name it have to follow, or build with the directory as the context", moved, p.to)
			}
		case strings.HasPrefix(p.to, "/tmp/") || strings.HasPrefix(p.to, "/root/"):
			f.leave(p.at, "COPY "+p.in, "nothing of what installs is in the image")
		default:
			f.ask(p.at, "COPY "+p.in+" "+p.to, "the app's files lie in %s: read it from %s, or mount it when the container starts", f.layout.root, path.Join(f.layout.root, p.in))
			f.includes = append(f.includes, p)
		}
	}
	f.executables()
	for _, tool := range f.fetched {
		if slices.Contains(f.list("runtime", "packages"), tool) && !slices.Contains(f.fetches, tool) {
			f.leave(f.placeOf("runtime", "packages", tool), tool, "it fetched what installs packages; write it to packages in [runtime] where the app calls it")
			f.remove("runtime", "packages", tool)
		}
	}
	f.whole = slices.ContainsFunc(image.files, func(p placed) bool { return p.in == "." })
}

// include narrows the app to what was copied, or for a package adds what lies beside it.
func (f *found) include(p *proposed) {
	if f.image == nil || len(f.image.files) == 0 {
		return
	}
	installs := planner.InstallsProject(p.in)
	if f.whole {
		for _, one := range f.image.files {
			switch {
			case one.in == "." && installs:
				f.leave(one.at, "COPY .", "the project is a package, and installed; what it reads beside its modules is for include in [runtime]")
			case one.in == ".":
				f.leave(one.at, "COPY .", "an application gets all files of the context, but what no image needs")
			}
		}
		for _, one := range f.includes {
			f.leave(one.at, "COPY "+one.in, "it is among the files of the context")
		}
		if installs {
			for _, script := range f.scripts {
				f.add("runtime", "include", script, f.keyAt("serve", "entrypoint"))
			}
		}
		return
	}
	for _, one := range f.includes {
		if !f.exists(one.in) {
			continue // said where it is copied
		}
		pattern := one.in
		if f.isDir(one.in) {
			pattern += "/**"
		}
		if installs && f.ofPackage(one.in, p.in.Facts.Project) {
			f.leave(one.at, "COPY "+one.in, "it is part of the package, which is installed")
			continue
		}
		f.add("runtime", "include", pattern, one.at)
	}
}

// ofPackage reports whether a path is the source of the package that is installed.
func (f *found) ofPackage(in string, manifest *project.Pyproject) bool {
	if in == "src" || strings.HasPrefix(in, "src/") {
		return true
	}
	first, _, _ := strings.Cut(in, "/")
	if manifest != nil && manifest.Name != "" && project.NormalizeName(first) == project.NormalizeName(manifest.Name) {
		return true
	}
	return f.exists(path.Join(first, "__init__.py"))
}

// namesApp finds the app of the file that fastapi is given.
func (f *found) namesApp(p *proposed) {
	if f.wantsFile == "" || f.get("serve", "app") != nil || p.in.Apps == nil {
		return
	}
	name := strings.ReplaceAll(strings.TrimSuffix(f.wantsFile, ".py"), ".", "/")
	for _, app := range p.in.Apps.Web {
		file := strings.TrimSuffix(strings.TrimSuffix(app.File, ".py"), "/__init__")
		if file == strings.TrimSuffix(name, "/") || strings.HasPrefix(file, strings.TrimSuffix(f.wantsFile, "/")+"/") {
			f.maybe("serve", "app", app.Name(), f.wantsAt)
			return
		}
	}
}
