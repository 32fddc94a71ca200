package diag_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/diag"
)

const root = "../.."

// code is how sources and messages write a code.
var code = regexp.MustCompile(`\bPB\d{3}\b`)

// TestCatalogue wants codes in order, each once, in a known range.
func TestCatalogue(t *testing.T) {
	names := map[string]bool{}
	last := ""
	for _, e := range diag.Catalogue() {
		if e.Code <= last {
			t.Errorf("%s comes after %s", e.Code, last)
		}
		if last = e.Code; names[e.Name] || !strings.HasSuffix(e.Meaning, ".") || diag.PageFile(e.Code) == "README.md" {
			t.Errorf("%+v", e)
		}
		names[e.Name] = true
	}
}

// TestSourcesHaveCodes wants a code of the catalogue on every error that the sources
// make, and a source for every code.
func TestSourcesHaveCodes(t *testing.T) {
	known, used := map[string]bool{}, map[string]bool{}
	for _, e := range diag.Catalogue() {
		known[e.Code] = true
	}
	for _, path := range sources(t, ".go", ".py", ".sh") {
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "catalogue.go") {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, ".go") {
			uncoded(t, path, data)
		}
		for _, c := range code.FindAllString(string(data), -1) {
			if used[c] = true; !known[c] && c != "PB000" {
				t.Errorf("%s: %s is not in the catalogue", path, c)
			}
		}
	}
	for c := range known {
		if !used[c] {
			t.Errorf("%s is in the catalogue, and nothing says it", c)
		}
	}
}

// uncoded reports errors that a file makes without a code.
func uncoded(t *testing.T, path string, data []byte) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, data, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		kind, ok := literal.Type.(*ast.SelectorExpr)
		if !ok || kind.Sel.Name != "Error" {
			return true
		}
		if pkg, ok := kind.X.(*ast.Ident); !ok || pkg.Name != "diag" {
			return true
		}
		for _, element := range literal.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				if key, ok := pair.Key.(*ast.Ident); ok && key.Name == "Code" {
					return true
				}
			}
		}
		t.Errorf("%s: an error has no code", files.Position(literal.Pos()))
		return true
	})
}

// sources are the files of the product with one of these suffixes.
func sources(t *testing.T, suffixes ...string) []string {
	t.Helper()
	var paths []string
	for _, dir := range []string{"frontend", "llb", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			for _, s := range suffixes {
				if err == nil && !d.IsDir() && strings.HasSuffix(path, s) {
					paths = append(paths, path)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return paths
}
