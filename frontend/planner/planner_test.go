package planner_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// example is what the engine would have found for an example.
type example struct {
	name     string
	resolved *planner.Resolved
}

func examples() []example {
	packages := func(names ...string) []planner.Package {
		var all []planner.Package
		for _, n := range names {
			all = append(all, planner.Package{Name: n, Version: "1.0"})
		}
		return all
	}
	return []example{
		{"fastapi", &planner.Resolved{Install: packages("fastapi", "pydantic-settings", "starlette", "uvicorn", "uvloop")}},
		{"flask", &planner.Resolved{Install: packages("flask", "gunicorn", "werkzeug")}},
		{"native", &planner.Resolved{Install: packages("markupsafe"), MustBuild: packages("markupsafe")}},
		{"psycopg", &planner.Resolved{Install: packages("psycopg2"), MustBuild: packages("psycopg2")}},
		{"script", nil},
	}
}

func input(t testing.TB, e example) planner.Input {
	t.Helper()
	in := inputOf(t, os.DirFS(filepath.Join("..", "..", "examples", e.name)))
	in.Resolved = e.resolved
	return in
}

// inputOf is a project, without packages, on the official image.
func inputOf(t testing.TB, fsys fs.FS) planner.Input {
	t.Helper()
	data, err := fs.ReadFile(fsys, "pybuild.toml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse("pybuild.toml", data)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := project.Read(fsys, project.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	return planner.Input{
		Config: cfg, Facts: facts, Engine: planner.Engine{Merge: true},
		Platform: "linux/amd64", BuildPlatform: "linux/amd64",
		Base: planner.Base{Python: plan.Python{
			Version: "3.13", Prefix: "/usr/local", Executable: "/usr/local/bin/python3.13",
		}, System: planner.System{Libc: "glibc", Manager: "apt"}},
	}
}

// described is a project of a table: its configuration and its files.
func described(t *testing.T, configuration string, files map[string]string) (fstest.MapFS, *config.Config, *project.Facts) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	cfg, err := config.Parse("pybuild.toml", []byte(configuration))
	if err != nil {
		t.Fatal(err)
	}
	facts, err := project.Read(fsys, planner.Choice(cfg))
	if err != nil {
		t.Fatal(err)
	}
	return fsys, cfg, facts
}

func TestPlansOfExamples(t *testing.T) {
	for _, e := range examples() {
		t.Run(e.name, func(t *testing.T) {
			p, err := planner.New(input(t, e))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(p, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden.Assert(t, string(got)+"\n", e.name+".json")
		})
	}
}

func TestPlanIsTheSameEveryTime(t *testing.T) {
	for _, e := range examples() {
		first, in := "", planner.Input{}
		for i := range 100 {
			if i%5 == 0 {
				in = input(t, e)
			}
			p, err := planner.New(in)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = string(got)
			}
			if first != string(got) {
				t.Fatal(cmp.Diff(first, string(got)))
			}
		}
	}
}

// TestPythonKey holds the key python to what the project allows.
func TestPythonKey(t *testing.T) {
	for text, want := range map[string]string{
		"3.11": "pybuild.toml:1:10: the configuration asks for Python 3.11, but requires-python \">=3.12\" at pyproject.toml:4 does not allow it [PB202]",
		"3.12": "", "3.13.2": "",
	} {
		cfg, err := config.Parse("pybuild.toml", []byte("python = \""+text+"\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		facts, err := project.Read(fstest.MapFS{"pyproject.toml": {Data: []byte("[project]\nname = \"a\"\nversion = \"1\"\nrequires-python = \">=3.12\"\n")}}, planner.Choice(cfg))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = planner.PythonVersions(planner.Input{Config: cfg, Facts: facts})
		if (want == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Python %s: %v", text, err)
		}
	}
}

// TestNewestPython says what was asked of a registry, what it did not have, and how not to
// ask; and promises nothing where none was asked.
func TestNewestPython(t *testing.T) {
	newest := planner.SupportedPythons()[len(planner.SupportedPythons())-1]
	const reason = "nothing asks for a version of Python, so the newest is taken"
	for _, c := range []struct{ published, chosen, reason string }{
		{"3.12", "3.12", reason + "; there is no python:" + newest + "-slim, and with python = \"3.12\" nobody would look for it"},
		{newest, newest, reason},
		{"", newest, reason + ", if the base is published for it"},
	} {
		in := input(t, examples()[0])
		cfg, err := config.Parse("pybuild.toml", []byte("[serve]\ncommand = [\"true\"]\n"))
		if err != nil {
			t.Fatal(err)
		}
		in.Config, in.Facts, in.Python = cfg, &project.Facts{Dir: "."}, c.published
		p, err := planner.New(in)
		if err != nil {
			t.Fatal(err)
		}
		if d := p.Decision("python"); d == nil || d.Value != c.chosen || d.Reason != c.reason {
			t.Errorf("of %q it decides %v", c.published, d)
		}
	}
}

