package planner_test

import (
	"fmt"
	"maps"
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
		"crates":             {manifest + corp, "", []project.PylockPackage{sdist("bcrypt", sums)}, true},
		"public crates":      {manifest, "[build]\nwheels = \"sources\"\n", []project.PylockPackage{sdist("bcrypt", sums)}, false},
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
				if c.rest[0].Name == "bcrypt" {
					in.Resolved.MustBuild = in.Resolved.Install
				}
				if name == "the target debug" {
					in.Target = "debug"
				}
				p, err := planner.New(in)
				if err != nil {
					t.Fatal(err)
				}
				checkApart(t, p, c.private)
				crates := slices.ContainsFunc(p.Step("install").Mounts, func(m plan.Mount) bool { return m.ID == "/root/.cargo/registry" })
				if wanted := name == "public crates"; crates != wanted {
					t.Errorf("crates of other builds are there: %v", crates)
				}
			})
		}
	}
}

// checkApart looks at each step's script and at what it sees.
func checkApart(t *testing.T, p *plan.Plan, private bool) {
	t.Helper()
	// What downloads and runs nothing of it.
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
			// What lies there for apt and fetch.py is verified whenever it is used.
			if private && m.Kind == plan.Cache && !strings.Contains(m.Target, "apt") && script != "fetch.py" {
				t.Errorf("%s has the cache of all builds", s.Name)
			}
		}
		if script == "resolve.py" && slices.Contains(s.Args, ":all:") != private {
			t.Errorf("%s may run build scripts, or not: %q", s.Name, s.Args)
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
// where a build script is trusted, and of none that is locked.
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
			for config, warns := range map[string]string{"": "", "[build]\ntrusted = [\"inner\"]\n": c.warns} {
				hint := ""
				for _, w := range planner.Warnings(inputOf(t, filesOf(config, c.files))) {
					if w.Rule == "UnlockedSecrets" {
						hint = w.Hint
					}
				}
				if (hint == "") != (warns == "") || !strings.Contains(hint, warns) {
					t.Errorf("with %q the warning is %q, want %q", config, hint, warns)
				}
			}
		})
	}
}

