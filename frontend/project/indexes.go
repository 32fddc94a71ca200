package project

import (
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/tomlfile"
)

// Indexes are the package indexes that the project's files name, in their order:
// uv.toml's, else those of [tool.uv], and those of the tool whose lock decides. None
// of them is the public one, unless somebody wrote it down.
func (f *Facts) Indexes() []Index {
	var all []Index
	switch {
	case f.UVConfig:
		all = append(all, f.uvIndexes...)
	case f.Script != nil:
		all = append(all, f.Script.Indexes...)
	case f.Pyproject != nil:
		all = append(all, f.Pyproject.Indexes...)
	}
	return append(all, f.toolIndexes()...)
}

// toolIndexes are the [[tool.poetry.source]] or [[tool.pdm.source]] of a manifest,
// or the [[source]] of a Pipfile.
func (f *Facts) toolIndexes() []Index {
	var file *tomlfile.File
	var path []string
	switch {
	case f.Input == InputPoetry && f.Pyproject != nil:
		file, path = f.Pyproject.File, []string{"tool", "poetry", "source"}
	case f.Input == InputPDM && f.Pyproject != nil:
		file, path = f.Pyproject.File, []string{"tool", "pdm", "source"}
	case f.Pipfile != nil:
		file, path = f.Pipfile.File, []string{"source"}
	default:
		return nil
	}
	return readIndexTables(file, path...)
}

// readUVConfig reads the indexes of a uv.toml.
func (f *Facts) readUVConfig(fsys fs.FS) error {
	data, err := readFile(fsys, UVConfigFile)
	if data == nil {
		return err
	}
	f.UVConfig = true
	file, err := tomlfile.Parse(UVConfigFile, data)
	if err != nil {
		return err
	}
	f.uvIndexes = readIndexTables(file, "index")
	return checkLockCredentials(UVConfigFile, data, indexHint)
}

// readIndexTables reads an array of tables with a name and a URL. What is none is
// the tool's own to complain of.
func readIndexTables(file *tomlfile.File, path ...string) []Index {
	var tables []struct {
		Name, URL         string
		Explicit, Default bool
	}
	if err := file.Decode(&tables, path...); err != nil {
		return nil
	}
	var all []Index
	for i, t := range tables {
		// Pipenv and Poetry write the public one down, under this name.
		if u, err := url.Parse(t.URL); err == nil && u.Host != "" && !strings.EqualFold(t.Name, "pypi") {
			table := append(slices.Clone(path), itoa(i))
			all = append(all, Index{Name: t.Name, URL: t.URL, Explicit: t.Explicit, Default: t.Default, At: file.At(table...), URLAt: file.At(append(table, "url")...)})
		}
	}
	return all
}
