package frontend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// checkArg is docker/dockerfile's own name of the argument, since a build's caller need
// not know what frontend a file names.
const checkArg = "BUILDKIT_DOCKERFILE_CHECK"

// checkOptions are those of the file of -f and of the build argument.
func (in *inputs) checkOptions() (*linter.Config, error) {
	return CheckOptions(in.entry.Filename, in.entry.Data, in.ui.BuildArgs[checkArg])
}

// CheckOptions reads which warnings count, as docker/dockerfile does: from a line
// `# check=skip=RULE,...;error=true` at the top of the file, or the build argument.
func CheckOptions(file string, data []byte, arg string) (*linter.Config, error) {
	text, _, at, written := parser.ParseDirective("check", data)
	mistake := &diag.Error{Code: "PB019", Source: data}
	inFile := arg == "" && written && len(at) > 0
	if inFile {
		p := plan.Position{Line: at[0].Start.Line, Column: 1}
		mistake.At = plan.Location{File: file, Start: p, End: p}
	}
	if arg != "" {
		text = arg
	}
	options, err := linter.ParseLintOptions(text)
	if err != nil {
		mistake.Message, mistake.Hint = "the options of the check are wrong: "+err.Error(), "write them as in: # check=skip=RootUser,NotLocked;error=true"
		return nil, mistake
	}
	for i, name := range options.SkipRules {
		check, ok := diag.FindCheck(name)
		if !ok && (inFile || !slices.Contains(dockerfileRules(), strings.ToLower(name))) {
			mistake.Message, mistake.Hint = fmt.Sprintf("no check is named %q", name), "checks are "+strings.Join(diag.CheckNames(), ", ")
			if near := diag.Nearest(name, diag.CheckNames()); near != "" {
				mistake.Hint = fmt.Sprintf("did you mean %q?", near)
			}
			return nil, mistake
		}
		options.SkipRules[i] = check.Name
	}
	return options, nil
}

// dockerfileRules are the names of docker/dockerfile's own rules, in lower case: CI may
// pass one argument to the builds of all projects.
func dockerfileRules() []string {
	rules := []linter.LinterRuleI{
		&linter.RuleStageNameCasing, &linter.RuleFromAsCasing, &linter.RuleNoEmptyContinuation, &linter.RuleConsistentInstructionCasing,
		&linter.RuleDuplicateStageName, &linter.RuleReservedStageName, &linter.RuleJSONArgsRecommended, &linter.RuleMaintainerDeprecated,
		&linter.RuleUndefinedArgInFrom, &linter.RuleWorkdirRelativePath, &linter.RuleUndefinedVar, &linter.RuleMultipleInstructionsDisallowed,
		&linter.RuleLegacyKeyValueFormat, &linter.RuleInvalidBaseImagePlatform, &linter.RuleRedundantTargetPlatform, &linter.RuleSecretsUsedInArgOrEnv,
		&linter.RuleInvalidDefaultArgInFrom, &linter.RuleFromPlatformFlagConstDisallowed, &linter.RuleCopyIgnoredFile,
		&linter.RuleInvalidDefinitionDescription, &linter.RuleExposeProtoCasing, &linter.RuleExposeInvalidFormat,
	}
	names := make([]string, 0, len(rules))
	for _, rule := range rules {
		names = append(names, strings.ToLower(rule.RuleName()))
	}
	return names
}

// Counted drops the warnings that are switched off.
func Counted(options *linter.Config, warnings []diag.Warning) []diag.Warning {
	counted := slices.DeleteFunc(slices.Clone(warnings), func(w diag.Warning) bool {
		return options.SkipAll || slices.Contains(options.SkipRules, w.Rule)
	})
	for i, w := range counted {
		counted[i].Message, counted[i].Hint = diag.MaskText(w.Message), diag.MaskText(w.Hint)
	}
	return counted
}

// AsError is a warning that is to be an error.
func AsError(w diag.Warning) *diag.Error {
	return &diag.Error{Code: "PB404", At: w.At, Source: w.Source, Message: w.Rule + ": " + w.Message, Hint: w.Hint}
}

