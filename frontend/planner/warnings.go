package planner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// Warnings is the advice on a project, which never stops a build.
func Warnings(in Input) []diag.Warning {
	all := append([]diag.Warning{}, in.Facts.Warnings...)
	b := builder{Input: in}
	if in.Target != Locking || LockSource(in.Facts) == "" {
		all = append(all, b.notLocked()...)
	}
	all = append(append(all, unlockedSecrets(in)...), undeclared(in)...)
	for _, rule := range rules() {
		all = append(all, rule(in)...)
	}
	return all
}

// notLocked warns of dependencies whose versions are chosen when the image is built.
func (b *builder) notLocked() []diag.Warning {
	w := diag.Warning{Rule: "NotLocked", At: b.inputAt(), Hint: lockHint(b.Facts)}
	switch f := b.Facts; f.Input {
	case project.InputPyproject, project.InputSetup, project.InputScript:
		if f.ScriptLock != nil || !f.ListsDependencies() {
			return nil
		}
		w.Message = "the dependencies are not locked: another builder may install other versions"
	case project.InputRequirements:
		if len(f.Requirements.Entries) == 0 || f.Requirements.Pinned() {
			return nil
		}
		w.Message = f.InputFile + " does not pin every version: another builder may install other versions"
	default:
		return nil
	}
	return []diag.Warning{w}
}

// unlistedPackages warns of requirements that pin what they list, and do not list what that
// brings along. Only who has looked knows.
func unlistedPackages(in Input) []diag.Warning {
	f := in.Facts
	if f.Input != project.InputRequirements || in.Resolved == nil || !f.Requirements.Pinned() {
		return nil
	}
	listed := map[string]bool{}
	for _, e := range append(slices.Clone(f.Requirements.Entries), f.Requirements.ConstraintEntries...) {
		listed[project.NormalizeName(e.Requirement.Name)] = true
		if e.Requirement.Name == "" {
			return nil // it says nothing of what it brings
		}
	}
	pinned := 0
	for _, p := range in.Resolved.Install {
		if listed[project.NormalizeName(p.Name)] {
			pinned++
		}
	}
	if all := len(in.Resolved.Install); pinned < all {
		b := builder{Input: in}
		return []diag.Warning{{Rule: "NotLocked", At: b.inputAt(), Hint: lockHint(f),
			Message: fmt.Sprintf("%s pins %d of %s: another builder may install other versions of the rest", f.InputFile, pinned, plan.Count(all, "package"))}}
	}
	return nil
}

// unlockedSecrets warns of the one step that may build with secrets: asking a package
// that has no wheel what it depends on can mean running its build script, and the
// configuration trusts some.
func unlockedSecrets(in Input) []diag.Warning {
	b := builder{Input: in}
	f := in.Facts
	w := diag.Warning{Rule: "UnlockedSecrets", At: in.Config.At("build", "trusted")}
	switch {
	case !b.guarded() || len(b.trusted()) == 0 || !f.ListsDependencies() || f.Input == project.InputUVLock || f.Input == project.InputPylock || f.ScriptLock != nil:
		return nil
	case !b.locked():
		w.Message = "finding versions can run the build scripts of " + strings.Join(b.trusted(), ", ") + ", and that step sees the secrets of the build"
		w.Hint = "lock where you trust what is run, and build from the lock: " + lockHint(f)
	case len(f.GitSources) > 0:
		w.Message = "a repository in " + f.InputFile + " may be asked for its version by its build script, and that step sees the secrets of the build"
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
		if f.Loose != "" {
			return "pin them: uv pip compile --generate-hashes " + f.Loose + " -o requirements.txt"
		}
		hint := "run `uv pip compile --universal " + f.InputFile + " -o pylock.toml` and commit pylock.toml, which goes before " + f.InputFile
		if f.InputNamed {
			hint = "run `uv pip compile --universal " + f.InputFile + " -o pylock.toml`, commit pylock.toml, and write input = \"pylock.toml\""
		}
		return hint
	case project.InputSetup:
		return "run `uv pip compile --generate-hashes " + f.InputFile + " -o requirements.txt` and commit requirements.txt"
	}
	if tool := f.Tool(); tool != "" {
		return tool.LockHint()
	}
	return project.ToolUV.LockHint()
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
