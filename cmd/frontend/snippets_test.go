package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"go.yaml.in/yaml/v3"

	"github.com/pybuild/pybuild/frontend/config"
)

// checkout is the root of the repository.
const checkout = "../.."

// snippet is a fenced block of a page.
type snippet struct {
	at   string // page:line
	kind string // toml, sh …
	file string // what it is the content of, in the project that the page shows
	text string
}

// group is a project as a page shows it: the snippets of a section, or of the page
// where it tells one story.
type group struct {
	name     string
	snippets []snippet
}

// story reports whether the snippets of all sections of a page make one project.
func story(page string) bool {
	dir := filepath.Dir(page)
	return page == "docs/quickstart.md" || dir == "docs/recipes" || dir == "docs/migration"
}

// TestSnippets tries every snippet of the documentation, as far as that needs no
// engine: what is a file is parsed, what configures a build is planned beside the
// files that stand with it, and commands are compared with what there is to call.
func TestSnippets(t *testing.T) {
	pages := pages(t)
	if len(pages) < 20 {
		t.Fatalf("only %d pages: %v", len(pages), pages)
	}
	for _, page := range pages {
		for _, g := range groups(t, page) {
			t.Run(g.name, func(t *testing.T) {
				t.Parallel()
				p := lay(t, g)
				for _, s := range g.snippets {
					if err := p.judge(s); err != nil {
						t.Errorf("%s: %v", s.at, err)
					}
				}
			})
		}
	}
}

// pages are the files of the documentation, from the root of the repository.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	err := fs.WalkDir(os.DirFS(checkout), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && path != "docs" && !strings.HasPrefix(path, "docs/"):
			return fs.SkipDir
		case filepath.Dir(path) == "docs/errors":
			// Their snippets are wrong on purpose, and say how: a test of the catalogue holds them.
		case filepath.Ext(path) == ".md":
			all = append(all, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var fence = regexp.MustCompile("^( *)```([\\w-]*)(?: (\\S+))?$")

// groups reads the snippets of a page.
func groups(t *testing.T, page string) []group {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(checkout, page))
	if err != nil {
		t.Fatal(err)
	}
	all := []group{{name: page}}
	var open *snippet
	indent := ""
	for i, line := range strings.Split(string(data), "\n") {
		m := fence.FindStringSubmatch(line)
		last := &all[len(all)-1]
		switch {
		case open != nil && m != nil && m[2] == "":
			last.snippets = append(last.snippets, *open)
			open = nil
		case open != nil:
			open.text += strings.TrimPrefix(line, indent) + "\n"
		case m != nil:
			indent = m[1]
			open = &snippet{at: fmt.Sprintf("%s:%d", page, i+1), kind: m[2], file: m[3]}
		case strings.HasPrefix(line, "```"):
			t.Errorf("%s:%d: this fence is of no form that is tested: ```KIND FILE", page, i+1)
		case strings.HasPrefix(line, "## ") && !story(page):
			all = append(all, group{name: page + "#" + strings.TrimPrefix(line, "## ")})
		}
	}
	if open != nil {
		t.Errorf("%s: this fence has no end", open.at)
	}
	return all
}

// shown is a group on the disk.
type shown struct {
	group
	dir   string
	files map[string]bool
}

// certificate is the file of a company's CA that a configuration names.
var certificate = regexp.MustCompile(`(?m)^ca = "(.+\.pem)"$`)

// lay writes the files of a group, and a program and a certificate for those that name one
// without showing it.
func lay(t *testing.T, g group) shown {
	t.Helper()
	p := shown{g, t.TempDir(), map[string]bool{}}
	put := func(name, text string) {
		path := filepath.Join(p.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range g.snippets {
		if s.file == "" {
			continue
		}
		if p.files[s.file] {
			t.Errorf("%s: %s is shown twice", s.at, s.file)
		}
		p.files[s.file] = true
		put(s.file, s.text)
		if ca := certificate.FindStringSubmatch(s.text); ca != nil {
			put(ca[1], "nobody reads it")
		}
	}
	if !p.files["main.py"] {
		put("main.py", "print('it runs')\n")
	}
	return p
}

// judge says what is wrong with a snippet.
func (p shown) judge(s snippet) error {
	if len(strings.TrimSpace(s.text)) == 0 && filepath.Base(s.file) != "__init__.py" {
		return fmt.Errorf("the snippet is empty")
	}
	switch s.kind {
	case "toml":
		return p.toml(s)
	case "sh":
		return p.shell(s)
	case "python":
		return compile(s.text)
	case "json":
		return json.Unmarshal([]byte(s.text), new(any))
	case "yaml":
		return yaml.Unmarshal([]byte(s.text), new(any))
	case "hcl":
		if _, diags := hclparse.NewParser().ParseHCL([]byte(s.text), s.file); diags.HasErrors() {
			return diags
		}
		return nil
	case "dockerfile":
		return dockerfile(s.text)
	case "groovy":
		return nil // `make lint` parses it, and TestCIRecipes runs what it runs
	case "text", "css":
		return nil // a file of another kind, which the plan reads if anyone does, or what a program prints
	}
	return fmt.Errorf("no rule tests snippets of the kind %q: name one of those of this test, or add a rule", s.kind)
}

// toml parses a snippet strictly, and plans the build of a file that configures one.
func (p shown) toml(s snippet) error {
	project := strings.Contains(s.text, "[project]") || strings.Contains(s.text, "[tool.")
	base := filepath.Base(s.file)
	switch {
	case s.file == "" && project:
		_, err := config.ParseProject("pyproject.toml", []byte(s.text))
		return err
	case s.file == "":
		_, err := config.Parse("pybuild.toml", []byte(s.text))
		return err
	case base == "pyproject.toml" && !strings.Contains(s.text, "[tool.pybuild"):
		_, err := config.ParseProject(s.file, []byte(s.text))
		return err
	case base == "pyproject.toml" || strings.HasPrefix(s.text, "# syntax=org/pybuild\n"):
		cfg, err := config.Parse(s.file, []byte(s.text))
		if base != "pyproject.toml" && (err != nil || cfg.Build.Package != "" && !p.files["uv.lock"]) {
			return err // the members are those of a lock that only uv can write: see TestRecipes
		}
		return p.pybuild("check", "-f", s.file)
	}
	_, err := toml.Decode(s.text, new(map[string]any))
	return err
}

// pybuild runs the command line in the group's directory.
func (p shown) pybuild(args ...string) error {
	var out bytes.Buffer
	if !slices.Contains([]string{"schema", "version", "help"}, args[0]) {
		args = slices.Insert(args, 1, "-C", p.dir)
	}
	if err := run(args, &out, &out); err != nil {
		return fmt.Errorf("pybuild %s: %w\n%s", strings.Join(args, " "), err, out.String())
	}
	return nil
}

// compile has Python look at a program, where there is a Python.
func compile(program string) error {
	python, err := exec.LookPath("python3")
	if err != nil {
		return nil //nolint:nilerr // the bed, which all other tests need, has one
	}
	cmd := exec.Command(python, "-c", "import sys; compile(sys.stdin.read(), 'snippet', 'exec')")
	cmd.Stdin = strings.NewReader(program)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

func dockerfile(text string) error {
	parsed, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return err
	}
	_, _, err = instructions.Parse(parsed.AST, nil)
	return err
}
