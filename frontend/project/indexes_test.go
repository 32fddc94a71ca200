package project

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pybuild/pybuild/llb/plan"
)

// TestIndexes finds the indexes that projects name, but not the public one.
func TestIndexes(t *testing.T) {
	const corp = "name = \"corp\"\nurl = \"https://packages.corp.example/simple\"\n"
	named := Index{Name: "corp", URL: "https://packages.corp.example/simple"}
	byDefault := named
	byDefault.Default = true
	for name, c := range map[string]struct {
		files []string
		want  []Index
	}{
		"none":      {[]string{PyprojectFile, aProject}, nil},
		"tool.uv":   {[]string{PyprojectFile, aProject + "[[tool.uv.index]]\n" + corp + "default = true\n"}, []Index{byDefault}},
		"uv.toml":   {[]string{PyprojectFile, aProject + "[[tool.uv.index]]\nname = \"other\"\nurl = \"https://other.example\"\n", UVConfigFile, "[[index]]\n" + corp}, []Index{named}},
		"a script":  {[]string{"main.py", "# /// script\n# dependencies = [\"b\"]\n# [[tool.uv.index]]\n# name = \"corp\"\n# url = \"https://packages.corp.example/simple\"\n# ///\n"}, []Index{named}},
		"a Pipfile": {[]string{"Pipfile", "[[source]]\nname = \"pypi\"\nurl = \"https://public.example/simple\"\n[[source]]\n" + corp + "[packages]\n", "Pipfile.lock", `{"_meta": {"pipfile-spec": 6, "hash": {}, "sources": []}, "default": {}, "develop": {}}`}, []Index{named}},
	} {
		t.Run(name, func(t *testing.T) {
			choice := Choice{}
			if c.files[0] == "main.py" {
				choice.Script = "main.py"
			}
			f, err := Read(files(c.files...), choice)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, f.Indexes(), cmpopts.IgnoreTypes(plan.Location{}), cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestCompiles finds what compiles native code when it is built.
func TestCompiles(t *testing.T) {
	build := func(requires string) []string {
		return []string{PyprojectFile, aProject + "[build-system]\nrequires = [" + requires + "]\n"}
	}
	for name, c := range map[string]struct {
		files []string
		want  []Compiled
	}{
		"hatchling":   {build(`"hatchling"`), nil},
		"maturin":     {build(`"maturin>=1,<2"`), []Compiled{{Path: ".", Rust: true, Reason: "pyproject.toml builds with maturin"}}},
		"Cython":      {build(`"setuptools>=60", "Cython~=3.0"`), []Compiled{{Path: ".", Reason: "pyproject.toml builds with cython"}}},
		"ext-modules": {[]string{PyprojectFile, aProject + "[tool.setuptools]\next-modules = [{ name = \"a\" }]\n"}, []Compiled{{Path: ".", Reason: "pyproject.toml has ext-modules"}}},
		"setup.py":    {append(build(`"setuptools"`), "setup.py", "setup(ext_modules=[Extension('a', ['a.c'])])"), []Compiled{{Path: ".", Reason: "setup.py has extensions"}}},
		"Rust":        {append(build(`"setuptools"`), "setup.py", "setup(rust_extensions=[RustExtension('a')])"), []Compiled{{Path: ".", Rust: true, Reason: "setup.py has extensions in Rust"}}},
		"a directory": {[]string{RequirementsFile, "./lib", "lib/pyproject.toml", "[build-system]\nrequires = [\"pybind11\"]\n"}, []Compiled{{Path: "lib", Reason: "lib/pyproject.toml builds with pybind11"}}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Read(files(c.files...), Choice{})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, f.Compiles([]string{".", "lib"}), cmpopts.IgnoreTypes(plan.Location{}), cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}
