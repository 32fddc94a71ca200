package integration

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// spy is Python that takes down what a process can see.
const spy = `
import glob, json, os, socket

def spy():
    seen = {"env": dict(os.environ), "files": {}, "sockets": []}
    paths = ["/root/.netrc", "/etc/pip.conf", "/proc/1/environ", "/proc/self/environ", os.environ.get("SSH_AUTH_SOCK", "/none")]
    for path in [*paths, *glob.glob("/run/**", recursive=True), *glob.glob("/tmp/*"), *glob.glob("/tmp/uv-cache/**", recursive=True)]:
        try:
            if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
                seen["sockets"].append(path)
            with open(path, "rb") as file:
                seen["files"][path] = repr(file.read(1 << 16))
        except OSError:
            pass
    return seen

def reach(host, port):
    try:
        socket.create_connection((host, port), 5).close()
        return "reached"
    except OSError as e:
        return type(e).__name__
`

// agentVariable is how spy tells of an agent.
const agentVariable = `"SSH_AUTH_SOCK": "`

// malicious is a source archive whose build script tells what it saw, needs a package that
// it asks for only when it is asked, and writes where it has no business.
func malicious(name, address string) dist {
	host, port, _ := strings.Cut(address, ":")
	back := spy + fmt.Sprintf(`
def get_requires_for_build_wheel(config_settings=None):
    planted = "-".join(%s)
    assert planted not in json.dumps(spy()).replace("licence-" + planted, "")
    return ["later"]

def vandalise():
    for path in ["/usr/local/lib/python3.13/site-packages/sitecustomize.py", "/run/pybuild/scripts/uv.py", "/run/pybuild/uv", "/root/.cache/uv/poison", "/etc/poison"]:
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write("poison = True")
        except OSError:
            pass

def build_wheel(directory, config_settings=None, metadata_directory=None):
    import later
    seen = spy()
    seen["network"] = reach(%q, %s)
    vandalise()
    return wheel(directory, {"NAME.py": "", "NAME.json": json.dumps(seen)})
`, pythonList(strings.Split(planted, "-")), host, port)
	_, build, _ := strings.Cut(backend, "    record = \"\"\n")
	back += "import base64, hashlib, zipfile\ndef wheel(directory, files):\n    name = \"NAME-1.0-py3-none-any.whl\"\n" +
		"    files[\"NAME-1.0.dist-info/METADATA\"] = \"Metadata-Version: 2.1\\nName: NAME\\nVersion: 1.0\\n\"\n" +
		"    files[\"NAME-1.0.dist-info/WHEEL\"] = \"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n\"\n" +
		"    record = \"\"\n" + strings.ReplaceAll(build, "probe-1.dist", "NAME-1.0.dist")
	return dist{name: name, version: "1.0", sdist: true, files: map[string]string{
		"pyproject.toml": "[build-system]\nrequires = [\"helper\"]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n",
		"backend.py":     strings.ReplaceAll(back, "NAME", name),
	}}
}

// pythonList is a list of texts in Python.
func pythonList(all []string) string { return "[\"" + strings.Join(all, "\", \"") + "\"]" }

// helpers are what malicious archives are built with. One of them spies, too.
func helpers() []dist {
	return []dist{
		{name: "helper", version: "1.0", files: map[string]string{"helper.py": spy}},
		{name: "later", version: "1.0", files: map[string]string{"later.py": ""}},
	}
}

