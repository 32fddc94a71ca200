package integration

import (
	"path/filepath"
	"strings"
	"testing"
)

// salty is an extension that links libsodium, which no table knows it for.
func salty() dist {
	return dist{name: "salty", version: "1.0", sdist: true, files: map[string]string{
		"salty.c": `#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <sodium.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "salty", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_salty(void) { return sodium_init() < 0 ? NULL : PyModule_Create(&module); }
`,
		"backend.py": `import subprocess, sysconfig, zipfile

def build_wheel(out, config=None, metadata=None):
    module = "salty" + sysconfig.get_config_var("EXT_SUFFIX")
    subprocess.run(["cc", "-shared", "-fPIC", "-I" + sysconfig.get_path("include"), "salty.c", "-lsodium", "-o", module], check=True)
    name = "salty-1.0-py3-none-any.whl"
    with zipfile.ZipFile(out + "/" + name, "w") as wheel:
        wheel.write(module)
        wheel.write("PKG-INFO", "salty-1.0.dist-info/METADATA")
        wheel.writestr("salty-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("salty-1.0.dist-info/RECORD", module + ",,\n")
    return name
`,
	}}
}

// TestMissingLibrary says which Debian package an image lacks, before anybody
// runs it.
func TestMissingLibrary(t *testing.T) {
	ix := newIndex(t, salty())
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[build]\npackages = [\"libsodium-dev\"]\n", "job.py": "import salty\nprint('salted')\n", "pylock.toml": ix.pylock(t, salty()),
	})
	tr := build{dir: dir}.run(t)
	if tr.err == nil || !tr.ran(tr.step(t, "find the shared libraries")) {
		t.Errorf("the build says %v", tr.err)
	}
	for _, said := range []string{
		".so needs libsodium.so.23, which the image does not have",
		"Add it to the image: in [runtime], write packages = [\"libsodium23\"]",
	} {
		if !strings.Contains(tr.logs, said) {
			t.Errorf("the step does not say %q:\n%s", said, tr.logs)
		}
	}
	note(t, filepath.Join(dir, "pybuild.toml"), "[runtime]\npackages = [\"libsodium23\"]\n")
	build{dir: dir}.must(t)
}
