package diag_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

// block is a fenced block of a page: its language, attributes and text.
var block = regexp.MustCompile("(?ms)^```(\\w+)((?: [\\w-]+=\"[^\"]*\")*)\n(.*?)^```$")

var attribute = regexp.MustCompile(`([\w-]+)="([^"]*)"`)

func attributes(text string) map[string]string {
	all := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(text, -1) {
		all[m[1]] = m[2]
	}
	return all
}

// TestPages wants a section for every code, which starts with its meaning, says what to
// do, and shows a message. Where the files of the example are there, the message is what
// they are answered with; -update writes it. Where they are not, since only an engine
// can tell, the code is in some other test.
func TestPages(t *testing.T) {
	elsewhere := others(t)
	for _, e := range diag.Catalogue() {
		t.Run(e.Code, func(t *testing.T) {
			name := filepath.Join(root, "docs", "errors", diag.PageFile(e.Code))
			page, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, section, found := strings.Cut(string(page), "\n## "+e.Code+"\n")
			section, _, _ = strings.Cut(section, "\n## ")
			switch {
			case !found:
				t.Fatalf("%s has no section", name)
			case !strings.HasPrefix(section, "\n"+e.Meaning+"\n"):
				t.Errorf("the section does not start with %q", e.Meaning)
			case !strings.Contains(section, "\n**Do:** "):
				t.Error("the section does not say what to do")
			}
			files, target, said := example(section)
			if len(files) == 0 && target == "" {
				if !strings.Contains(said, "["+e.Code+"]") {
					t.Error("no message is shown")
				}
				if !elsewhere[e.Code] {
					t.Error("no test has an example")
				}
				return
			}
			got := answer(files, target)
			if got != nil && golden.FlagUpdate() {
				update(t, name, section, said, got.Error()+"\n")
				return
			}
			if d := cmp.Diff(said, fmt.Sprint(got)+"\n"); d != "" {
				t.Error(d)
			}
			if all := diag.All(got); len(all) != 1 || all[0].Code != e.Code {
				t.Errorf("answered with %v", got)
			}
		})
	}
}

// TestSectionsAreKnown wants no section of a code that is not in the catalogue.
func TestSectionsAreKnown(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "docs", "errors", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, e := range diag.Catalogue() {
		known[e.Code] = diag.PageFile(e.Code)
	}
	for _, name := range pages {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^## (PB\d+)$`).FindAllStringSubmatch(string(data), -1) {
			if known[m[1]] != filepath.Base(name) {
				t.Errorf("%s has a section of %s", name, m[1])
			}
		}
	}
}

// example are the files of a section, the target, and the message that it shows.
func example(section string) (files fstest.MapFS, target, said string) {
	files = fstest.MapFS{}
	for _, m := range block.FindAllStringSubmatch(section, -1) {
		attrs, text := attributes(m[2]), m[3]
		title := attrs["title"]
		switch {
		case title != "" && attrs["encoding"] == "latin-1":
			files[title] = &fstest.MapFile{Data: latin1(text)}
		case title != "":
			files[title] = &fstest.MapFile{Data: []byte(text)}
		case m[1] == "text":
			target, said = attrs["target"], text
		}
	}
	return files, target, said
}

// latin1 encodes a text as editors of the last century do.
func latin1(text string) []byte {
	var data []byte
	for _, r := range text {
		data = append(data, byte(r))
	}
	return data
}

// answer is what the product says of a project, without an engine.
func answer(files fstest.MapFS, target string) error {
	cfg, err := config.Default(), error(nil)
	if data, fail := fs.ReadFile(files, "pybuild.toml"); fail == nil {
		if cfg, err = config.Parse("pybuild.toml", data); err != nil {
			return err
		}
	}
	cfg = cfg.For(target)
	facts, err := project.Read(files, planner.Choice(cfg))
	if err != nil {
		return err
	}
	in := planner.Input{Config: cfg, Facts: facts, Platform: "linux/amd64", BuildPlatform: "linux/amd64", Target: target}
	layout := project.Layout{Root: facts.Dir, Package: planner.InstallsProject(in)}
	if in.Apps, err = project.ReadApps(files, layout); err != nil {
		return err
	}
	tree := planner.Tree{App: files, Project: files, Whole: func(...string) (fs.FS, error) { return files, nil }}
	if in.StartRoot, err = planner.CheckNamed(in, tree); err != nil {
		return err
	}
	if in, err = planner.Offline(in); err != nil {
		return err
	}
	if target == planner.Locking {
		_, err = planner.Lock(in, "")
		return err
	}
	if _, err = planner.New(in); err != nil {
		return err
	}
	started, err := planner.StartFiles(in, files)
	if err != nil {
		return err
	}
	return planner.CheckFrameworks(in, files, started)
}

// update writes the message into the page.
func update(t *testing.T, name, section, said, got string) {
	t.Helper()
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(section, "\n"+said+"```")
	fresh := section[:at] + "\n" + got + section[at+1+len(said):]
	if err := os.WriteFile(name, []byte(strings.Replace(string(page), section, fresh, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// others are the codes that tests and their data hold outside of the pages.
func others(t *testing.T) map[string]bool {
	t.Helper()
	held := map[string]bool{}
	for _, dir := range []string{"frontend", "llb", "cmd", "integration"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "/testdata/") {
				return err
			}
			data, err := os.ReadFile(path)
			for _, c := range code.FindAllString(string(data), -1) {
				held[c] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return held
}
