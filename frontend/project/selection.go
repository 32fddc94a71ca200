package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// Selection is what of a lock is installed beside the main dependencies. Names
// need not be normalised.
type Selection struct {
	Extras, Groups []string
	// At is where the configuration names a group or an extra, in Source; nil where none
	// does.
	At     func(kind, name string) plan.Location
	Source []byte
}

// unknown is the mistake of a name that does not exist. kind is "group" or "extra".
func (s Selection) unknown(kind, name string, names []string) *diag.Error {
	e := &diag.Error{Code: "PB110", Message: fmt.Sprintf("there is no %s %q", kind, name), Hint: known(strings.ReplaceAll(kind, " or ", "s and ")+"s", names)}
	if near := diag.Nearest(name, names); near != "" {
		e.Hint = fmt.Sprintf("did you mean %q?\n%s", near, e.Hint)
	}
	if s.At != nil {
		e.At, e.Source = s.At(kind, name), s.Source
	}
	return e
}

// known lists what there is.
func known(what string, names []string) string {
	if len(names) == 0 {
		return "there are no " + what
	}
	return what + " are: " + strings.Join(names, ", ")
}

// checkSelection reports groups and extras that the configuration names and the project
// does not have. The locks of other tools know their own.
func (f *Facts) checkSelection(s Selection) error {
	p := f.Project
	var groups, extras []string
	switch {
	case f.Input == InputRequirements || f.Input == InputScript || f.Input == InputNone:
		// Nothing in it can be chosen.
	case (f.Input == InputUVLock || f.Input == InputPyproject) && p != nil && (p.HasProject || !p.HasPoetry):
		groups, extras = sortedKeys(p.Groups), sortedKeys(p.Optional)
		if p.IsDynamic("optional-dependencies") {
			extras = normalNames(s.Extras)
		}
	default:
		return nil
	}
	for _, kind := range []struct {
		name         string
		asked, there []string
	}{{"group", s.Groups, groups}, {"extra", s.Extras, extras}} {
		for _, name := range kind.asked {
			if slices.Contains(kind.there, NormalizeName(name)) {
				continue
			}
			e := s.unknown(kind.name, name, kind.there)
			if p == nil || f.Input == InputRequirements || f.Input == InputScript {
				e.Message += ", since " + f.selected() + " has none"
			}
			return e
		}
	}
	return nil
}

// selected is what the dependencies are taken from, for people.
func (f *Facts) selected() string {
	if f.InputFile == "" {
		return "the project"
	}
	return f.InputFile
}
