package planner

import (
	"slices"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// resolves are the flags and mounts of a step that asks indexes and repositories for
// versions. In a wheelhouse there is nothing to log in to, and build scripts may run.
func (b *builder) resolves() (flags []string, mounts []plan.Mount) {
	if b.airGapped() {
		return b.given(false)
	}
	if !b.guarded() {
		return b.accessFlags(), b.access()
	}
	own := b.ownSecrets()
	for _, s := range b.secrets() {
		switch {
		case s.Env != "" && !slices.Contains(own, s):
			flags = append(flags, b.secretFlags([]config.Secret{s})...)
		case s.Env != "":
			// Nothing is downloaded with it, and uv fills variables into what packages ask for.
			flags = append(flags, "--secret", secretFile(s.ID))
		case s.Target != "" && s.Target != knownHosts:
			// The keys of servers are no secret.
			flags = append(flags, "--secret", s.Target)
		}
	}
	flags = append(flags, b.serverFlags()...)
	for _, name := range b.trusted() {
		flags = append(flags, "--trusted", name)
	}
	return flags, b.access()
}

// closed are what follows the commands of resolve.py and lock.py: the flags that have uv's
// command run no build script, where the step finds a secret. Which packages have no wheel
// is not known before, and uv would ask the build script of one what it depends on.
func (b *builder) closed(command []string) []string {
	if !b.guarded() {
		return nil
	}
	switch {
	case command[1] == "lock":
		flags := []string{"--then", "--no-build"}
		for _, name := range b.trusted() {
			flags = append(flags, "--no-binary-package", name)
		}
		return flags
	case !slices.Contains(command, "compile"):
		return nil
	case slices.Contains(command, "--no-deps"):
		// Of what is locked by its version nothing is asked, so that source archives will do.
		flags := []string{"--then"}
		for _, g := range b.Facts.GitSources {
			if g.Package != "" && !slices.Contains(b.trusted(), g.Package) {
				flags = append(flags, "--only-binary", g.Package)
			}
		}
		return flags
	}
	flags := []string{"--then", "--only-binary", ":all:"}
	for _, name := range b.trusted() {
		// Of uv's flags this one lifts the other for a name.
		flags = append(flags, "--no-binary", name)
	}
	return flags
}

// trusted are the packages whose build scripts may see secrets, by their normalised names.
func (b *builder) trusted() []string {
	names := make([]string, 0, len(b.Config.Build.Trusted))
	for _, name := range b.Config.Build.Trusted {
		names = append(names, project.NormalizeName(name))
	}
	return sortedSet(names)
}
