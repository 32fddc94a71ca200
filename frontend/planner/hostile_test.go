package planner_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/dockerfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// hostile are texts that some reader takes for more than a text.
func hostile() []string {
	return []string{
		"../H", "../../etc/passwd", "/etc/H", "a/../../H", "./H", "H/", "//H", "H\x00", "H\nRUN touch /H", "H\r\nUSER 0", "\u202eH", "\u0397\u200b\u2066H", "H\u2028H",
		`H"`, `H'`, `"H" "H"`, "$(touch /H)", "`touch /H`", "H;touch /H", "H && touch /H", "H | sh", "H > /H", "H%s%n%x", "%H", "{{.H}}", "{{ H", "\x1b[31mH\x1b]0;H\x07", "\u009b31mH",
		"-H", "--H=x", "--", "-c", "H,target=/etc", "H=1,rw", "<<H", "<<-\"H\"", `H\`, `\H`, "$H", "${H}", "${H:-x}", "$$H", "H # x", "# H", " H ", "\tH", "~H", "*H", "[H", "H]", "?H", "!H", "H:0:0",
		"@H", "H@h.example", "https://h.example/H", "https://user:hunter2hunter2@h.example/H", "git+ssh://h.example/H", "<script>H</script>", "&H;", "]]>H", "H\xc3\xa9", "H\U000e0041",
		"a:H", "a.b:c;H", "python:3.13-slim;H", "H==1", "import os; H", "__import__('os').system('H')", "\ufeffH", "True", "",
	}
}

// long are texts below and above the limit of a text in a configuration.
func long() []string { return []string{strings.Repeat("H", 60<<10), strings.Repeat("H", 1<<20-200)} }

// toml writes a text as a string of TOML.
func toml(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

// place is somewhere in a configuration that takes a string: its key, and how it is
// written there.
type place struct {
	table, key string
	write      func(text string) string
}

// places walks the schema that editors use, which is made of that which reads files.
func places(t *testing.T) []place {
	t.Helper()
	data, err := config.JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	var all []place
	var walk func(table string, schema map[string]any)
	value := func(table, key string, schema map[string]any) {
		forms := []map[string]any{schema}
		for _, one := range append(list(schema["anyOf"]), list(schema["oneOf"])...) {
			forms = append(forms, one.(map[string]any))
		}
		for _, form := range forms {
			types := fmt.Sprint(form["type"])
			if strings.Contains(types, "string") {
				all = append(all, place{table, key, toml})
			}
			if items, ok := form["items"].(map[string]any); ok && strings.Contains(fmt.Sprint(items), "string") {
				all = append(all, place{table, key, func(text string) string { return "[" + toml(text) + "]" }},
					place{table, key, func(text string) string { return "[\"word\", " + toml(text) + "]" }})
			}
			if _, ok := form["additionalProperties"].(map[string]any); ok && key != "target" {
				all = append(all, place{table, key, func(text string) string { return "{ NAME = " + toml(text) + " }" }},
					place{table, key, func(text string) string { return "{ " + toml(text) + " = \"x\" }" }})
			}
		}
	}
	walk = func(table string, schema map[string]any) {
		properties, _ := schema["properties"].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			one := properties[key].(map[string]any)
			below := strings.TrimPrefix(table+"."+key, ".")
			switch _, isTable := one["properties"]; {
			case key == "target":
				walk("target.other", one["additionalProperties"].(map[string]any))
			case isTable:
				walk(below, one)
			default:
				value(table, key, one)
			}
			for _, form := range append(list(one["anyOf"]), list(one["oneOf"])...) {
				if form := form.(map[string]any); form["properties"] != nil {
					walk(below, form)
				}
				if items, ok := form.(map[string]any)["items"].(map[string]any); ok {
					for _, item := range append(list(items["anyOf"]), append(list(items["oneOf"]), any(items))...) {
						if properties, ok := item.(map[string]any)["properties"].(map[string]any); ok {
							for _, name := range slices.Sorted(maps.Keys(properties)) {
								all = append(all, place{table, key, func(text string) string {
									with := map[string]string{"id": "id = \"x\", ", "required": ""}
									if name == "id" {
										with["id"] = ""
									}
									return "[{ " + with["id"] + name + " = " + toml(text) + " }]"
								}})
							}
						}
					}
				}
			}
		}
	}
	walk("", root)
	all = append(all, place{"build", "input", func(text string) string { return toml(text + ".txt") }}, place{"", "target", func(text string) string { return "{ " + toml(text) + " = { module = \"m\" } }" }})
	return all
}

func list(v any) []any { all, _ := v.([]any); return all }

// TestHostileConfiguration writes every hostile text to every place of a configuration
// that takes one: it is refused with an error that can be read, or it does nothing.
func TestHostileConfiguration(t *testing.T) {
	all := places(t)
	if len(all) < 60 {
		t.Fatalf("only %d places", len(all))
	}
	accepted := map[string]*atomic.Int64{}
	for _, at := range all {
		accepted[strings.TrimPrefix(at.table+"."+at.key, ".")] = &atomic.Int64{}
	}
	t.Cleanup(func() {
		for _, name := range []string{"runtime.env", "runtime.labels", "serve.command", "serve.args", "build.env", "build.input", "runtime.include", "serve.healthcheck"} {
			if accepted[name].Load() == 0 {
				t.Errorf("nothing is accepted in %s: the test looks at no plan of it", name)
			}
		}
	})
	for _, at := range all {
		name := strings.TrimPrefix(at.table+"."+at.key, ".")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, text := range append(hostile(), long()...) {
				written := at.write(text)
				for _, with := range beside(at.table, at.key) {
					data := with
					if at.table == "" {
						data = at.key + " = " + written + "\n" + with
					} else {
						data += "[" + at.table + "]\n" + rest(at.table, at.key) + at.key + " = " + written + "\n"
					}
					fsys := hostileProject()
					if file := text + ".txt"; name == "build.input" && fs.ValidPath(file) {
						fsys[file] = fsys["requirements.txt"]
					}
					p, o, err := planned(data, honest(), fsys)
					if err != nil {
						checkSaid(t, err, map[string]string{"pybuild.toml": data})
						continue
					}
					accepted[name].Add(1)
					checkEmitted(t, p, o)
					if t.Failed() {
						t.Fatalf("of %.300q", data)
					}
				}
			}
		})
	}
}

// beside is what a configuration has in other tables, so that a key has a meaning.
func beside(table, key string) []string {
	switch {
	case table == "serve", strings.HasPrefix(table, "serve."), table == "target.other", key == "target":
		return []string{""}
	}
	return []string{"[serve]\napp = \"main:app\"\n"}
}

// rest is what a table has beside a key, for the same reason.
func rest(table, key string) string {
	switch {
	case (table == "serve" || table == "target.other") && key == "args":
		return "module = \"m\"\n"
	case (table == "serve" || table == "target.other") && !slices.Contains([]string{"app", "module", "script", "command"}, key), table == "serve.healthcheck" && key == "path":
		if table == "serve" || table == "target.other" {
			return "app = \"main:app\"\n"
		}
	}
	return ""
}

// hostileProject is a project that has something of everything.
func hostileProject() fstest.MapFS {
	sum := strings.Repeat("0", 64)
	return fstest.MapFS{
		"main.py":          {Data: []byte("from fastapi import FastAPI\napp = FastAPI()\n")},
		"libs/a/setup.py":  {Data: []byte("ext_modules\n")},
		"pyproject.toml":   {Data: []byte("[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"fastapi\"]\n[project.scripts]\nH = \"m:f\"\n[project.optional-dependencies]\nH = [\"idna\"]\n[dependency-groups]\nH = [\"idna\"]\n")},
		"requirements.txt": {Data: []byte("fastapi==1 --hash=sha256:" + sum + "\nuvicorn==1 --hash=sha256:" + sum + "\n./libs/a\n")},
	}
}

// planned reads and plans a project as a build does, with packages of each kind.
func planned(data, lock string, fsys fstest.MapFS) (*plan.Plan, dockerfile.Options, error) {
	var o dockerfile.Options
	cfg, err := config.Parse("pybuild.toml", []byte(data))
	if err != nil {
		return nil, o, err
	}
	target := ""
	for name := range cfg.Targets {
		target = name
	}
	cfg = cfg.For(target)
	facts, err := project.Read(fsys, planner.Choice(cfg))
	if err != nil {
		return nil, o, err
	}
	in := planner.Input{
		Config: cfg, Facts: facts, Engine: planner.Engine{Merge: true, HTTPAuth: true}, Platform: "linux/amd64", BuildPlatform: "linux/amd64", Target: target,
		Base: planner.Base{Python: plan.Python{Version: "3.13", Prefix: "/usr/local", Executable: "/usr/local/bin/python3.13"}, System: planner.System{Libc: "glibc", Manager: "apt"}},
	}
	if in.Apps, err = project.ReadApps(fsys, project.Layout{Root: facts.Dir, Package: planner.InstallsProject(in)}); err != nil {
		return nil, o, err
	}
	if lock == honest() {
		in.Resolved, err = honestly()
	} else {
		in.Resolved, err = resolved(lock)
	}
	if err != nil {
		return nil, o, err
	}
	if pins := fsys[project.PinsFile]; pins != nil {
		if in.Pins, err = project.ParsePins(pins.Data); err != nil {
			return nil, o, err
		}
	}
	p, err := planner.New(in)
	o = dockerfile.Options{Include: cfg.Runtime.Include, Exclude: []string{"**/uv.lock"}, Wheelhouse: cfg.Build.Wheelhouse}
	return p, o, err
}

// honest is a resolution that nobody tampered with.
func honest() string { return lockOf("https://h.example/", "fastapi-1-py3-none-any.whl", "1") }

var honestly = sync.OnceValues(func() (*planner.Resolved, error) { return resolved(honest()) })

// lockOf is a resolution with a wheel, a source archive and a repository.
func lockOf(url, file, version string) string {
	sum := strings.Repeat("0", 64)
	return "lock-version = \"1.0\"\n[[packages]]\nname = \"fastapi\"\nversion = " + toml(version) + "\nwheels = [{name = " + toml(file) + ", url = " + toml(url+"f.whl") + ", size = 3000000, hashes = {sha256 = \"" + sum + "\"}}]\n" +
		"[[packages]]\nname = \"uvicorn\"\nversion = \"1\"\nwheels = [{name = \"uvicorn-1-py3-none-any.whl\", url = " + toml(url+"u.whl") + ", hashes = {sha256 = \"1" + sum[1:] + "\"}}]\n" +
		"[[packages]]\nname = \"native\"\nversion = \"1\"\nindex = " + toml(url) + "\nsdist = {name = \"native-1.tar.gz\", url = " + toml(url+"n.tar.gz") + ", hashes = {sha256 = \"2" + sum[1:] + "\"}}\n" +
		"[[packages]]\nname = \"repo\"\nvcs = {type = \"git\", url = " + toml(url) + ", commit-id = \"0123\"}\n"
}

func resolved(lock string) (*planner.Resolved, error) {
	l, err := project.ParsePylock("pylock.toml", []byte(lock))
	if err != nil {
		return nil, err
	}
	r := &planner.Resolved{}
	var installed []project.Installed
	for _, p := range l.Packages {
		installed = append(installed, project.Installed{Name: p.Name, Version: p.Version})
		r.Install = append(r.Install, planner.Package{Name: p.Name, Version: p.Version})
	}
	r.Wheels, r.Rest = l.Choose(installed, project.Target{Python: "3.13", OS: "linux", Arch: "amd64", Libc: "glibc", LibcVersion: "2.36"})
	for _, b := range r.Rest {
		r.MustBuild = append(r.MustBuild, planner.Package{Name: b.Name, Version: b.Version})
	}
	return r, nil
}
