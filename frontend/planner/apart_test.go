package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/dockerfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// TestApart has no step with a secret or an agent run code of a package, whatever the
// engine can do.
func TestApart(t *testing.T) {
	sums := map[string]string{"sha256": strings.Repeat("0", 64)}
	sdist := func(name string, hashes map[string]string) project.PylockPackage {
		return project.PylockPackage{Name: name, Version: "1.0", Index: "https://index.example/simple",
			Sdist: &project.File{Name: name + "-1.0.tar.gz", URL: "https://index.example/" + name + "-1.0.tar.gz", Hashes: hashes}}
	}
	commit := project.PylockPackage{Name: "cloned", Version: "1.0", VCS: &project.PylockVCS{Type: "git", URL: "https://git.example/cloned", CommitID: strings.Repeat("a", 40)}}
	const manifest = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"archive\"]\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n"
	const corp = "[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://index.example/simple\"\n"
	for name, c := range map[string]struct {
		manifest string
		config   string
		rest     []project.PylockPackage
		// private reports that there is something to log in to.
		private bool
	}{
		"public":             {manifest, "", []project.PylockPackage{sdist("archive", sums)}, false},
		"an index":           {manifest + corp, "", []project.PylockPackage{sdist("archive", sums)}, true},
		"no hash":            {manifest + corp, "", []project.PylockPackage{sdist("archive", nil)}, true},
		"a repository":       {manifest + corp, "", []project.PylockPackage{commit}, true},
		"declared secrets":   {manifest, "[build]\nsecrets = [\"netrc\", \"UV_INDEX_CORP_PASSWORD\", \"LICENCE\"]\nssh = true\n", []project.PylockPackage{sdist("archive", sums)}, true},
		"over a cache":       {manifest + corp, "[build]\nwheels = \"cache\"\n", []project.PylockPackage{sdist("archive", sums)}, true},
		"in a single layer":  {manifest + corp, "[build]\nlayers = \"single\"\n", []project.PylockPackage{sdist("archive", sums)}, true},
		"the target debug":   {manifest + corp, "", []project.PylockPackage{sdist("archive", sums)}, true},
		"a CA is no secret":  {manifest, "[build]\nca = true\n", []project.PylockPackage{sdist("archive", sums)}, false},
		"an engine's secret": {manifest, "[build]\nsecrets = [\"HTTP_AUTH_HEADER_index.example\"]\n", []project.PylockPackage{sdist("archive", sums)}, false},
	} {
		for _, merge := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, merge %v", name, merge), func(t *testing.T) {
				in := inputOf(t, fstest.MapFS{
					"pybuild.toml":   {Data: []byte("# syntax=org/pybuild\npython = \"3.13\"\n" + c.config + "[serve]\ncommand = [\"shop\"]\n")},
					"pyproject.toml": {Data: []byte(c.manifest)}, "shop/__init__.py": {},
				})
				in.Engine.Merge = merge
				in.Resolved = &planner.Resolved{Rest: c.rest}
				for _, p := range c.rest {
					in.Resolved.Install = append(in.Resolved.Install, planner.Package{Name: p.Name, Version: p.Version})
				}
				if name == "the target debug" {
					in.Target = "debug"
				}
				p, err := planner.New(in)
				if err != nil {
					t.Fatal(err)
				}
				checkApart(t, p, c.private)
			})
		}
	}
}

// checkApart looks at each step's script and at what it sees.
func checkApart(t *testing.T, p *plan.Plan, private bool) {
	t.Helper()
	// What downloads and runs nothing of it; and resolve.py, which the check UnlockedSecrets warns of.
	download := []string{"fetch.py", "requires.py", "clone.py", "resolve.py"}
	for _, s := range p.Steps {
		script := ""
		for _, arg := range s.Args {
			if name, ok := strings.CutPrefix(arg, "/run/pybuild/scripts/"); ok {
				script = name
			}
		}
		for _, m := range s.Mounts {
			own := m.ID == "LICENCE" || m.ID == "ca" || m.Kind == plan.SSH && s.ID == "project"
			noBuild := slices.Contains(s.Args, "--no-build")
			if (m.Kind == plan.Secret || m.Kind == plan.SSH) && !own && !noBuild && !slices.Contains(download, script) {
				t.Errorf("%s sees %s", s.Name, m.ID)
			}
			if private && m.Kind == plan.Cache && m.Target == "/root/.cache/uv" {
				t.Errorf("%s has the cache of all builds", s.Name)
			}
		}
		if script == "backend.py" && !s.Offline {
			t.Errorf("%s has a network", s.Name)
		}
	}
	if _, err := dockerfile.Write(p, dockerfile.Options{}); err != nil {
		t.Errorf("as a Dockerfile: %v", err)
	}
	if asked := p.Step("backend-project") != nil; asked != private {
		t.Errorf("the project's backend is asked: %v", asked)
	}
}

// TestUnlockedSecrets warns of each input that is asked for versions with secrets at hand,
// and of none that is locked.
func TestUnlockedSecrets(t *testing.T) {
	const project, corp = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"inner\"]\n", "[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://index.example/simple\"\n"
	const pipfile = "[[source]]\nurl = \"https://index.example/simple\"\nverify_ssl = true\nname = \"corp\"\n[packages]\n"
	const pipfileLock = `{"_meta": {"hash": {"sha256": "0"}, "pipfile-spec": 6, "requires": {}, "sources": []}, "default": {%s}, "develop": {}}`
	sum := "sha256:" + strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		files map[string]string
		warns string
	}{
		"no index":     {map[string]string{"pyproject.toml": project}, ""},
		"pyproject":    {map[string]string{"pyproject.toml": project + corp}, "uv lock"},
		"requirements": {map[string]string{"requirements.txt": "--index-url https://index.example/simple\ninner==1.0\n"}, "uv pip compile"},
		"hashes":       {map[string]string{"requirements.txt": "--index-url https://index.example/simple\ninner==1.0 --hash=" + sum + "\n"}, ""},
		"pylock":       {map[string]string{"pyproject.toml": project + corp, "pylock.toml": "lock-version = \"1.0\"\ncreated-by = \"test\"\npackages = []\n"}, ""},
		"Pipfile.lock": {map[string]string{"Pipfile": pipfile, "Pipfile.lock": fmt.Sprintf(pipfileLock, "")}, ""},
		"Pipfile.lock with a repository": {map[string]string{"Pipfile": pipfile + "inner = {git = \"https://git.example/inner\", ref = \"main\"}\n",
			"Pipfile.lock": fmt.Sprintf(pipfileLock, `"inner": {"git": "https://git.example/inner", "ref": "`+strings.Repeat("a", 40)+`"}`)}, "lock it with uv"},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := fstest.MapFS{"pybuild.toml": {Data: []byte("# syntax=org/pybuild\npython = \"3.13\"\n[serve]\nscript = \"job.py\"\n")}, "job.py": {}}
			for file, text := range c.files {
				fsys[file] = &fstest.MapFile{Data: []byte(text)}
			}
			hint := ""
			for _, w := range planner.Warnings(inputOf(t, fsys)) {
				if w.Rule == "UnlockedSecrets" {
					hint = w.Hint
				}
			}
			if (hint == "") != (c.warns == "") || !strings.Contains(hint, c.warns) {
				t.Errorf("the warning is %q, want %q", hint, c.warns)
			}
		})
	}
}
