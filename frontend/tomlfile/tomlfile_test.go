package tomlfile_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

const project = `# a project
title = "x"
a.b.c = 1   # dotted

[project]
name = "demo"
"quoted key" = 'v'
dependencies = [
  "one",   # first, with a comment ] that lies
  "two", [ "three", [4] ] ,
]
opts = { deep = { er = true }, list = [1, 2] }

[[tool.uv.index]]
name = "first"
[tool.uv.index.more]
x = 1
[[ tool . uv . index ]]
name = "second"

[tool.uv]
text = """
two lines"""
`

func parse(t *testing.T, text string) *tomlfile.File {
	t.Helper()
	f, err := tomlfile.Parse("f.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// slice returns the text that a location spans.
func slice(data []byte, l plan.Location) string {
	offset := func(p plan.Position) int {
		lines := bytes.SplitAfter(data, []byte("\n"))
		n := 0
		for _, line := range lines[:p.Line-1] {
			n += len(line)
		}
		return n + p.Column - 1
	}
	return string(data[offset(l.Start):offset(l.End)])
}

func TestPlaces(t *testing.T) {
	tests := []struct {
		path     string
		at, text string
		key      string
	}{
		{"title", "f.toml:2:9", `"x"`, `title`},
		{"a", "f.toml:3:1", `a`, `a`},
		{"a/b/c", "f.toml:3:9", `1`, `c`},
		{"project", "f.toml:5:1", `[project]`, `project`},
		{"project/quoted key", "f.toml:7:16", `'v'`, `"quoted key"`},
		{"project/dependencies/0", "f.toml:9:3", `"one"`, `"one"`},
		{"project/dependencies/2", "f.toml:10:10", `[ "three", [4] ]`, `[ "three", [4] ]`},
		{"project/dependencies/2/1/0", "f.toml:10:22", `4`, `4`},
		{"project/dependencies/7", "f.toml:8:16", "[\n  \"one\",   # first, with a comment ] that lies\n  \"two\", [ \"three\", [4] ] ,\n]", `dependencies`},
		{"project/opts", "f.toml:12:8", `{ deep = { er = true }, list = [1, 2] }`, `opts`},
		{"project/opts/deep", "f.toml:12:17", `{ er = true }`, `deep`},
		{"project/opts/deep/er", "f.toml:12:24", `true`, `er`},
		{"project/opts/list/1", "f.toml:12:43", `2`, `2`},
		{"tool", "f.toml:14:1", `[[tool.uv.index]]`, `tool`},
		{"tool/uv", "f.toml:21:1", `[tool.uv]`, `uv`},
		{"tool/uv/index/0", "f.toml:14:1", `[[tool.uv.index]]`, `[[tool.uv.index]]`},
		{"tool/uv/index/0/more/x", "f.toml:17:5", `1`, `x`},
		{"tool/uv/index/1", "f.toml:18:1", `[[ tool . uv . index ]]`, `[[ tool . uv . index ]]`},
		{"tool/uv/index/1/name", "f.toml:19:8", `"second"`, `name`},
		{"tool/uv/text", "f.toml:22:8", "\"\"\"\ntwo lines\"\"\"", `text`},
		{"tool/nowhere/at/all", "f.toml:14:1", `[[tool.uv.index]]`, `tool`},
	}
	for _, crlf := range []bool{false, true} {
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%s crlf=%v", tt.path, crlf), func(t *testing.T) {
				text := project
				if crlf {
					text = strings.ReplaceAll(text, "\n", "\r\n")
				}
				f := parse(t, "\ufeff"+text)
				path := strings.Split(tt.path, "/")
				lf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
				if got := f.At(path...).String(); got != tt.at {
					t.Errorf("At = %s, want %s", got, tt.at)
				}
				if got := lf(slice(f.Data, f.At(path...))); got != tt.text {
					t.Errorf("At spans %q, want %q", got, tt.text)
				}
				if got := slice(f.Data, f.KeyAt(path...)); lf(got) != tt.key {
					t.Errorf("KeyAt spans %q, want %q", got, tt.key)
				}
			})
		}
	}
}

