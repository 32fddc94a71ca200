package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// shell parses a script, and compares each command with what there is to call.
func (p shown) shell(s snippet) error {
	parsed, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(s.text), s.at)
	if err != nil {
		return err
	}
	if s.file != "" {
		return nil // a script of its own, which a test of the engines runs
	}
	var errs []error
	syntax.Walk(parsed, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		var words []string
		for _, w := range call.Args {
			words = append(words, printed(w))
		}
		if err := p.command(words); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", strings.Join(words, " "), err))
		}
		return true
	})
	return errors.Join(errs...)
}

// printed is a word as a shell would pass it, with its expansions as they are written.
func printed(w *syntax.Word) string {
	var b strings.Builder
	_ = syntax.NewPrinter().Print(&b, w)
	return strings.Trim(b.String(), `"'`)
}

// command judges one command.
func (p shown) command(words []string) error {
	name, args := words[0], words[1:]
	switch {
	case name == "docker" && len(args) > 0 && args[0] == "build":
		return p.build(args[1:])
	case name == "docker" && len(args) > 1 && args[0] == "buildx" && args[1] == "build":
		return p.build(args[2:])
	case name == "docker" && len(args) > 1 && args[0] == "buildx" && args[1] == "bake":
		return p.needs("docker-bake.hcl", "docker-bake.json", "compose.yaml")
	case name == "docker" && len(args) > 0 && args[0] == "run":
		return p.container(args[1:])
	case name == "docker" && len(args) > 0 && args[0] == "compose":
		return p.needs("compose.yaml")
	case name == "make":
		return makes(args)
	case name == "go":
		return goes(args)
	case name == "uv":
		if len(args) != 1 || args[0] != "lock" {
			return errors.New("only `uv lock` is tested")
		}
		return p.needs("pyproject.toml")
	case name == "docker" && len(args) > 2 && args[0] == "buildx" && args[1] == "imagetools" && args[2] == "inspect":
		_, _, err := flags{"--format": true, "--raw": false}.split(args[3:])
		return err
	case name == "docker" && len(args) > 1 && args[0] == "buildx" && args[1] == "create":
		_, _, err := createFlags.split(args[2:])
		return err
	case name == "docker" && len(args) == 1 && args[0] == "login":
		return nil
	case name == "cosign" && len(args) > 0 && (args[0] == "verify" || args[0] == "sign"):
		return nil // they want the service that keeps the signatures
	case slices.Contains([]string{"base64", "cat", "cksum", "cut", "curl", "exit", "export", "jq", "printf", "tar"}, name):
		return nil // everybody's
	}
	return errors.New("no rule tests this command")
}

// needs asks for one of several files beside the command, where a page shows any.
func (p shown) needs(names ...string) error {
	for _, n := range names {
		if len(p.files) == 0 || p.files[n] {
			return nil
		}
	}
	return fmt.Errorf("the page shows no %s", strings.Join(names, " or "))
}

// flags are those of a command, by whether they take a value.
type flags map[string]bool

func flagSet(with, without string) flags {
	all := flags{}
	for _, f := range strings.Fields(with) {
		all[f] = true
	}
	for _, f := range strings.Fields(without) {
		all[f] = false
	}
	return all
}

// split separates the flags of a command from its other words.
func (f flags) split(args []string) (values map[string][]string, rest []string, err error) {
	values = map[string][]string{}
	for i := 0; i < len(args); i++ {
		if !strings.HasPrefix(args[i], "-") {
			return values, args[i:], nil
		}
		name, value, inline := strings.Cut(args[i], "=")
		takes, known := f[name]
		switch {
		case !known:
			return nil, nil, fmt.Errorf("there is no flag %s", name)
		case takes && !inline:
			if i++; i == len(args) {
				return nil, nil, fmt.Errorf("%s has no value", name)
			}
			value = args[i]
		}
		values[name] = append(values[name], value)
	}
	return values, nil, nil
}

// buildFlags are those of `docker build`, as its reference lists them.
var buildFlags = flagSet(
	"-f --file -t --tag -o --output --target --build-arg --build-context --secret --ssh --platform --no-cache-filter --label --annotation "+
		"--cache-from --cache-to --progress --call --add-host --ulimit --shm-size --network --attest --sbom --provenance --builder --allow --metadata-file --iidfile",
	"--no-cache --pull --push --load --check -q --quiet")

// createFlags are those of `docker buildx create`.
var createFlags = flagSet("--name --node --driver --driver-opt --platform --buildkitd-config --buildkitd-flags", "--append --bootstrap --use --leave")

