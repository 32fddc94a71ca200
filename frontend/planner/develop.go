package planner

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// developing are the targets that have the dependencies of developers.
func developing(target string) bool { return target == "test" || target == "dev" }

// Develop adds to the configuration what the targets test and dev have more than the
// runtime: the dependencies that developers have, by the names that they commonly
// give them, unless the target says its own; all files, and those the app's to write.
func Develop(c *config.Config, target string, manifest *project.Pyproject, exists func(name string) bool) *config.Config {
	if !developing(target) {
		return c
	}
	d := *c
	own := c.Targets[target]
	if len(own.Groups)+len(own.Extras) == 0 && own.Input == "" {
		d.Build.Groups, d.Build.Extras = slices.Clone(c.Build.Groups), slices.Clone(c.Build.Extras)
		found := false
		add := func(names *[]string, name string) {
			found = true
			if !slices.Contains(*names, name) {
				*names = append(*names, name)
			}
		}
		for _, name := range []string{"test", "tests", "testing", "dev"} {
			if manifest == nil {
				break
			}
			if _, ok := manifest.Groups[name]; ok {
				add(&d.Build.Groups, name)
			} else if _, ok := manifest.Optional[name]; ok {
				add(&d.Build.Extras, name)
			}
		}
		for _, name := range developerRequirements() {
			if !found && c.Build.Input == "" && exists(name) {
				d.Build.Input, found = name, true
			}
		}
	}
	if target == "dev" {
		d.Runtime.Include, d.Runtime.Exclude = []string{"**"}, nil
		d.Runtime.Owner = "user"
	}
	return &d
}

// developerRequirements are the files that developers commonly install from, beside
// a requirements.txt that they include.
func developerRequirements() []string {
	return []string{
		"requirements-test.txt", "requirements-dev.txt", "requirements/test.txt", "requirements/dev.txt", "requirements/development.txt",
		"test-requirements.txt", "dev-requirements.txt", "requirements_dev.txt",
	}
}

// test runs the tests: the image is what they leave in /out, and the build fails
// where they do.
func (b *builder) test() error {
	if value, given := b.BuildArgs[testsArg]; given && value != "" && value != "report" {
		return &diag.Error{Code: "PB010", Message: fmt.Sprintf("the build argument %s should be \"report\", but is %q", testsArg, value),
			Hint: "leave it out, and the build fails where the tests do; or write --build-arg " + testsArg + "=report"}
	}
	command, err := b.testCommand()
	if err != nil {
		return err
	}
	vars := map[string]string{"HOME": "/tmp", "PYTHONPATH": b.sourcePath()}
	for _, v := range b.plan.Config.Env {
		vars[v.Name] = v.Value
	}
	source := b.appFiles()
	source.From, source.Target, source.Scratch = plan.Ref{Context: plan.Project}, b.workdir(), true
	b.add(plan.Step{
		ID: "test", Name: "[test] " + strings.Join(command, " "), Stage: "test", Args: command, Env: sortedEnv(vars), Dir: b.workdir(),
		On: plan.Ref{Stack: append([]plan.Ref{b.plan.Root}, b.plan.Layers...)}, Output: ReportsDir, Offline: b.hermetic(), At: b.Config.At("target", "test"),
		Mounts: []plan.Mount{source, {Kind: plan.Cache, Target: testCache, ID: testCache}},
	})
	b.plan.Root, b.plan.Layers = plan.Ref{Step: "test"}, nil
	b.plan.Config = plan.Config{Workdir: "/"}
	return nil
}

// ReportsDir is where the tests leave what a build exports.
const ReportsDir = "/out"

// testsArg is the build argument that has the target test leave the reports of tests that
// fail, and an exit code, instead of failing the build.
const testsArg = "TESTS"

// Reports reports whether the tests' reports are wanted however they end.
func Reports(in Input) bool { return in.Target == "test" && in.BuildArgs[testsArg] != "" }

// testCache is where pytest keeps what failed last.
const testCache = "/var/cache/pytest"

// testCommand is the target's own, else pytest, else Django's.
func (b *builder) testCommand() ([]string, error) {
	python := b.plan.Python.Executable
	s := b.Config.Targets["test"].Serve
	switch {
	case len(s.Command) > 0:
		return s.Command, nil
	case s.Module != "":
		return append([]string{python, "-m", s.Module}, s.Args...), nil
	case b.Resolved.Has("pytest"):
		command := []string{python, "-m", "pytest", "-o", "cache_dir=" + testCache, "--junitxml=" + ReportsDir + "/junit.xml"}
		if b.Resolved.Has("pytest-cov") {
			command = append(command, "--cov", "--cov-report=term", "--cov-report=xml:"+ReportsDir+"/coverage.xml")
		}
		return command, nil
	case b.Apps != nil && b.Apps.Django != nil && b.Apps.Django.ManagePy != "":
		return []string{python, b.inApp(b.Apps.Django.ManagePy), "test", "--noinput"}, nil
	}
	_, source := b.Config.Source()
	return nil, &diag.Error{Code: "PB402", At: b.Config.At("target", "test"), Source: source,
		Message: "nothing to test with: pytest is not among the packages of " + b.inputName(),
		Hint:    "add it for developers, as with " + b.developerCommand() + ", or say what to run:\n[target.test]\ncommand = [\"python\", \"-m\", \"unittest\"]"}
}

// developerCommand is how the project's tool adds a dependency of developers.
func (b *builder) developerCommand() string {
	switch b.Facts.Tool() {
	case project.ToolPoetry:
		return "poetry add --group dev pytest"
	case project.ToolPDM:
		return "pdm add -dG dev pytest"
	case project.ToolPipenv:
		return "pipenv install --dev pytest"
	}
	if b.Facts.Input == project.InputRequirements {
		return "requirements-dev.txt"
	}
	return "uv add --dev pytest"
}

// sourcePath has the app's own files found before what is installed of them.
func (b *builder) sourcePath() string {
	return strings.Join([]string{path.Join(b.workdir(), "src"), b.workdir()}, ":")
}

// dev serves the app again whenever a file changes: docker compose's watch writes them.
func (b *builder) dev() {
	c := &b.plan.Config
	set := func(name, value string) {
		i := slices.IndexFunc(c.Env, func(v plan.EnvVar) bool { return v.Name == name })
		if i < 0 {
			c.Env = append(c.Env, plan.EnvVar{Name: name, Value: value})
		} else {
			c.Env[i].Value = value
		}
	}
	set("PYTHONPATH", strings.Trim(b.sourcePath()+":"+b.defaults["PYTHONPATH"], ":"))
	set("PYTHONDONTWRITEBYTECODE", "1")
	b.reload()
	b.plan.Decisions = append(b.plan.Decisions, plan.Decision{What: "files", Value: b.workdir(),
		Reason: fmt.Sprintf("the target dev has all files of the context, %s's to write", or(b.Config.Runtime.User, "appuser"))})
}

// reload has the server start again when a file changes, where it can.
func (b *builder) reload() {
	c := &b.plan.Config
	if len(c.Cmd) == 0 {
		return
	}
	switch server := c.Cmd[0]; {
	case !slices.Contains([]string{"uvicorn", "gunicorn", "hypercorn", "granian"}, server):
	case server == "granian" && !b.Resolved.Has("watchfiles"):
		// It ends with an error.
		b.decide("reload", "none", "granian serves what changes with watchfiles alone, which is not installed")
	default:
		c.Cmd = append(slices.Clone(c.Cmd), "--reload")
		b.decide("reload", server, "the target dev serves what changes")
	}
}
