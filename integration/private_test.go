package integration

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
)

// planted is a password that nothing but its server may ever show.
const planted = "planted-b7c41e"

// passing is a client that passes secrets.
func passing(secrets map[string]string) []session.Attachable {
	values := map[string][]byte{}
	for id, value := range secrets {
		values[id] = []byte(value)
	}
	return []session.Attachable{secretsprovider.FromMap(values)}
}

// fails builds, and looks for what the build says.
func (b build) fails(t *testing.T, said ...string) {
	t.Helper()
	tr := b.run(t)
	if tr.err == nil {
		t.Error("the build did not fail")
		return
	}
	all := tr.logs + "\n" + tr.err.Error()
	for _, text := range said {
		if !strings.Contains(all, text) {
			t.Errorf("the build does not say %q:\n%s", text, all)
		}
	}
	if strings.Contains(all, planted) {
		t.Errorf("the build shows the password:\n%s", all)
	}
}

// needy is a distribution that another one of the same index is needed to build.
func needy() dist {
	return dist{name: "needy", version: "1.0", sdist: true, files: map[string]string{
		"pyproject.toml": "[build-system]\nrequires = [\"helper\"]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n",
		"backend.py":     discreet("needy", "1.0"),
	}}
}

// discreet is a backend that keeps nothing of its environment.
func discreet(name, version string) string {
	return "import helper\n" + strings.NewReplacer("\"UV_INDEX_\", ", "", "probe-1", name+"-"+version, "Name: probe", "Name: "+name,
		"Version: 1", "Version: "+version, "probe.", name+".").Replace(backend)
}

// TestPrivateIndex builds the members of a workspace from an index that wants a
// password, for what is installed and for what that is built with.
func TestPrivateIndex(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, dist{name: "inner", version: "1.0"}, dist{name: "helper", version: "1.0"}, needy(), large("bulky", "1.0"))
	member := func(name, dependency string) string {
		return "[project]\nname = \"" + name + "\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"" + dependency + "\"]\n"
	}
	const backendTable = "[build-system]\nrequires = [\"helper\"]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"
	dir := projectDir(t, map[string]string{
		"pybuild.toml":          "[build]\npackage = \"api\"\n[serve]\nmodule = \"api\"\n",
		"pyproject.toml":        "[tool.uv.workspace]\nmembers = [\"api\", \"lib\"]\n[[tool.uv.index]]\nname = \"our-corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n",
		"api/pyproject.toml":    member("api", "lib\", \"bulky") + "[tool.uv.sources]\nlib = { workspace = true }\n",
		"api/api/__main__.py":   "import inner, needy, lib\n",
		"lib/pyproject.toml":    member("lib", "inner\", \"needy") + backendTable,
		"lib/backend.py":        discreet("lib", "1"),
		"worker/pyproject.toml": member("worker", "inner"),
	}, []string{"uv", "lock", "--quiet"})
	ix.user, ix.password = "builder", planted

	build{dir: dir}.fails(t,
		`the index "our-corp" wants a user name and a password [PB504]`,
		"docker build --secret id=UV_INDEX_OUR_CORP_USERNAME --secret id=UV_INDEX_OUR_CORP_PASSWORD")
	build{dir: dir, session: passing(map[string]string{"UV_INDEX_OUR_CORP_USERNAME": "builder", "UV_INDEX_OUR_CORP_PASSWORD": "wrong"})}.
		fails(t, `refuses the user name and password of the secrets for the index "our-corp" [PB504]`)

	b := build{dir: dir, out: t.TempDir(), top: true, session: passing(map[string]string{"UV_INDEX_OUR_CORP_USERNAME": "builder", "UV_INDEX_OUR_CORP_PASSWORD": planted})}
	tr := b.must(t)
	tr.step(t, "[packages] install bulky, inner")
	tr.step(t, "[packages] fetch bulky, inner")
	for _, name := range []string{"inner.py", "needy.py", "lib.py", "bulky/__init__.py"} {
		if _, err := os.Stat(filepath.Join(b.out, sitePackages, name)); err != nil {
			t.Error(err)
		}
	}
	if found := search(t, b.out, planted); len(found) > 0 || strings.Contains(tr.logs, planted) {
		t.Errorf("the password is in %v or the log", found)
	}

	// A netrc file does as well.
	host, _, _ := strings.Cut(ix.address(), ":")
	note(t, filepath.Join(dir, "lib/backend.py"), "# "+dir+"\n")
	build{dir: dir, session: passing(map[string]string{"netrc": "machine " + host + " login builder password " + planted + "\n"})}.must(t)
}

