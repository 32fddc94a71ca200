package project

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// inputFile is a file that can decide what is installed.
type inputFile struct {
	input  Input
	file   string
	reason string
}

// inputFiles are those of the context's root, in the order in which they win:
// what pins every version goes before what does not.
func (f *Facts) inputFiles(fsys fs.FS, c Choice) []inputFile {
	var found []inputFile
	add := func(input Input, file, reason string) {
		if exists(fsys, file) {
			found = append(found, inputFile{input, file, reason})
		}
	}
	add(InputUVLock, UVLockFile, "uv.lock pins every dependency")
	add(InputPylock, "pylock.toml", "pylock.toml pins every dependency")
	add(InputPoetry, "poetry.lock", "poetry.lock pins every dependency")
	add(InputPDM, "pdm.lock", "pdm.lock pins every dependency")
	add(InputPipfile, "Pipfile.lock", "Pipfile.lock pins every dependency")
	if c.Script != "" && HasInlineMetadata(fsys, c.Script) {
		add(InputScript, c.Script, c.Script+" says in its own metadata what it needs")
	}
	add(InputRequirements, RequirementsFile, "requirements.txt lists the dependencies")
	if p := f.Pyproject; p != nil && (p.HasProject || p.HasPoetry) {
		add(InputPyproject, PyprojectFile, "pyproject.toml lists the dependencies; without a lock their versions are chosen at build time")
	}
	for _, name := range setupFiles() {
		if f.Pyproject == nil || !f.Pyproject.HasProject {
			add(InputSetup, name, name+" lists the dependencies; without a lock their versions are chosen at build time")
		}
	}
	return found
}

// chooseInput takes the configured file, else the first that there is. The
// others are named, since one of them may be what somebody edits.
func (f *Facts) chooseInput(fsys fs.FS, c Choice) error {
	found := f.inputFiles(fsys, c)
	if c.Input != "" {
		chosen, err := f.configuredInput(fsys, c)
		if err != nil {
			return err
		}
		f.InputNamed = true
		found = append([]inputFile{chosen}, slices.DeleteFunc(found, func(i inputFile) bool { return i.file == chosen.file })...)
	}
	if len(found) == 0 {
		other, err := otherRequirements(fsys, c)
		if err != nil {
			return err
		}
		found = other
	}
	if len(found) == 0 {
		f.Input, f.InputReason = InputNone, "no file says what to install, so nothing is installed"
		if f.OnlyPipfile = exists(fsys, PipfileFile); f.OnlyPipfile {
			f.unusedFile(PipfileFile, pipfileHint, PipfileFile+" has no lock, and nothing is installed from it alone")
		}
		f.warnOfNearInputs(fsys)
		f.Nested = nestedInputs(fsys)
		return nil
	}
	f.Input, f.InputFile, f.InputReason = found[0].input, found[0].file, found[0].reason
	var unused []string
	for _, other := range found[1:] {
		switch {
		case other.input == InputSetup || other.file == UVLockFile && f.Input == InputPylock:
		case other.input != InputPyproject:
			unused = append(unused, other.file)
			if isLock(f.Input) && isLock(other.input) && other.input != InputPylock && c.Input == "" {
				f.unusedFile(other.file, "remove the one that nobody keeps up, or name the one to install: input = \""+other.file+"\" in [build]",
					other.file+" is not used, since "+f.InputFile+" is there, too")
			}
		case f.Input == InputRequirements && len(f.Pyproject.Dependencies) > 0:
			unused = append(unused, "project.dependencies of pyproject.toml")
			f.warn("UnusedDependencies", f.Pyproject.File, f.Pyproject.File.KeyAt("project", "dependencies"),
				"run `uv lock` and commit uv.lock, or remove one of the two lists",
				"project.dependencies is not used, since %s is there and uv.lock is not", f.InputFile)
		}
	}
	switch n := len(unused); n {
	case 0:
	case 1:
		f.InputReason += "; " + unused[0] + " is not used"
	default:
		f.InputReason += "; " + strings.Join(unused[:n-1], ", ") + " and " + unused[n-1] + " are not used"
	}
	return nil
}