// TestBuildScriptsSeeNoSecret passes each kind of secret to a build whose dependency, whose
// repository and whose own build backend look for them.
func TestBuildScriptsSeeNoSecret(t *testing.T) {
	t.Parallel()
	h := newHunt(t)
	ix := newIndex(t, helpers()...)
	address := ix.address()
	evil := malicious("evil", address)
	ix.files["evil"] = map[string][]byte{evil.file(): evil.bytes(t)}
	ours := malicious("ours", address)
	cloned := malicious("cloned", address)
	bare := repository(t, cloned.files)
	ix.user, ix.password = "builder", planted
	agent, key := h.identity(t)
	server, known := gitSSH(t, key)
	dir := project(t, map[string]string{
		"pybuild.toml": "[build]\nsecrets = [\"LICENCE\", { id = \"pip-conf\", target = \"/etc/pip.conf\" }, \"UV_INDEX_CORP_PASSWORD\"]\n[serve]\nmodule = \"shop\"\n",
		"pyproject.toml": "[project]\nname = \"ours\"\nversion = \"1.0\"\nrequires-python = \">=3.12\"\n" + ours.files["pyproject.toml"] +
			"[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n",
		"backend.py":       ours.files["backend.py"],
		"pylock.toml":      ix.pylock(t, evil) + "[[packages]]\nname = \"cloned\"\nversion = \"1.0\"\nvcs = { type = \"git\", url = \"ssh://git@" + server + bare + "\", commit-id = \"" + head(t, bare) + "\" }\n",
		"shop/__main__.py": "", "unique.txt": t.TempDir(),
	})
	b := build{dir: dir, read: []string{sitePackages + "evil.json", sitePackages + "cloned.json", sitePackages + "ours.json"}}
	b.session = append(passing(map[string]string{
		"UV_INDEX_CORP_USERNAME": "builder", "UV_INDEX_CORP_PASSWORD": planted, "netrc": "machine elsewhere.example login me password " + planted + "\n",
		"LICENCE": "licence-" + planted, "pip-conf": "licence-" + planted, "known_hosts": known,
	}), agent)
	b.look = func(ctx context.Context, _ gateway.Client, res *gateway.Result) error {
		ref, err := res.SingleRef()
		if err != nil {
			return err
		}
		for _, file := range []string{sitePackages + "sitecustomize.py", "etc/poison"} {
			if _, err := ref.StatFile(ctx, gateway.StatRequest{Path: file}); err == nil {
				t.Errorf("the image has %s, which a build script wrote beside what it builds", file)
			}
		}
		return nil
	}
	tr := b.run(t)
	if tr.err != nil {
		t.Fatalf("%v\n%s", tr.err, tr.logs)
	}
	for name, seen := range tr.files {
		if strings.HasSuffix(name, "ours.json") {
			// What the configuration gives the project's own build.
			if !strings.Contains(seen, `"LICENCE": "licence-`) {
				t.Error("the project's own build does not see its secret")
			}
			seen = strings.ReplaceAll(seen, "licence-"+planted, "")
		}
		if strings.Contains(seen, planted) {
			t.Errorf("%s has seen a secret", name)
		}
		if strings.Contains(seen, agentVariable) || !strings.Contains(seen, `"sockets": []`) {
			t.Errorf("%s has seen an agent", name)
		}
	}

	// The target that fills a wheelhouse builds them, too.
	b.look = nil
	b.attrs, b.read = map[string]string{"target": "wheelhouse"}, []string{"evil-1.0-py3-none-any.whl", "cloned-1.0-py3-none-any.whl"}
	tr = b.run(t)
	if tr.err != nil {
		t.Fatalf("%v\n%s", tr.err, tr.logs)
	}
	for name, wheel := range tr.files {
		if text := unzipped(t, wheel); strings.Contains(text, planted) || strings.Contains(text, agentVariable) {
			t.Errorf("%s has seen a secret or an agent", name)
		}
	}
}

// unzipped is the text of all files of a wheel.
func unzipped(t *testing.T, wheel string) string {
	t.Helper()
	r, err := zip.NewReader(strings.NewReader(wheel), int64(len(wheel)))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range r.File {
		file, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&text, file); err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
	}
	return text.String()
}

// head is the commit of a repository.
func head(t *testing.T, bare string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(bare, "packed-refs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if commit, ok := strings.CutSuffix(line, " refs/heads/main"); ok {
			return commit
		}
	}
	t.Fatalf("no main in\n%s", text)
	return ""
}

// TestHermeticMalice has a build script of a hermetic build look for a server and for
// secrets that the configuration names.
func TestHermeticMalice(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, helpers()...)
	evil := malicious("evil", ix.address())
	ix.files["evil"] = map[string][]byte{evil.file(): evil.bytes(t)}
	dir := pinned(t, map[string]string{
		"pybuild.toml": "python = \"3.13\"\n[build]\nhermetic = true\nrequires = \"pylock.build.toml\"\nsecrets = [\"LICENCE\"]\n[serve]\nmodule = \"shop\"\n",
		"pylock.toml":  ix.pylock(t, evil), "pylock.build.toml": ix.pylock(t, helpers()...), "shop/__main__.py": "",
	})
	tr := build{dir: dir, read: []string{sitePackages + "evil.json"}, session: passing(map[string]string{"LICENCE": planted})}.must(t)
	seen := tr.files[sitePackages+"evil.json"]
	if strings.Contains(seen, planted) {
		t.Error("a build script has seen a secret")
	}
	if !strings.Contains(seen, `"network": "ConnectionRefusedError"`) && !strings.Contains(seen, `"network": "OSError"`) {
		t.Errorf("a build script has a network: %s", seen[max(0, len(seen)-200):])
	}
}

