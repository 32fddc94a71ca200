package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTargetWheelhouse gathers what a project installs and what builds it, and builds the
// project from that with its index gone: a wheel, an archive that needs a package to be
// built, and the project itself.
func TestTargetWheelhouse(t *testing.T) {
	t.Parallel()
	inner, helper, unbuilt := dist{name: "inner", version: "1.0"}, dist{name: "helper", version: "1.0"}, needy()
	ix := newIndex(t, inner, helper, unbuilt)
	dir := projectDir(t, map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\n[serve]\nmodule = \"probe\"\n",
		"pyproject.toml": "[project]\nname = \"probe\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"inner\", \"needy\"]\n" +
			"[build-system]\nrequires = [\"helper\"]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n",
		"backend.py": "import helper\n" + backend,
	}, []string{"uv", "lock", "--quiet"})
	b := build{dir: dir, attrs: map[string]string{"target": "wheelhouse"}, out: filepath.Join(dir, "vendor")}
	if err := os.Mkdir(b.out, 0o755); err != nil {
		t.Fatal(err)
	}
	b.must(t)
	if err := os.Remove(b.out + ".tar"); err != nil {
		t.Fatal(err)
	}
	holds(t, b.out, map[string]bool{inner.file(): true, helper.file(): true, "needy-1.0-py3-none-any.whl": true, unbuilt.file(): false})
	text, err := os.ReadFile(filepath.Join(b.out, "requirements.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "inner==1.0 --hash="+ix.hash(inner.file())+"\n") || !strings.Contains(string(text), "needy==1.0 --hash=sha256:") || strings.Contains(string(text), "helper") {
		t.Errorf("the requirements are %s", text)
	}
	ix.Close()
	write(t, filepath.Join(dir, "pybuild.toml"), "# syntax=org/pybuild\n[build]\nwheelhouse = \"vendor\"\ninput = \"vendor/requirements.txt\"\n[serve]\nmodule = \"probe\"\n")
	tr := build{dir: dir, read: []string{sitePackages + "inner.py", sitePackages + "needy.py", sitePackages + "probe.py"}}.must(t)
	tr.step(t, "build and install probe")
	// Filled again, it is made of the project's own lock, and not of itself.
	again := build{dir: dir, attrs: b.attrs}.must(t)
	if again.ran(again.step(t, "[wheelhouse] lay out 3 wheels")) {
		t.Error("the wheelhouse is made of another input than before")
	}
}
