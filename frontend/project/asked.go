package project

import "github.com/pybuild/pybuild/llb/plan"

// Asked is the place where the file that decides asks for a package itself, and the text
// of that file; zero where the package came along with another one.
func (f *Facts) Asked(name string) (plan.Location, []byte) {
	name = NormalizeName(name)
	switch {
	case f.Input == InputRequirements:
		for _, e := range f.Requirements.Entries {
			if NormalizeName(e.Requirement.Name) == name {
				return e.Location, f.Requirements.Source(e.Location.File)
			}
		}
	case f.Input == InputPyproject && f.Pyproject != nil:
		for _, r := range f.Pyproject.Dependencies {
			if NormalizeName(r.Name) == name {
				return r.At, f.Pyproject.File.Data
			}
		}
	}
	return plan.Location{}, nil
}
