// Package site has the tests of what makes docs/ a site, beside its sources.
package site

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"
)

const (
	root       = ".."
	repository = "https://github.com/pybuild/pybuild"
)

// page is what a Markdown file links to and has.
type page struct {
	links   []string
	anchors []string
}

// TestLinks follows every link of the documentation that stays in the repository: the
// file is there, and so is the heading. Nothing is asked of a network.
func TestLinks(t *testing.T) {
	pages := read(t)
	if len(pages) < 20 {
		t.Fatalf("only %d pages", len(pages))
	}
	links := 0
	for name, p := range pages {
		for _, link := range p.links {
			links++
			if err := follow(pages, name, link); err != nil {
				t.Errorf("%s: %s: %v", name, link, err)
			}
		}
	}
	if links < 50 {
		t.Errorf("only %d links", links)
	}
}

// TestDeadLinks makes sure that the test above notices.
func TestDeadLinks(t *testing.T) {
	pages := read(t)
	for link, says := range map[string]string{
		"nowhere.md": "no such file", "../README.md#nowhere": "no heading", "reference.md#build": "", "#nowhere": "no heading", "/docs/cli.md": "absolute",
		repository + "/blob/main/nowhere": "no such file", repository + "/tree/main/examples": "", "https://example.org/nowhere": "",
	} {
		switch err := follow(pages, "docs/cli.md", link); {
		case says == "" && err != nil:
			t.Errorf("%s: %v", link, err)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says)):
			t.Errorf("%s: %v, want %s", link, err, says)
		}
	}
}

// TestNavigation requires a place in the site's navigation for each page, and no place
// for what is not there.
func TestNavigation(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "mkdocs.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct{ Nav []any }
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	var named []string
	var visit func(any)
	visit = func(entry any) {
		switch e := entry.(type) {
		case string:
			named = append(named, "docs/"+e)
		case []any:
			for _, below := range e {
				visit(below)
			}
		case map[string]any:
			for _, below := range e {
				visit(below)
			}
		}
	}
	visit(config.Nav)
	pages := read(t)
	for _, name := range named {
		if _, ok := pages[name]; !ok {
			t.Errorf("mkdocs.yml names %s, which is not there", name)
		}
	}
	for name := range pages {
		if strings.HasPrefix(name, "docs/") && !slices.Contains(named, name) {
			t.Errorf("%s is not in the navigation: give it a line below nav in mkdocs.yml", name)
		}
	}
}

// read parses the Markdown files at the root and below docs/.
func read(t *testing.T) map[string]page {
	t.Helper()
	pages := map[string]page{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && name != "docs" && !strings.HasPrefix(name, "docs/"):
			return fs.SkipDir
		case path.Ext(name) != ".md":
			return nil
		}
		source, err := os.ReadFile(filepath.Join(root, name))
		pages[name] = parse(source)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// sources are the links of HTML in a page.
var sources = regexp.MustCompile(`(?:href|src|srcset)="([^"]*)"`)

func parse(source []byte) page {
	var p page
	html := func(lines *text.Segments) {
		for _, m := range sources.FindAllSubmatch(lines.Value(source), -1) {
			p.links = append(p.links, string(m[1]))
		}
	}
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := node.(type) {
		case *ast.Link:
			p.links = append(p.links, string(n.Destination))
		case *ast.Image:
			p.links = append(p.links, string(n.Destination))
		case *ast.RawHTML:
			html(n.Segments)
		case *ast.HTMLBlock:
			html(n.Lines())
		case *ast.Heading:
			p.anchors = append(p.anchors, anchor(heading(n, source), p.anchors))
		}
		return ast.WalkContinue, nil
	})
	return p
}

// heading is the text of a heading.
func heading(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if leaf, ok := c.(*ast.Text); ok {
			b.Write(leaf.Segment.Value(source))
			continue
		}
		b.WriteString(heading(c, source))
	}
	return b.String()
}

// anchor is the name that the forge gives to a heading.
func anchor(title string, taken []string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
	free := slug
	for i := 1; slices.Contains(taken, free); i++ {
		free = fmt.Sprintf("%s-%d", slug, i)
	}
	return free
}

// follow says why a link of a page leads nowhere.
func follow(pages map[string]page, from, link string) error {
	for _, kind := range []string{"/blob/main/", "/tree/main/"} {
		if inside, ok := strings.CutPrefix(link, repository+kind); ok {
			from, link = "README.md", inside
		}
	}
	u, err := url.Parse(link)
	switch {
	case err != nil:
		return err
	case u.Scheme != "":
		return nil
	case path.IsAbs(u.Path):
		return fmt.Errorf("absolute: it leads elsewhere on the forge than on the site")
	}
	target := from
	if u.Path != "" {
		target = path.Join(path.Dir(from), u.Path)
		if _, err := os.Stat(filepath.Join(root, target)); err != nil {
			return fmt.Errorf("no such file as %s", target)
		}
	}
	if u.Fragment == "" {
		return nil
	}
	p, ok := pages[target]
	if !ok || !slices.Contains(p.anchors, u.Fragment) {
		return fmt.Errorf("%s has no heading of that name", target)
	}
	return nil
}
