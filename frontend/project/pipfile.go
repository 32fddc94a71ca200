package project

import (
	"fmt"
	"slices"

	"github.com/pybuild/pybuild/frontend/tomlfile"
)

// Pipfile is pipenv's manifest. (https://pipenv.pypa.io/en/latest/pipfile.html)
type Pipfile struct {
	File *tomlfile.File
}

// ParsePipfile reads a Pipfile; name is what messages call it.
func ParsePipfile(name string, data []byte) (*Pipfile, error) {
	file, err := tomlfile.Parse(name, data)
	if err != nil {
		return nil, err
	}
	p := &Pipfile{File: file}
	for _, section := range append([]string{"packages", "dev-packages"}, p.categories()...) {
		value, ok := file.Value(section)
		if _, isTable := value.(map[string]any); ok && !isTable {
			return nil, mistake("PB005", file, file.At(section), "write it as a table: ["+section+"]", "%s should be a table of packages", section)
		}
	}
	return p, nil
}

// categories are the sections of packages with names of the user's own.
func (p *Pipfile) categories() []string {
	own := []string{"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv", "default", "develop"}
	return slices.DeleteFunc(p.File.Keys(), func(key string) bool { return slices.Contains(own, key) })
}

// Python is [requires] python_full_version or python_version; nil if the file
// says neither, or "*".
func (p *Pipfile) Python() (*PythonRequest, error) {
	for _, key := range []string{"python_full_version", "python_version"} {
		value, ok := p.File.Value("requires", key)
		if !ok {
			continue
		}
		at := p.File.At("requires", key)
		text, isText := value.(string)
		switch {
		case !isText:
			return nil, mistake("PB005", p.File, at, fmt.Sprintf("quote it: %q", p.File.Text("requires", key)), "requires.%s should be a string", key)
		case text == "" || text == "*":
			continue
		}
		return &PythonRequest{Text: text, At: at, Source: p.File.Data}, nil
	}
	return nil, nil
}