func TestValues(t *testing.T) {
	f := parse(t, project)
	if diff := cmp.Diff([]string{"title", "a", "project", "tool"}, f.Keys()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"name", "quoted key", "dependencies", "opts"}, f.Keys("project")); diff != "" {
		t.Error(diff)
	}
	if f.Keys("title") != nil || f.Keys("none") != nil {
		t.Error("keys where there is no table")
	}
	if v, _ := f.Value("tool", "uv", "index", "1", "name"); v != "second" {
		t.Errorf("value %v", v)
	}
	for path, want := range map[string]bool{"tool/uv/index/1": true, "tool/uv/index/2": false, "project/dependencies/01": false, "title/0": false} {
		if got := f.Has(strings.Split(path, "/")...); got != want {
			t.Errorf("Has(%s) = %v", path, got)
		}
	}
	if got := f.Text("project", "opts", "list"); got != "[1, 2]" {
		t.Errorf("text %q", got)
	}
}

func TestDecode(t *testing.T) {
	f := parse(t, project)
	var index []struct{ Name string }
	if err := f.Decode(&index, "tool", "uv", "index"); err != nil || len(index) != 2 || index[1].Name != "second" {
		t.Errorf("%+v, %v", index, err)
	}
	var one struct{ Name string }
	if err := f.Decode(&one, "tool", "uv", "index", "1"); err != nil || one.Name != "second" {
		t.Errorf("%+v, %v", one, err)
	}
	var whole struct {
		Title   string
		Project struct{ Name string }
	}
	if err := f.Decode(&whole); err != nil || whole.Title != "x" || whole.Project.Name != "demo" {
		t.Errorf("%+v, %v", whole, err)
	}
	whole.Title = "kept"
	if err := f.Decode(&whole, "not", "there"); err != nil || whole.Title != "kept" {
		t.Errorf("%+v, %v", whole, err)
	}
}

// even refuses odd numbers, by the decoder's own interface.
type even int64

func (e *even) UnmarshalTOML(v any) error {
	if n, ok := v.(int64); !ok || n%2 != 0 {
		return fmt.Errorf("want an even number")
	}
	return nil
}