// requests are what --call takes.
var requests = regexp.MustCompile(`^(check|outline|targets|explain|explain-dot|explain-svg)(,format=json)?$`)

// build judges `docker build`: its flags, its target, and that it is given a file that
// there is.
func (p shown) build(args []string) error {
	values, rest, err := buildFlags.split(args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return fmt.Errorf("the context is not one word: %q", rest)
	}
	file := "Dockerfile"
	if named := append(values["-f"], values["--file"]...); len(named) > 0 {
		file = named[0]
	}
	configures := file == "pyproject.toml" || file == "pybuild.toml" || p.files[file]
	if !configures && (file != "Dockerfile" || values["--build-arg"] == nil && len(p.files) > 0) {
		return fmt.Errorf("the page shows no %s", file)
	}
	if p.configured() && !p.files[file] && rest[0] == "." {
		return fmt.Errorf("the page shows no %s", file)
	}
	for _, call := range values["--call"] {
		if !requests.MatchString(call) {
			return fmt.Errorf("nothing answers --call=%s", call)
		}
	}
	for _, target := range values["--target"] {
		if slices.Contains([]string{"lock", "wheelhouse", "dockerfile"}, target) {
			continue // every project has them, and none is planned by files alone
		}
		in := p
		if !p.configured() {
			in.dir, file = "testdata/targets", "pybuild.toml"
		}
		if err := in.pybuild("check", "-f", file, "-target", target); err != nil {
			return err
		}
	}
	return nil
}

// configured reports whether the page shows what configures a build.
func (p shown) configured() bool {
	return slices.ContainsFunc(p.snippets, func(s snippet) bool {
		return s.file != "" && (strings.Contains(s.text, "[tool.pybuild") || strings.HasPrefix(s.text, "# syntax="))
	})
}

// runFlags are those of `docker run` that pages use.
var runFlags = flagSet("-p --publish -e --env -v --volume --entrypoint --user --tmpfs --cap-drop --memory --cpus --name -u -w", "--rm -d --detach -it -i -t --read-only")

// container judges `docker run`: of the frontend's own image, its command line is run.
func (p shown) container(args []string) error {
	_, rest, err := runFlags.split(args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 0:
		return errors.New("no image is named")
	case rest[0] == "org/pybuild" && len(rest) == 1:
		return errors.New("no command of pybuild is named")
	case rest[0] == "org/pybuild":
		in := p
		if len(p.files) == 0 {
			in.dir = filepath.Join(checkout, "examples/fastapi")
			if rest[1] == "init" || rest[1] == "migrate" {
				return nil // TestInit and TestMigrate try them; they would write into the example
			}
		}
		return in.pybuild(rest[1:]...)
	}
	for _, g := range p.snippets {
		if strings.Contains(g.text, "-t "+rest[0]+" ") || strings.Contains(g.text, `"`+rest[0]) {
			return nil
		}
	}
	return fmt.Errorf("the page builds no image %s", rest[0])
}

// makes judges the targets of make.
func makes(args []string) error {
	data, err := os.ReadFile(filepath.Join(checkout, "Makefile"))
	if err != nil {
		return err
	}
	for _, a := range args {
		if !strings.Contains(a, "=") && !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(a)+`:`).Match(data) {
			return fmt.Errorf("the Makefile has no target %s", a)
		}
	}
	return nil
}

// goes judges `go run ./DIRECTORY FLAGS` and `go test ./DIRECTORY`.
func goes(args []string) error {
	if len(args) < 2 || args[0] != "run" && args[0] != "test" {
		return errors.New("no rule tests this command of go")
	}
	at := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "./") })
	if at < 0 {
		return errors.New("no directory of the repository is named")
	}
	dir := filepath.Join(checkout, strings.TrimSuffix(args[at], "/..."))
	sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	if len(sources) == 0 && !strings.HasSuffix(args[at], "/...") {
		return fmt.Errorf("%s has no program", args[at])
	}
	if args[0] == "test" {
		return nil
	}
	var code []byte
	for _, s := range sources {
		data, err := os.ReadFile(s)
		if err != nil {
			return err
		}
		code = append(code, data...)
	}
	for _, a := range args[at+1:] {
		if name := strings.TrimLeft(a, "-"); name != a && !strings.Contains(string(code), `("`+name+`", `) {
			return fmt.Errorf("%s has no flag %s", args[at], a)
		}
	}
	return nil
}