// warnings are those that need neither an image nor the resolver.
func (in *inputs) warnings() []diag.Warning {
	warnings := planner.Warnings(planner.Input{Config: in.config, Facts: in.facts, Apps: in.apps, BuildArgs: in.ui.BuildArgs, Target: in.ui.Target})
	return append(append(warnings, in.unused...), in.checkFrontend()...)
}

// warn shows warnings, or fails the build with them where they are to be errors.
func (in *inputs) warn(ctx context.Context, warnings []diag.Warning) error {
	var errs []error
	for _, w := range Counted(in.checks, warnings) {
		if in.checks.ReturnAsError {
			w.Source = in.files[w.At.File]
			errs = append(errs, AsError(w))
			continue
		}
		check, _ := diag.FindCheck(w.Rule)
		opts := client.WarnOpts{Level: 1, URL: check.Page()}
		if data := in.files[w.At.File]; data != nil && w.At.Start.Line > 0 {
			opts.SourceInfo = &pb.SourceInfo{Filename: plan.Printable(w.At.File), Language: "TOML", Data: data}
			opts.Range = ranges(w.At)
		}
		if w.Hint != "" {
			opts.Detail = [][]byte{[]byte(w.Hint)}
		}
		in.say(ctx, w.Rule+": "+w.Message, opts)
	}
	return errors.Join(errs...)
}

// lint answers `docker build --check`: everything but the build itself. What would
// stop the build is the result's error.
func (in *inputs) lint(ctx context.Context) (*lint.LintResults, error) {
	results := &lint.LintResults{}
	warnings := in.warnings()
	t, _, err := in.plan(ctx)
	if err == nil {
		warnings = append(warnings, planner.Advice(t.input)...)
		var source fs.FS
		if source, _, err = t.starts(ctx); err == nil {
			warnings = append(warnings, t.largeApp(ctx, source)...)
		}
	}
	for _, w := range Counted(in.checks, warnings) {
		check, _ := diag.FindCheck(w.Rule)
		at := parser.Range{Start: position(w.At.Start), End: position(w.At.End)}
		detail := w.Message
		if w.Hint != "" {
			detail += "\n" + w.Hint
		}
		source := noSource
		if w.At.File == "" || w.At.File == in.entry.Filename {
			source = results.AddSource(in.entry.SourceMap)
		} else {
			detail = w.At.String() + ": " + detail + in.elsewhere(w.At)
		}
		results.AddWarning(w.Rule, check.Meaning, check.Page(), detail, source, []parser.Range{at})
	}
	if err != nil {
		// Clients want a source with it, whatever the error is about.
		results.Error = &lint.BuildError{Message: strings.TrimSpace(diag.MaskText(err.Error()) + "\n" + diag.See(err))}
		results.Error.Location = pb.Location{SourceIndex: int32(results.AddSource(in.entry.SourceMap))}
		if all := diag.All(err); len(all) > 0 {
			switch at := all[0].At; {
			case at.File != in.entry.Filename:
				results.Error.Message += in.elsewhere(at)
			case at.Start.Line > 0:
				results.Error.Location.Ranges = ranges(at)
			}
		}
	}
	return results, nil
}

// noSource is the place of a warning that has none in the file of -f.
const noSource = -1

// elsewhere is the excerpt of a place outside of the file of -f: buildx says of every source
// of a check that it is that file, so it is given none of the others.
func (in *inputs) elsewhere(at plan.Location) string {
	data := in.files[at.File]
	if data == nil || at.Start.Line == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n")
	source := errdefs.Source{Info: &pb.SourceInfo{Filename: plan.Printable(at.File), Data: data}, Ranges: ranges(at)}
	if source.Print(&b) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// position is a place as the linter has it: columns count from zero.
func position(p plan.Position) parser.Position {
	return parser.Position{Line: max(p.Line, 1), Character: max(p.Column-1, 0)}
}
