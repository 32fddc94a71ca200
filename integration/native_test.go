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
	t.Parallel()
	ix := newIndex(t, salty())
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[build]\npackages = [\"libsodium-dev\"]\n", "job.py": "import salty\nprint('salted')\n", "pylock.toml": ix.pylock(t, salty()),
	})
	tr := build{dir: dir}.run(t)
	if tr.err == nil || !tr.ran(tr.step(t, "find the shared libraries")) {
		t.Errorf("the build says %v", tr.err)
	}
	for _, said := range []string{
		".so needs libsodium.so.23, which the image does not have [PB521]",
		"add it to the image: in [runtime], write packages = [\"libsodium23\"]",
	} {
		if !strings.Contains(tr.logs, said) {
			t.Errorf("the step does not say %q:\n%s", said, tr.logs)
		}
	}
	note(t, filepath.Join(dir, "pybuild.toml"), "[runtime]\npackages = [\"libsodium23\"]\n")
	build{dir: dir}.must(t)
}

// TestBuildMessages has builds fail for want of something, and say what to write.
func TestBuildMessages(t *testing.T) {
	script := func(line string) string {
		return "import subprocess, sys\n\ndef build_wheel(*args):\n    " + line + "\n"
	}
	run := func(command string) string { return script("subprocess.run(" + command + ", check=True)") }
	for name, c := range map[string]struct {
		backend string
		files   map[string]string
		says    []string
	}{
		"header":         {run(`["cc", "-c", "a.c"]`), map[string]string{"a.c": "#include <libpq-fe.h>\n"}, []string{"the header libpq-fe.h is not there [PB508]", `in [build], write packages = ["libpq-dev"]`}},
		"unknown header": {run(`["cc", "-c", "a.c"]`), map[string]string{"a.c": "#include <frobnicate/all.h>\n"}, []string{"the header frobnicate/all.h is not there [PB508]", "find the Debian package that has it"}},
		"library":        {run(`["cc", "-shared", "a.c", "-lpq"]`), map[string]string{"a.c": "\n"}, []string{"the library pq is not there to link with [PB510]", `in [build], write packages = ["libpq-dev"]`}},
		"fortran":        {run(`["gfortran", "a.f90"]`), nil, []string{"the program gfortran is not there [PB509]", `in [build], write packages = ["gfortran"]`}},
		"pg_config":      {script(`sys.exit("Error: pg_config executable not found.")`), nil, []string{"the program pg_config is not there [PB509]", `in [build], write packages = ["libpq-dev"]`}},
		"rust":           {script(`sys.exit("error: can't find Rust compiler")`), nil, []string{"the package is written in Rust and has to be compiled [PB509]", `in [build], write packages = ["cargo"]`}},
		"disk":           {script(`sys.exit("OSError: [Errno 28] No space left on device")`), nil, []string{"the builder's disk is full [PB512]", "make room: docker builder prune"}},
		"pkg-config":     {script(`sys.exit("Package cairo was not found in the pkg-config search path.")`), nil, []string{"pkg-config does not know cairo [PB510]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dist{name: "stuck", version: "1.0", sdist: true, files: map[string]string{"backend.py": c.backend}}
			for file, text := range c.files {
				d.files[file] = text
			}
			ix := newIndex(t, d)
			dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "", "pylock.toml": ix.pylock(t, d)})
			build{dir: dir}.fails(t, c.says...)
		})
	}
}

// TestOwnExtension compiles what the project itself has, in the directory of a
// requirement and at the root.
func TestOwnExtension(t *testing.T) {
	const source = `#define PY_SSIZE_T_CLEAN
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
`
	setup := "from setuptools import Extension, setup\nsetup(name='fast', version='1', ext_modules=[Extension('fast', ['fast.c'])])\n"
	for name, files := range map[string]map[string]string{
		"at the root":        {"setup.py": setup, "fast.c": source, "pyproject.toml": "[project]\nname = \"fast\"\nversion = \"1\"\n[build-system]\nrequires = [\"setuptools\"]\n"},
		"below requirements": {"requirements.txt": "./lib\n", "lib/setup.py": setup, "lib/fast.c": source},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files["pybuild.toml"], files["job.py"] = job+"[runtime]\ninclude = [\"job.py\"]\n", "import fast\nprint(fast.__file__)\n"
			tr := build{dir: project(t, files)}.run(t)
			if tr.err != nil {
				t.Fatalf("%v\n%s", tr.err, tr.logs)
			}
			tr.step(t, "[builder] install g++, gcc, libc6-dev")
			tr.step(t, "[check] find the shared libraries")
		})
	}
}
