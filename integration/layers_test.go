package integration

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/opencontainers/go-digest"
)

const sitePackages = "usr/local/lib/python3.13/site-packages/"

// pylock writes a lock (PEP 751) of what an index has, with sizes.
func (ix *index) pylock(t *testing.T, dists ...dist) string {
	t.Helper()
	text := "lock-version = \"1.0\"\ncreated-by = \"test\"\n"
	for _, d := range dists {
		file := fmt.Sprintf("{ url = %q, size = %d, hashes = { sha256 = %q } }", ix.URL+"/files/"+d.name+"/"+d.file(), len(d.bytes(t)), strings.TrimPrefix(ix.hash(d.file()), "sha256:"))
		text += fmt.Sprintf("[[packages]]\nname = %q\nversion = %q\nindex = %q\n", d.name, d.version, ix.simple())
		if d.sdist {
			text += "sdist = " + file + "\n"
		} else {
			text += "wheels = [" + file + "]\n"
		}
	}
	return text
}

// large is a wheel of more than 2 MB, with bytes that no compression shrinks.
func large(name, version string) dist {
	random := rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%-32.32s", name+version))))
	data := make([]byte, 3<<20)
	_, _ = random.Read(data)
	return dist{name: name, version: version, files: map[string]string{name + "/__init__.py": "VERSION = '" + version + "'\n", name + "/data.bin": string(data)}}
}

// TestLayersByPackage changes one dependency and looks at what runs again.
func TestLayersByPackage(t *testing.T) {
	tag := strings.ToLower(filepath.Base(t.TempDir())) + fmt.Sprint(rand.Uint32())
	big, huge := large("big", "1.0"), large("huge"+tag, "1.0")
	huge2 := large("huge"+tag, "2.0")
	small := dist{name: "small" + tag, version: "1.0"}
	ix := newIndex(t, big, huge, huge2, small, dist{name: "native" + tag, version: "1.0", sdist: true})
	dir := project(t, map[string]string{
		"pybuild.toml": job, "job.py": "import big\n", "pylock.toml": ix.pylock(t, big, huge, small),
	})
	first := build{dir: dir}.must(t)
	bigStep, smallStep := first.step(t, "install big 1.0 (3.1 MB)"), first.step(t, "install small"+tag)
	first.step(t, "install huge"+tag+" 1.0 (3.1 MB)")

	write(t, filepath.Join(dir, "pylock.toml"), ix.pylock(t, big, huge2, small))
	second := build{dir: dir, read: []string{sitePackages + "huge" + tag + "/__init__.py"}}.must(t)
	if second.ran(bigStep) || second.ran(smallStep) || !second.ran(second.step(t, "install huge"+tag+" 2.0")) {
		t.Errorf("a large package's new version ran %v", second.cached)
	}
	if text := second.files[sitePackages+"huge"+tag+"/__init__.py"]; text != "VERSION = '2.0'\n" {
		t.Errorf("the image has %q", text)
	}

	// Another project has the same package on the same base: nothing runs.
	other := project(t, map[string]string{
		"pybuild.toml": job + "[build]\nenv = { A = \"b\" }\n", "job.py": "print()\n", "pyproject.toml": "[tool.ruff]\n", "pylock.toml": ix.pylock(t, small, huge),
	})
	third := build{dir: other}.must(t)
	if third.ran(third.step(t, "install huge"+tag+" 1.0")) || third.ran(third.step(t, "install small"+tag)) {
		t.Errorf("a second project ran %v", third.cached)
	}

	// What has no wheel is built apart, and one layer is possible.
	sdist := dist{name: "native" + tag, version: "1.0", sdist: true}
	write(t, filepath.Join(dir, "pylock.toml"), ix.pylock(t, big, huge, small, sdist))
	fourth := build{dir: dir, read: []string{sitePackages + "native" + tag + ".json"}}.must(t)
	if fourth.ran(fourth.step(t, "install big 1.0")) || !fourth.ran(fourth.step(t, "build and install native")) {
		t.Errorf("an added sdist ran %v", fourth.cached)
	}
	note(t, filepath.Join(dir, "pybuild.toml"), "[build]\nlayers = \"single\"\n")
	build{dir: dir}.must(t).step(t, "install 3 packages from pylock.toml")
	replace(t, filepath.Join(dir, "pybuild.toml"), "layers = \"single\"", "wheels = \"cache\"")
	build{dir: dir}.must(t).step(t, "install 4 packages from pylock.toml")
}

// TestSharedLayers builds two services that have packages in common, each without the
// cache of the other: what the second one adds to a registry is its own code.
func TestSharedLayers(t *testing.T) {
	t.Parallel()
	big, huge, small := large("big", "1.0"), large("huge", "1.0"), dist{name: "small", version: "1.0"}
	ix := newIndex(t, big, huge, small)
	shop := project(t, map[string]string{"pybuild.toml": job, "job.py": "import big, huge, small\n", "pylock.toml": ix.pylock(t, big, huge, small)})
	mail := project(t, map[string]string{
		"pybuild.toml": job + "[build]\nenv = { A = \"b\" }\n", "job.py": "import small\n", "pyproject.toml": "[tool.ruff]\n", "pylock.toml": ix.pylock(t, small, huge),
	})
	again := map[string]string{"no-cache": "packages"}
	first, second := imageOf(t, shop, again, nil), imageOf(t, mail, again, nil)
	var own []digest.Digest
	for _, layer := range second.layers {
		if !slices.Contains(first.layers, layer) {
			own = append(own, layer)
		}
	}
	if len(own) != 1 || own[0] != second.layers[len(second.layers)-2] && own[0] != second.layers[len(second.layers)-1] {
		t.Errorf("the second service has %v of its own among %v; the first has %v", own, second.layers, first.layers)
	}
}

