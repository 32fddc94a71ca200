package planner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
)

// Warnings is the advice on a project, which never stops a build.
func Warnings(in Input) []diag.Warning {
	all := append([]diag.Warning{}, in.Facts.Warnings...)
	b := builder{Input: in}
	switch in.Facts.Input {
	case project.InputPyproject, project.InputSetup, project.InputScript:
		if in.Facts.ScriptLock == nil && in.Facts.ListsDependencies() {
			all = append(all, diag.Warning{
				Rule:    "NotLocked",
				At:      b.inputAt(),
				Message: "the dependencies are not locked: another builder may install other versions",
				Hint:    lockHint(in.Facts),
			})
		}
	case project.InputRequirements:
		if r := in.Facts.Requirements; len(r.Entries) > 0 && !r.Pinned() {
			all = append(all, diag.Warning{
				Rule:    "NotLocked",
				At:      b.inputAt(),
				Message: in.Facts.InputFile + " does not pin every version: another builder may install other versions",
				Hint:    lockHint(in.Facts),
			})
		}
	}
	all = append(append(all, unlockedSecrets(in)...), undeclared(in)...)
	for _, rule := range rules() {
		all = append(all, rule(in)...)
	}
	return all
}

// unlockedSecrets warns of the one step that may build with secrets: asking a package
// that has no wheel what it depends on can mean running its build script, and which
// packages that are is not known before.
func unlockedSecrets(in Input) []diag.Warning {
	b := builder{Input: in}
	f := in.Facts
	w := diag.Warning{Rule: "UnlockedSecrets", At: b.inputAt()}
	switch {
	case !b.guarded() || !f.ListsDependencies() || f.Input == project.InputUVLock || f.Input == project.InputPylock || f.ScriptLock != nil:
		return nil
	case !b.locked():
		w.Message = "finding versions can run build scripts, and that step sees the secrets of the build"
		w.Hint = "lock where you trust what is run, and build from the lock: " + lockHint(f)
	case len(f.GitSources) > 0:
		w.Message = "a repository in " + f.InputFile + " is asked for its version by its build script, and that step sees the secrets of the build"
		w.Hint = "lock it with uv, which writes down what it found: uv.lock, or pylock.toml"
	default:
		return nil
	}
	return []diag.Warning{w}
}

// lockHint says how to lock what is not locked.
func lockHint(f *project.Facts) string {
	switch f.Input {
	case project.InputScript:
		return "run `uv lock --script " + f.InputFile + "` and commit " + f.InputFile + ".lock"
	case project.InputRequirements:
		return "pin them: uv pip compile --generate-hashes requirements.in -o requirements.txt"
	case project.InputSetup:
		return "run `uv pip compile --generate-hashes " + f.InputFile + " -o requirements.txt` and commit requirements.txt"
	}
	if f.Pyproject != nil && f.Pyproject.HasPoetry && !f.Pyproject.HasProject {
		return "run `poetry lock` and commit poetry.lock"
	}
	return "run `uv lock` and commit uv.lock"
}

// undeclared warns of build arguments that nothing takes, as a mistyped one.
func undeclared(in Input) []diag.Warning {
	var all []diag.Warning
	names := slices.Sorted(maps.Keys(in.BuildArgs))
	for _, name := range names {
		if _, declared := in.Config.Build.Args[name]; declared || predefined(name) || name == upgradeArg && in.Target == Locking || name == testsArg && in.Target == "test" || name == SourceArg || name == RevisionArg {
			continue
		}
		all = append(all, diag.Warning{
			Rule:    "UnusedBuildArg",
			At:      in.Config.At("build", "args"),
			Message: fmt.Sprintf("--build-arg %s is not used: no key of [build] args has this name", name),
			Hint:    fmt.Sprintf("declare it with its default: args = { %s = \"\" } in [build]", name),
		})
	}
	return all
}

// predefined reports whether every frontend, or BuildKit itself, takes a build
// argument (docs.docker.com/reference/dockerfile, "Predefined ARGs").
func predefined(name string) bool {
	for _, prefix := range []string{"BUILDKIT_", "SOURCE_DATE_EPOCH", "TARGET"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch strings.ToLower(name) {
	case "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy":
		return true
	}
	return false
}