// configuredInput is the file that the configuration names, by whose name its
// kind is known.
func (f *Facts) configuredInput(fsys fs.FS, c Choice) (inputFile, error) {
	fail := func(code, hint, format string, args ...any) (inputFile, error) {
		return inputFile{}, &diag.Error{Code: code, At: c.InputAt, Source: c.Source, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	if !exists(fsys, c.Input) {
		return fail("PB113", "check its name, and that .dockerignore does not exclude it", "the input %s is not in the build context", c.Input)
	}
	kinds := []Input{InputUVLock, InputPoetry, InputPDM, InputPipfile, InputPyproject, InputSetup}
	base := path.Base(c.Input)
	input := Input(base)
	switch {
	case base == "setup.cfg":
		input = InputSetup
	case base == "pylock.toml" || strings.HasPrefix(base, "pylock.") && strings.HasSuffix(base, ".toml"):
		input = InputPylock
	case strings.HasSuffix(base, ".txt") || strings.HasSuffix(base, ".in"):
		input = InputRequirements
	case strings.HasSuffix(base, ".py") && base != "setup.py":
		input = InputScript
	case slices.Contains(kinds, input) && base == c.Input:
	case slices.Contains(kinds, input):
		return fail("PB113", "make "+path.Dir(c.Input)+" the build context", "the input %s is not at the root of the build context", c.Input)
	default:
		return fail("PB121", "name a lock file, a requirements file (.txt), pyproject.toml, setup.py or a script with inline metadata",
			"%s is not a file that says what to install", c.Input)
	}
	return inputFile{input, c.Input, "the key input names it"}, nil
}

// otherRequirements looks for requirements files of other names. One is taken;
// of several nobody but the user knows which.
func otherRequirements(fsys fs.FS, c Choice) ([]inputFile, error) {
	var files []string
	for _, pattern := range []string{"requirements/*.txt", "*requirements*.txt", "requirements.in"} {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, err
		}
		files = append(files, names...)
	}
	switch len(files) {
	case 0:
		return nil, nil
	case 1:
		return []inputFile{{InputRequirements, files[0], files[0] + " is the only file that lists dependencies"}}, nil
	}
	return nil, &diag.Error{Code: "PB112", At: c.InputAt, Source: c.Source,
		Message: "several files list dependencies, and nothing says which of them the image installs: " + strings.Join(files, ", "),
		Hint:    fmt.Sprintf("write input = %q in [build], or another of them", files[0])}
}

// readInput reads the file that decides, where it was not read before.
func (f *Facts) readInput(fsys fs.FS, c Choice) error {
	switch f.Input {
	case InputPylock:
		return f.readPylock(fsys)
	case InputPoetry, InputPDM, InputPipfile:
		return f.readForeignLock(fsys, c)
	case InputScript:
		return f.readScript(fsys)
	case InputRequirements:
		var err error
		if f.Requirements, err = ParseRequirements(fsys, f.InputFile); err != nil {
			return err
		}
		return f.Requirements.checkHashes()
	}
	return nil
}

// readPylock checks that the lock can be read; uv installs from the file.
func (f *Facts) readPylock(fsys fs.FS) error {
	data, err := fs.ReadFile(fsys, f.InputFile)
	if err != nil {
		return Unreadable(f.InputFile, err)
	}
	if f.Pylock, err = ParsePylock(f.InputFile, data); err == nil && !f.InputNamed {
		f.pylockSources(fsys)
	}
	return err
}

// Locked reports whether what is installed is what some tool locked.
func (f *Facts) Locked() bool {
	return isLock(f.Input) || f.ScriptLock != nil || f.Requirements != nil && (f.Loose != "" || f.Requirements.AllHashed())
}

// isLock reports inputs that pin every dependency. A pylock.toml is commonly made of
// another one.
func isLock(i Input) bool {
	return slices.Contains([]Input{InputUVLock, InputPylock, InputPoetry, InputPDM, InputPipfile}, i)
}

// unusedFile warns of a file that lists dependencies in vain.
func (f *Facts) unusedFile(file, hint, message string) {
	p := plan.Position{Line: 1, Column: 1}
	f.Warnings = append(f.Warnings, diag.Warning{Rule: "UnusedDependencies", At: plan.Location{File: file, Start: p, End: p}, Message: message, Hint: hint})
}

// nestedInputs are files in directories of the root that list dependencies, as those of
// a repository that has a frontend beside the backend.
func nestedInputs(fsys fs.FS) []string {
	var files []string
	for _, pattern := range []string{"*/" + RequirementsFile, "*/" + UVLockFile, "*/" + PoetryLockFile, "*/" + PyprojectFile} {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil
		}
		for _, name := range names {
			if !slices.ContainsFunc(files, func(f string) bool { return path.Dir(f) == path.Dir(name) }) && !otherDir(path.Dir(name)) {
				files = append(files, name)
			}
		}
	}
	slices.Sort(files)
	return files
}

// warnOfNearInputs looks for files that somebody may have meant to be installed.
func (f *Facts) warnOfNearInputs(fsys fs.FS) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case e.IsDir():
		case slices.Contains([]string{"environment.yml", "environment.yaml"}, name):
			f.unusedFile(name, "list what comes from an index of Python's in requirements.txt, and what does not in packages of [runtime]", name+" is conda's, and nothing is installed from it")
		case strings.HasSuffix(strings.ToLower(name), ".txt") && diag.Nearest(name, []string{RequirementsFile, "requirement.txt", "reqs.txt", "deps.txt", "dependencies.txt"}) != "":
			f.unusedFile(name, "call it requirements.txt, or write input = \""+name+"\" in [build]", name+" looks like a list of dependencies, and nothing is installed from it")
		}
	}
}