// filesOf is a project with a job.
func filesOf(config string, files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{"pybuild.toml": {Data: []byte("# syntax=org/pybuild\npython = \"3.13\"\n" + config + "[serve]\nscript = \"job.py\"\n")}, "job.py": {}}
	for file, text := range files {
		fsys[file] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// TestClosed has each step that finds versions know which secrets it may see, and how uv
// builds nothing then.
func TestClosed(t *testing.T) {
	const manifest, corp = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"inner\"]\n", "[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://index.example/simple\"\n"
	const poetry = "[tool.poetry]\nname = \"shop\"\nversion = \"1\"\n[tool.poetry.dependencies]\npython = \"*\"\ninner = {git = \"https://git.example/inner\"}\n"
	poetryLock := "[[package]]\nname = \"inner\"\nversion = \"1.0\"\noptional = false\ngroups = [\"main\"]\npython-versions = \"*\"\nfiles = []\n[package.source]\ntype = \"git\"\nurl = \"https://git.example/inner\"\nreference = \"HEAD\"\nresolved_reference = \"" +
		strings.Repeat("a", 40) + "\"\n[metadata]\nlock-version = \"2.1\"\npython-versions = \"*\"\ncontent-hash = \"0\"\n"
	const trusts = "[build]\ntrusted = [\"In_ner\", \"a\"]\n"
	private := map[string]string{"pyproject.toml": manifest + corp}
	for name, c := range map[string]struct {
		config string
		files  map[string]string
		lock   string // what is locked
		closed []string
		sees   []string
	}{
		"no index":          {"", map[string]string{"pyproject.toml": manifest}, "", nil, nil},
		"a CA":              {"[build]\nca = true\n", map[string]string{"pyproject.toml": manifest}, "", nil, nil},
		"an index":          {"", private, "", []string{"--only-binary", ":all:"}, []string{"--secret", "/root/.netrc"}},
		"trusted":           {trusts, private, "", []string{"--only-binary", ":all:", "--no-binary", "a", "--no-binary", "in-ner"}, []string{"--secret", "/root/.netrc", "--trusted", "a", "--trusted", "in-ner"}},
		"a file":            {"[build]\nsecrets = [{ id = \"x\", target = \"/etc/x\" }]\n", map[string]string{"pyproject.toml": manifest}, "", []string{"--only-binary", ":all:"}, []string{"--secret", "/etc/x"}},
		"an own secret":     {"[build]\nsecrets = [\"LICENCE\"]\n", map[string]string{"requirements.txt": "inner\n"}, "", []string{"--only-binary", ":all:"}, []string{"--secret", "/run/secrets/LICENCE"}},
		"an agent":          {"[build]\nssh = true\n", map[string]string{"requirements.txt": "inner\n"}, "", []string{"--only-binary", ":all:"}, nil},
		"server keys":       {"", map[string]string{"requirements.txt": "inner @ git+ssh://git@git.example/inner\n"}, "", []string{"--only-binary", ":all:"}, []string{"--secret", "/root/.netrc"}},
		"a wheelhouse":      {"[build]\nwheelhouse = \"wheels\"\n", map[string]string{"pyproject.toml": manifest + corp, "wheels/x": ""}, "", nil, nil},
		"a locked pylock":   {"", map[string]string{"pyproject.toml": manifest + corp, "pylock.toml": "lock-version = \"1.0\"\ncreated-by = \"test\"\npackages = []\n"}, "", nil, []string{"--secret", "/root/.netrc"}},
		"a locked commit":   {"", map[string]string{"pyproject.toml": poetry, "poetry.lock": poetryLock}, "", []string{"--only-binary", "inner"}, []string{"--secret", "/root/.netrc"}},
		"the target lock":   {"", private, "pyproject.toml", []string{"--no-build"}, []string{"--secret", "/root/.netrc"}},
		"lock and trust":    {trusts, private, "pyproject.toml", []string{"--no-build", "--no-binary-package", "a", "--no-binary-package", "in-ner"}, []string{"--secret", "/root/.netrc", "--trusted", "a", "--trusted", "in-ner"}},
		"lock requirements": {"", map[string]string{"requirements.in": "--index-url https://index.example/simple\ninner\n"}, "requirements.in", []string{"--only-binary", ":all:"}, []string{"--secret", "/root/.netrc"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := inputOf(t, filesOf(c.config, c.files))
			id, p, err := "resolve", (*plan.Plan)(nil), error(nil)
			if c.lock != "" {
				id, in.Target = "lock", planner.Locking
				p, err = planner.Lock(in, c.lock)
			} else {
				p, err = planner.New(in)
			}
			if err != nil {
				t.Fatal(err)
			}
			args := p.Step(id).Args
			cut := slices.Index(args, "--")
			var sees []string
			for i := 0; i+1 < cut; i++ {
				if args[i] == "--secret" || args[i] == "--trusted" {
					sees = append(sees, args[i], args[i+1])
				}
			}
			closed := args[max(cut, lastIndex(args, "--then"))+1:]
			if c.lock == "" && len(closed) > 0 && closed[0] == "/run/pybuild/uv" || c.lock != "" && !slices.Contains(args, "--then") {
				closed = nil
			}
			if !slices.Equal(closed, c.closed) || !slices.Equal(sees, c.sees) {
				t.Errorf("closed by %q, sees %q", closed, sees)
			}
			if c.config == "[build]\nwheelhouse = \"wheels\"\n" && slices.ContainsFunc(p.Step(id).Mounts, func(m plan.Mount) bool { return m.Kind == plan.Secret }) {
				t.Error("a build script of the wheelhouse would see a secret")
			}
		})
	}
}

// lastIndex is the place of the last of the words, or -1.
func lastIndex(words []string, word string) int {
	for i := len(words) - 1; i >= 0; i-- {
		if words[i] == word {
			return i
		}
	}
	return -1
}

// TestOwn asks what builds directories of the context, without a login, where only that
// knows what they need.
func TestOwn(t *testing.T) {
	const setup, build, corp = "from setuptools import setup\n", "[build-system]\nrequires = [\"helper\"]\nbuild-backend = \"helper\"\n", "[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://index.example/simple\"\n"
	static, version, open := "[project]\nname = \"shop\"\nversion = \"1\"\n", "[project]\nname = \"shop\"\ndynamic = [\"version\"]\n", "[project]\nname = \"shop\"\nversion = \"1\"\ndynamic = [\"dependencies\"]\n"
	const index = "--index-url https://index.example/simple\n"
	for name, c := range map[string]struct {
		config string
		files  map[string]string
		own    []string
	}{
		"setup.py":           {"", map[string]string{"setup.py": setup, "pyproject.toml": build + corp}, []string{"0[]=."}},
		"extras":             {"[build]\nextras = [\"pg\"]\n", map[string]string{"setup.py": setup, "pyproject.toml": build + corp}, []string{"0[pg]=."}},
		"public":             {"", map[string]string{"setup.py": setup, "pyproject.toml": build}, nil},
		"dependencies":       {"", map[string]string{"pyproject.toml": open + build + corp}, []string{"0[]=."}},
		"a version":          {"", map[string]string{"pyproject.toml": version + build + corp}, nil},
		"its own sources":    {"", map[string]string{"pyproject.toml": open + build + corp + "[tool.uv.sources]\ninner = { index = \"corp\" }\n"}, nil},
		"the root of a list": {"", map[string]string{"requirements.txt": index + "-e .\ninner\n", "pyproject.toml": version + build}, []string{"0[]=."}},
		"directories": {"", map[string]string{"requirements.txt": index + "-e ./a\n./b\n./c\ninner\n", "a/setup.py": setup, "b/pyproject.toml": version + build, "c/pyproject.toml": static + build},
			[]string{"0[]=a", "1[]=b"}},
		"hashes": {"", map[string]string{"requirements.txt": index + "./a\n", "a/setup.py": setup}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(c.files)
			files["inner.py"] = ""
			in := inputOf(t, filesOf(c.config, files))
			in.Config.Serve.Script, in.Config.Serve.Command = "", []string{"true"}
			p, err := planner.New(in)
			if err != nil {
				t.Fatal(err)
			}
			var own []string
			for i, arg := range p.Step("resolve").Args {
				if arg == "--own" {
					own = append(own, p.Step("resolve").Args[i+1])
				}
			}
			if !slices.Equal(own, c.own) {
				t.Errorf("it asks %q, want %q", own, c.own)
			}
			if _, err := dockerfile.Write(p, dockerfile.Options{}); err != nil {
				t.Errorf("as a Dockerfile: %v", err)
			}
			for _, s := range p.Steps {
				if strings.HasPrefix(s.ID, "metadata-") && slices.ContainsFunc(s.Mounts, func(m plan.Mount) bool { return m.Kind == plan.Secret || m.Kind == plan.SSH }) {
					t.Errorf("%s sees a secret", s.Name)
				}
			}
		})
	}
}