// TestOverlappingPackages has packages bring the same file, and parts of a namespace:
// what several layers have, one has too, on every engine.
func TestOverlappingPackages(t *testing.T) {
	t.Parallel()
	// The names are in no order that the layers have.
	one, two := large("one", "1.0"), large("two", "1.0")
	alpha, beta := dist{name: "alpha", version: "1.0", files: map[string]string{}}, dist{name: "beta", version: "1.0", files: map[string]string{}}
	for _, d := range []dist{one, two, alpha, beta} {
		d.files["space/"+d.name+".py"] = ""
	}
	says := func(file string, dists ...dist) {
		for _, d := range dists {
			d.files[file] = "BY = '" + d.name + "'\n"
		}
	}
	says("large/__init__.py", one, two)
	says("small/__init__.py", alpha, beta)
	says("both/__init__.py", alpha, two)
	ix := newIndex(t, one, two, alpha, beta)
	want := map[string]string{"large/__init__.py": "two", "small/__init__.py": "beta", "both/__init__.py": "alpha"}
	var read []string
	for file := range want {
		read = append(read, sitePackages+file)
	}
	for _, d := range []dist{one, two, alpha, beta} {
		read = append(read, sitePackages+"space/"+d.name+".py")
	}
	for name, c := range map[string]struct {
		build   string
		without []apicaps.CapID
		step    string
	}{
		"layers":        {"", nil, "install alpha, beta"},
		"one layer":     {"[build]\nlayers = \"single\"\n", nil, "install 4 packages from pylock.toml"},
		"an old engine": {"", []apicaps.CapID{pb.CapMergeOp}, "install 4 packages from pylock.toml"},
		"over a cache":  {"[build]\nwheels = \"cache\"\n", nil, "install 4 packages from pylock.toml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, map[string]string{"pybuild.toml": job + c.build, "job.py": "", "pylock.toml": ix.pylock(t, two, beta, one, alpha)})
			tr := build{dir: dir, read: read, without: c.without}.must(t)
			tr.step(t, c.step)
			for file, by := range want {
				if name == "over a cache" {
					by = max(by, map[string]string{"both/__init__.py": "two"}[file])
				}
				if text := tr.files[sitePackages+file]; text != "BY = '"+by+"'\n" {
					t.Errorf("%s is %q, want that of %s", file, text, by)
				}
			}
		})
	}
}

// TestChangedWheel refuses a file that is not the locked one, before any step
// sees it.
func TestChangedWheel(t *testing.T) {
	t.Parallel()
	good, evil := dist{name: "alpha", version: "1.0", files: map[string]string{"alpha.py": "# " + t.TempDir()}}, dist{name: "alpha", version: "1.0", files: map[string]string{"alpha.py": "evil"}}
	real, fake := newIndex(t, good), newIndex(t, evil)
	dir := project(t, map[string]string{
		"pybuild.toml": job, "job.py": "",
		"pylock.toml": "lock-version = \"1.0\"\ncreated-by = \"test\"\n[[packages]]\nname = \"alpha\"\nversion = \"1.0\"\n" +
			"wheels = [{ url = \"" + fake.URL + "/files/alpha/" + evil.file() + "\", hashes = { sha256 = \"" + strings.TrimPrefix(real.hash(good.file()), "sha256:") + "\" } }]\n",
	})
	tr := build{dir: dir}.run(t)
	if tr.err == nil || !strings.Contains(tr.err.Error(), "is not the one that was locked [PB503]") {
		t.Errorf("error %v", tr.err)
	}
}

// TestStandardLibrary has the bytecode of the standard library used by the
// app's user.
func TestStandardLibrary(t *testing.T) {
	t.Parallel()
	frontendImage(t)
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": "import json, sys\nprint(json.__cached__)\n"})
	img := dockerBuild(t, dir)
	out := docker(t, "run", "--rm", "--read-only", "--entrypoint", "python", img.name, "-v", "-c", "import json.decoder, asyncio")
	for _, module := range []string{"json/__pycache__/decoder", "asyncio/__pycache__/events"} {
		if want := "code object from '/usr/local/lib/python3.13/" + module + ".cpython-313.pyc'"; !strings.Contains(out, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(out, "# wrote '") {
		t.Error("bytecode is written at run time")
	}
	note(t, filepath.Join(dir, "pybuild.toml"), "[runtime]\nstdlib-bytecode = false\n")
	if img := dockerBuild(t, dir); img.has(t, "/usr/local/lib/python3.13/json/__pycache__/decoder.cpython-313.pyc") {
		t.Error("the standard library was compiled though it was switched off")
	}
}