// TestServer covers who serves an app, and with what.
func TestServer(t *testing.T) {
	for _, c := range []struct {
		name, config string
		installed    []string
		cmd          []string
		err          string
	}{
		{
			"uvicorn from the lock", `app = "a:b"`, []string{"uvicorn"},
			[]string{"uvicorn", "a:b", "--host", "0.0.0.0", "--port", "8000", "--workers", "1"}, "",
		},
		{
			"uvloop where installed, workers and port", "app = \"a:b\"\nworkers = \"auto\"\nport = 80", []string{"uvicorn", "uvloop"},
			[]string{"uvicorn", "a:b", "--host", "0.0.0.0", "--port", "80", "--workers", "auto", "--loop", "uvloop"}, "",
		},
		{
			"a factory", `app = "a:make()"`, []string{"uvicorn"},
			[]string{"uvicorn", "a:make", "--host", "0.0.0.0", "--port", "8000", "--workers", "1", "--factory"}, "",
		},
		{
			"gunicorn with uvicorn's workers", "app = \"a:b\"\nserver = \"gunicorn\"", []string{"gunicorn", "starlette", "uvicorn"},
			append(gunicorn(), "--worker-class", "uvicorn.workers.UvicornWorker"), "",
		},
		{
			"gunicorn with the successor of uvicorn's workers", "app = \"a:b\"\nserver = \"gunicorn\"",
			[]string{"gunicorn", "starlette", "uvicorn", "uvicorn-worker"},
			append(gunicorn(), "--worker-class", "uvicorn_worker.UvicornWorker"), "",
		},
		{"gunicorn for WSGI", `app = "a:b"`, []string{"flask", "gunicorn"}, gunicorn(), ""},
		{
			"both", `app = "a:b"`, []string{"gunicorn", "uvicorn"}, nil,
			"pybuild.toml:2:7: 2 servers are installed, and each can serve a:b [PB305]\n" +
				"  write one of these below [serve]:\n  server = \"uvicorn\"\n  server = \"gunicorn\"",
		},
		{
			"none", `app = "a:b"`, []string{"flask"}, nil,
			"pybuild.toml:2:7: no server for a:b among the packages of requirements.txt [PB303]\n" +
				"  add one to the dependencies: a line uvicorn in requirements.txt (ASGI) or a line gunicorn in requirements.txt (WSGI)",
		},
		{
			"not installed", "app = \"a:b\"\nserver = \"gunicorn\"", []string{"uvicorn"}, nil,
			"pybuild.toml:3:10: gunicorn is not among the packages of requirements.txt [PB303]\n  add it to the dependencies: a line gunicorn in requirements.txt",
		},
		{
			"granian", `app = "a:make()"`, []string{"granian"},
			[]string{"granian", "a:make", "--interface", "asgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "1", "--factory"}, "",
		},
		{
			"hypercorn", `app = "a:b"`, []string{"hypercorn", "uvloop"},
			[]string{"hypercorn", "a:b", "--bind", "0.0.0.0:8000", "--workers", "1", "--worker-class", "uvloop"}, "",
		},
		{
			"waitress", "app = \"a:make()\"\nport = 80", []string{"waitress"},
			[]string{"waitress", "--host", "0.0.0.0", "--port", "80", "--call", "a:make"}, "",
		},
		{"a module", "module = \"pkg.job\"\nargs = [\"-x\"]", []string{"x"}, []string{"/usr/local/bin/python3.13", "-m", "pkg.job", "-x"}, ""},
		{"an entry point", `script = "serve"`, []string{"x"}, []string{"serve"}, ""},
		{"a file", `script = "job.py"`, []string{"x"}, []string{"/usr/local/bin/python3.13", "job.py"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := input(t, examples()[0])
			var err error
			if in.Config, err = config.Parse("pybuild.toml", []byte("[serve]\n"+c.config+"\n")); err != nil {
				t.Fatal(err)
			}
			in.Resolved = &planner.Resolved{}
			for _, name := range c.installed {
				in.Resolved.Install = append(in.Resolved.Install, planner.Package{Name: name})
			}
			p, err := planner.New(in)
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Fatalf("error %v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.cmd, p.Config.Cmd); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func gunicorn() []string {
	return []string{
		"gunicorn", "a:b", "--bind", "0.0.0.0:8000", "--workers", "1",
		"--timeout", "30", "--graceful-timeout", "20", "--worker-tmp-dir", "/dev/shm",
	}
}
