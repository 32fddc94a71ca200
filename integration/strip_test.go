package integration

import (
	"strings"
	"testing"
)

// TestStrip leaves out what nothing uses at run time, and keeps what only looks
// like it.
func TestStrip(t *testing.T) {
	big := large("big", "1.0")
	for name, text := range map[string]string{
		"big/tests/__init__.py": "", "big/tests/test_all.py": "assert 1", "big/core.py": "", "big/core.pyi": "", "big/lib/libbig.a": "!<arch>\n",
		// Imported by the package itself, or what is imported imports it.
		"big/sub/__init__.py": "", "big/sub/tests/__init__.py": "", "big/sub/tests/helpers.py": "from ...other.test import data\n",
		"big/use.py": "from .sub.tests import helpers\n", "big/other/test/data.py": "",
		// A package that asks its stub what to load.
		"big/lazy/__init__.py": "import lazy_loader\n__getattr__, __dir__, _ = lazy_loader.attach_stub(__name__, __file__)\n", "big/lazy/__init__.pyi": "",
		// A package of that name.
		"tests/__init__.py": "",
	} {
		big.files[name] = text
	}
	ix := newIndex(t, big)
	out := t.TempDir()
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[build]\nstrip = true\n", "job.py": "import tests\n", "tests/test_job.py": "", "pylock.toml": ix.pylock(t, big),
	})
	tr := build{dir: dir, out: out, top: true, attrs: map[string]string{"no-cache": ""}}.must(t)
	holds(t, out, map[string]bool{
		sitePackages + "big/tests": false, sitePackages + "big/core.py": true, sitePackages + "big/core.pyi": false, sitePackages + "big/lib/libbig.a": false,
		sitePackages + "big/sub/tests/helpers.py": true, sitePackages + "big/other/test/data.py": true, sitePackages + "big/lazy/__init__.pyi": true,
		sitePackages + "tests/__init__.py": true, "app/tests/test_job.py": true,
	})
	for _, said := range []string{
		"kept big/sub/tests: big/use.py imports it", "kept big/other/test: big/sub/tests/helpers.py imports it",
		"stripped 4 files, 0.0 MB: archives, stubs, tests",
	} {
		if !strings.Contains(tr.logs, said) {
			t.Errorf("the step does not say %q:\n%s", said, tr.logs)
		}
	}

	replace(t, dir+"/pybuild.toml", "strip = true", "strip = [\"stubs\"]")
	out = t.TempDir()
	tr = build{dir: dir, out: out, read: []string{sitePackages + "big-1.0.dist-info/RECORD"}}.must(t)
	holds(t, out, map[string]bool{sitePackages + "big/tests/test_all.py": true, sitePackages + "big/tests/__pycache__": false, sitePackages + "big/core.pyi": false})
	if record := tr.files[sitePackages+"big-1.0.dist-info/RECORD"]; strings.Contains(record, "big/core.pyi") || !strings.Contains(record, "big/core.py,") {
		t.Errorf("the record is\n%s", record)
	}
}