// TestNoWheelToBuildWith wants a build requirement that is no wheel where there are secrets: it
// would have to be built itself.
func TestNoWheelToBuildWith(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, dist{name: "helper", version: "1.0", sdist: true}, needy())
	dir := projectDir(t, map[string]string{
		"pybuild.toml": job, "job.py": "",
		"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"needy\"]\n[[tool.uv.index]]\nname = \"our-corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n" +
			"[[tool.uv.dependency-metadata]]\nname = \"needy\"\nversion = \"1.0\"\n",
	}, []string{"uv", "lock", "--quiet"})
	ix.user, ix.password = "builder", planted
	build{dir: dir, session: passing(map[string]string{"UV_INDEX_OUR_CORP_USERNAME": "builder", "UV_INDEX_OUR_CORP_PASSWORD": planted})}.
		fails(t, "helper has no wheel, and another package is built with it [PB527]", "put a wheel of helper on an index")
}

// TestPrivateWorkspace builds both members of the example, whose index is a real one
// to everybody else.
func TestPrivateWorkspace(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, dist{name: "billing", version: "1.0"})
	dir := example(t, "workspace")
	replace(t, filepath.Join(dir, "pyproject.toml"), "https://packages.corp.example/simple", ix.simple())
	dir = projectDir(t, read(t, dir), []string{"uv", "lock", "--quiet"})
	ix.user, ix.password = "builder", planted
	secrets := passing(map[string]string{"UV_INDEX_CORP_USERNAME": "builder", "UV_INDEX_CORP_PASSWORD": planted})
	api := build{dir: dir, file: "pybuild.api.toml", session: secrets}.must(t)
	worker := build{dir: dir, file: "pybuild.worker.toml", session: secrets}.must(t)
	if step := api.step(t, "[packages] install billing"); worker.ran(step) {
		t.Error("the second member installs what the first one has")
	}
}

// read is all files below a directory.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestPrivateRequirements has an index in a requirements file, with and without a
// lock.
func TestPrivateRequirements(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, dist{name: "inner", version: "1.0"})
	ix.user, ix.password = "builder", planted
	for name, requirements := range map[string]string{
		"hashed":   "--index-url " + ix.simple() + "\ninner==1.0 --hash=" + ix.hash("inner-1.0-py3-none-any.whl") + "\n",
		"unlocked": "--index-url " + ix.simple() + "\ninner\n",
		"variable": "--index-url " + strings.Replace(ix.simple(), "//", "//builder:${CORP_TOKEN}@", 1) + "\ninner\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "import inner\n", "requirements.txt": requirements})
			host, _, _ := strings.Cut(ix.address(), ":")
			secrets := map[string]string{"netrc": "machine " + host + " login builder password " + planted + "\n"}
			if name == "variable" {
				secrets = map[string]string{"CORP_TOKEN": planted}
			} else {
				build{dir: dir}.fails(t, "wants a user name and a password [PB504]", "pass a netrc file that has them: in [build], write secrets = [\"netrc\"], and docker build --secret id=netrc,src=$HOME/.netrc")
			}
			b := build{dir: dir, out: t.TempDir(), top: true, session: passing(secrets)}
			tr := b.must(t)
			if found := search(t, b.out, planted); len(found) > 0 || strings.Contains(tr.logs, planted) {
				t.Errorf("the password is in %v or the log:\n%s", found, tr.logs)
			}
		})
	}
}

// search returns the files below a directory that hold a text.
func search(t *testing.T, dir, text string) []string {
	t.Helper()
	out, err := exec.Command("grep", "--recursive", "--files-with-matches", "--fixed-strings", "--devices=skip", text, dir).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() > 1 {
		t.Fatalf("search %s: %s", dir, exit.Stderr)
	}
	return strings.Fields(string(out))
}
