package planner

import (
	"strings"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// Offline is what a plan starts from where there is neither an engine nor an index:
// the official image of the best Python, and the packages that the project's files
// name. A build finds which of them its platform installs.
func Offline(in Input) (Input, error) {
	versions, _, err := PythonVersions(in)
	if err != nil {
		return in, err
	}
	version := strings.TrimSuffix(versions[0], "t")
	if numbers := strings.SplitN(version, ".", 3); len(numbers) > 2 {
		version = numbers[0] + "." + numbers[1]
	}
	in.Base = Base{
		Python: plan.Python{Version: version, Prefix: "/usr/local", Executable: "/usr/local/bin/python" + version},
		Env:    map[string]string{"PYTHON_VERSION": version}, System: System{Libc: "glibc", Manager: "apt"},
	}
	in.Engine = Engine{Merge: true, HTTPAuth: true}
	if names := named(in); len(names) > 0 {
		locked := in.Facts.Lock != nil || in.Facts.Pylock != nil
		in.Resolved = &Resolved{Partial: !locked}
		for _, name := range names {
			in.Resolved.Install = append(in.Resolved.Install, Package{Name: name})
		}
	}
	return in, nil
}

// named are the packages that the input names: all of a lock, or what the project
// itself asks for, with what the extras of web frameworks are known to bring.
func named(in Input) []string {
	f := in.Facts
	var names []string
	add := func(list []project.Requirement) {
		for _, r := range list {
			names = append(names, project.NormalizeName(r.Name))
			for _, extra := range r.Extras {
				names = append(names, extraBrings(project.NormalizeName(r.Name), extra)...)
			}
		}
	}
	switch {
	case f.Input == project.InputUVLock && f.Project != nil:
		for _, p := range f.Lock.Closure(f.Project.Name, in.Config.Build.Extras, in.Config.Build.Groups) {
			if p.Name != f.Project.Name {
				names = append(names, p.Name)
			}
		}
	case f.Pylock != nil:
		for _, p := range f.Pylock.Packages {
			names = append(names, p.Name)
		}
	case f.Requirements != nil:
		for _, e := range f.Requirements.Entries {
			add([]project.Requirement{e.Requirement})
		}
	case f.Script != nil:
		add(f.Script.Dependencies)
	case f.Pyproject != nil:
		add(f.Pyproject.Dependencies)
		for _, extra := range in.Config.Build.Extras {
			add(f.Pyproject.Optional[project.NormalizeName(extra)])
		}
		for _, group := range in.Config.Build.Groups {
			if list, err := f.Pyproject.Group(group); err == nil {
				add(list)
			}
		}
		for _, name := range f.Pyproject.File.Keys("tool", "poetry", "dependencies") {
			if name != "python" {
				names = append(names, project.NormalizeName(name))
			}
		}
	}
	names = sortedSet(names)
	if len(names) > 0 && names[0] == "" {
		names = names[1:]
	}
	return names
}

// extraBrings are the servers that extras bring along.
func extraBrings(name, extra string) []string {
	switch {
	case name == "fastapi" && (extra == "standard" || extra == "all"):
		return []string{"uvicorn"}
	case name == "litestar" && extra == "standard":
		return []string{"uvicorn"}
	}
	return nil
}