func TestDecodeErrors(t *testing.T) {
	type index struct {
		URL  string `toml:"url"`
		Even even   `toml:"even"`
	}
	type doc struct {
		Version string
		Deps    []string `toml:"deps"`
		Index   []index
		Env     map[string]string
		When    *bool
		Names   map[string][]string
	}
	tests := map[string]string{
		`version = 3.10`:                       "f.toml:1:11: version should be a string, but is a number [PB005]\n  quote it: \"3.10\"",
		`deps = "one"`:                         "f.toml:1:8: deps should be a list, but is a string [PB005]",
		"deps = [\"one\",\n  2]":               "f.toml:2:3: deps[1] should be a string, but is a number [PB005]\n  quote it: \"2\"",
		"[[index]]\n[[index]]\nurl = [true]":   "f.toml:3:7: index[1].url should be a string, but is a list [PB005]",
		"[[index]]\neven = 3":                  "f.toml:2:8: index[0].even: want an even number [PB005]",
		`index = 1`:                            "f.toml:1:9: index should be a list, but is a number [PB005]",
		`env = { A = "x", B = true }`:          "f.toml:1:22: env.B should be a string, but is a boolean [PB005]\n  quote it: \"true\"",
		`when = "true"`:                        "f.toml:1:8: when should be true or false, but is a string [PB005]",
		`names = { a = ["x", 1979-05-27] }`:    "f.toml:1:21: names.a[1] should be a string, but is a date [PB005]",
		"[version]\nx = 1\n":                   "f.toml:1:1: version should be a string, but is a table [PB005]",
		"unknown = 3\nversion = \"is fine\"\n": "",
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			f := parse(t, text)
			err := f.Decode(&doc{})
			got := ""
			if err != nil {
				got = err.Error()
				if all := diag.All(err); len(all) != 1 || !bytes.Equal(all[0].Source, f.Data) {
					t.Errorf("no diagnostic: %v", err)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSyntax renders what people read for each snippet of testdata/syntax.txt;
// snippets are separated by lines of dashes.
func TestSyntax(t *testing.T) {
	in, err := os.ReadFile(filepath.Join("testdata", "syntax.txt"))
	if err != nil {
		t.Fatal(err)
	}
	snippets := strings.Split(string(in), "\n----\n")
	snippets = append(snippets, "a = 1\rb = 2\r", "a = \"\xff\"", "\xff\xfea\x00", "a = \"unterminated", "a\x00 = 1", "a = 1\n\x00",
		"a = "+strings.Repeat("[", 20000), "a = \"x\n",
		strings.Repeat("a.", 150)+"b = 1", "[a"+strings.Repeat(".a", 150)+"]", "a = "+strings.Repeat("[", 150)+strings.Repeat("]", 150),
		"x = "+strings.Repeat("{ a = ", 70)+"1"+strings.Repeat("}", 70))
	var got strings.Builder
	for _, s := range snippets {
		shown := fmt.Sprintf("%.200q", s)
		if utf8.ValidString(s) && !strings.ContainsAny(s, "\r\x00") && len(s) < 1000 {
			shown = s
		}
		_, err := tomlfile.Parse("f.toml", []byte(s))
		if err == nil {
			t.Errorf("%s parses", shown)
			continue
		}
		checkPlace(t, err, []byte(s))
		fmt.Fprintf(&got, "%s\n=> %v\n\n", shown, err)
	}
	golden.Assert(t, got.String(), "syntax.golden")
}

func checkPlace(t *testing.T, err error, data []byte) {
	t.Helper()
	for _, e := range diag.All(err) {
		lines := bytes.Split(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n"))
		s, end := e.At.Start, e.At.End
		if s.Line < 1 || s.Line > len(lines) || s.Column < 1 || s.Column > len(lines[s.Line-1])+1 ||
			end.Line < s.Line || end.Line > len(lines) || (end.Line == s.Line && end.Column < s.Column) {
			t.Errorf("place outside the file: %v-%v in %q", s, end, data)
		}
		if e.Message == "" || e.Source == nil {
			t.Errorf("incomplete: %#v", e)
		}
	}
	if len(diag.All(err)) == 0 {
		t.Errorf("not a diagnostic: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(project))
	f.Add([]byte("\ufeffa = [1, {b = 2}]\r\n[[x]]\n[x.y]\n"))
	f.Add([]byte("x . \"a b\" . c = [ 1, # one\n {'d e' = [\"x\"], f.g = [{}]} , ]\n[x]\ny = {}\n[[x.z]]\nl = [[]]\n"))
	if in, err := os.ReadFile(filepath.Join("testdata", "syntax.txt")); err == nil {
		for _, s := range strings.Split(string(in), "\n----\n") {
			f.Add([]byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := tomlfile.Parse("f.toml", data)
		if err != nil {
			checkPlace(t, err, data)
			return
		}
		var visit func(path []string)
		visit = func(path []string) {
			v, ok := file.Value(path...)
			if !ok {
				t.Fatalf("no value at %q", path)
			}
			slice(file.Data, file.At(path...))
			slice(file.Data, file.KeyAt(path...))
			children := file.Keys(path...)
			switch v := v.(type) {
			case map[string]any:
				if len(v) != len(children) {
					t.Fatalf("%q: %d values but %d places", path, len(v), len(children))
				}
			case []any:
				for i := range v {
					children = append(children, fmt.Sprint(i))
				}
			case string:
				if text := file.Text(path...); text == "" || !strings.ContainsAny(text[:1], `"'`) {
					t.Fatalf("%q: the string is at %q", path, text)
				}
			}
			if len(path) < 20 {
				for _, c := range children {
					visit(append(append([]string{}, path...), c))
				}
			}
		}
		visit(nil)
		_ = file.Decode(&struct {
			A string
			B []string
			X []struct{ Y map[string]int }
		}{})
	})
}

// bigLock has the shape and the size of a large uv.lock.
func bigLock() []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < 2<<20; i++ {
		fmt.Fprintf(&b, "[[package]]\nname = \"p%d\"\nversion = \"1.%d\"\nwheels = [\n", i, i)
		for j := range 8 {
			fmt.Fprintf(&b, "    { url = \"https://files.example/p%d-%d.whl\", hash = \"sha256:%064d\", size = %d },\n", i, j, j, j)
		}
		b.WriteString("]\n\n")
	}
	return b.Bytes()
}

func TestBigFile(t *testing.T) {
	data := bigLock()
	start := time.Now()
	f := parse(t, string(data))
	parsed := time.Since(start)
	start = time.Now()
	f.At("package", "100", "wheels", "3", "hash")
	t.Logf("%d bytes: parsed in %v, indexed in %v", len(data), parsed, time.Since(start))
}

func BenchmarkParse(b *testing.B) {
	data := bigLock()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := tomlfile.Parse("uv.lock", data); err != nil {
			b.Fatal(err)
		}
	}
}
