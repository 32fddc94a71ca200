package project

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"
	"gotest.tools/v3/golden"
)

// TestApps finds what starts projects that are laid out as popular ones are.
func TestApps(t *testing.T) {
	cases, err := filepath.Glob("testdata/apps/*.txtar")
	if err != nil || len(cases) < 20 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, file := range cases {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fsys := fstest.MapFS{}
			for _, f := range archive.Files {
				fsys[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			layout := Layout{Root: "."}
			if p, err := readPyproject(fsys, PyprojectFile); err != nil {
				t.Fatal(err)
			} else if p != nil {
				layout.Package = p.IsPackage()
			}
			apps, err := ReadApps(fsys, layout)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(apps, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden.Assert(t, string(got)+"\n", "apps/"+name+".json")
		})
	}
}