// entry is a file of a wheel, of any name and kind.
type entry struct {
	name, text string
	mode       fs.FileMode
}

// wheelOf is a wheel of entries, with what makes it one.
func wheelOf(t *testing.T, entries ...entry) []byte {
	t.Helper()
	const info = "evil-1.0.dist-info/"
	all := append([]entry{
		{name: info + "METADATA", text: "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n"},
		{name: info + "WHEEL", text: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{name: "evil.py", text: "# " + t.Name() + "\n"},
	}, entries...)
	record := ""
	for _, e := range all {
		record += e.name + ",,\n"
	}
	if !strings.Contains(record, info+"RECORD") {
		all = append(all, entry{name: info + "RECORD", text: record + info + "RECORD,,\n"})
	}
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, e := range all {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		header.SetMode(e.mode | 0o644)
		f, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestMaliciousWheels installs wheels that would write elsewhere, or run while the image is
// built. Each is refused with a code, or leaves nothing but what lies below the prefix.
func TestMaliciousWheels(t *testing.T) {
	t.Parallel()
	engine(t)
	const info = "evil-1.0.dist-info/"
	for name, c := range map[string]struct {
		entries []entry
		refused string
	}{
		"a path upwards":     {entries: []entry{{name: "../../../../../etc/poison", text: "poison"}}},
		"an absolute path":   {entries: []entry{{name: "/etc/poison", text: "poison"}}},
		"data upwards":       {entries: []entry{{name: "evil-1.0.data/data/../../../../etc/poison", text: "poison"}}},
		"a script upwards":   {entries: []entry{{name: info + "entry_points.txt", text: "[console_scripts]\n../../../etc/poison = evil:main\n"}}, refused: "the wheel of evil is not one that may be installed [PB606]"},
		"the interpreter":    {entries: []entry{{name: info + "entry_points.txt", text: "[console_scripts]\npython3 = evil:main\n"}}, refused: "the wheel of evil is not one that may be installed [PB606]"},
		"a record of others": {entries: []entry{{name: info + "RECORD", text: "../../../../../etc/passwd,,\n/etc/shadow,,\nevil.py,,\n"}}},
		"a link":             {entries: []entry{{name: "link.py", text: "/etc/shadow", mode: fs.ModeSymlink}}},
		"a link to write by": {entries: []entry{{name: "out", text: "/etc", mode: fs.ModeSymlink}, {name: "out/poison", text: "poison"}}, refused: "the wheel of evil is not one that may be installed [PB606]"},
		"a .pth file":        {entries: []entry{{name: "evil.pth", text: "import os; open('/install/poison', 'w').close(); os._exit(7)\n"}}},
		"a site hook":        {entries: []entry{{name: "sitecustomize.py", text: "open('/install/poison', 'w').close(); raise SystemExit(7)\n"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ix := newIndex(t)
			ix.files["evil"] = map[string][]byte{"evil-1.0-py3-none-any.whl": wheelOf(t, c.entries...)}
			evil := dist{name: "evil", version: "1.0"}
			b := build{dir: project(t, map[string]string{"pybuild.toml": job, "job.py": "", "pylock.toml": ix.pylock(t, evil)}), out: t.TempDir(), top: true}
			if c.refused != "" {
				b.fails(t, c.refused)
				return
			}
			b.must(t)
			if err := filepath.WalkDir(b.out, func(file string, d fs.DirEntry, err error) error {
				if d.Name() == "poison" || d.Name() == "link.py" && d.Type()&fs.ModeSymlink != 0 {
					t.Errorf("the image has %s", file)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(b.out, sitePackages, "evil.py")); err != nil {
				t.Error(err)
			}
		})
	}
}
