package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
)

// TestTargetTest runs a project's tests as a build, which fails where they do.
func TestTargetTest(t *testing.T) {
	t.Parallel()
	const backendTable = "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"
	dir := projectDir(t, map[string]string{
		"pybuild.toml":     "[serve]\nmodule = \"shop\"\n",
		"pyproject.toml":   "[project]\nname = \"probe\"\nversion = \"1\"\nrequires-python = \">=3.12\"\n[dependency-groups]\ndev = [\"pytest\", \"pytest-cov\"]\n" + backendTable,
		"backend.py":       backend,
		"shop/__init__.py": "PRICE = 3\n", "shop/__main__.py": "", "tests/test_shop.py": "import shop, probe\n\ndef test_price():\n    assert shop.PRICE == 3\n",
	}, []string{"uv", "lock", "--quiet"})
	// New to the engine: a step that is cached says nothing again.
	note(t, filepath.Join(dir, "tests/test_shop.py"), "# "+dir+"\n")
	b := build{dir: dir, attrs: map[string]string{"target": "test"}, out: t.TempDir()}
	tr := b.must(t)
	if !strings.Contains(tr.logs, "1 passed") {
		t.Errorf("the tests say %s", tr.logs)
	}
	report, err := os.ReadFile(filepath.Join(b.out, "junit.xml"))
	if err != nil || !strings.Contains(string(report), `name="test_price"`) {
		t.Errorf("the report is %s, %v", report, err)
	}
	write(t, filepath.Join(dir, "shop/__init__.py"), "PRICE = 4\n")
	build{dir: dir, attrs: b.attrs}.fails(t, "assert 4 == 3", "1 failed", "the tests failed [PB523]")
	// For a CI that shows them, the reports are kept, and how the tests ended.
	reports := func(status string) *trace {
		t.Helper()
		b := build{dir: dir, attrs: map[string]string{"target": "test", "build-arg:TESTS": "report"}, out: t.TempDir()}
		tr := b.must(t)
		report, err := os.ReadFile(filepath.Join(b.out, "junit.xml"))
		if failure := strings.Contains(string(report), "assert 4 == 3"); err != nil || failure != (status == "1") {
			t.Errorf("the report is %s, %v", report, err)
		}
		if coverage, err := os.ReadFile(filepath.Join(b.out, "coverage.xml")); err != nil || !strings.Contains(string(coverage), `filename="shop/__init__.py"`) {
			t.Errorf("the coverage is %s, %v", coverage, err)
		}
		if code, err := os.ReadFile(filepath.Join(b.out, "exit-status")); err != nil || string(code) != status+"\n" {
			t.Errorf("the exit status is %q, %v", code, err)
		}
		return tr
	}
	for range 2 { // what failed runs again
		if tr := reports("1"); !strings.Contains(tr.logs, "1 failed") {
			t.Errorf("the tests say %s", tr.logs)
		}
	}
	write(t, filepath.Join(dir, "shop/__init__.py"), "PRICE = 3\n")
	if tr := reports("0"); tr.ran(tr.step(t, "-m pytest")) {
		t.Error("the tests that passed ran again")
	}
	build{dir: dir, attrs: map[string]string{"target": "test", "build-arg:TESTS": "reports"}}.fails(t, `the build argument TESTS should be "report", but is "reports" [PB010]`)
	runtime := build{dir: dir, out: t.TempDir(), top: true}
	runtime.must(t)
	if _, err := os.Stat(filepath.Join(runtime.out, sitePackages, "pytest")); err == nil {
		t.Error("pytest is in the image")
	}

	// Without pytest it says what to do.
	replace(t, filepath.Join(dir, "pyproject.toml"), "[dependency-groups]\ndev = [\"pytest\", \"pytest-cov\"]\n", "")
	dir = projectDir(t, withoutLock(read(t, dir)), []string{"uv", "lock", "--quiet"})
	build{dir: dir, attrs: b.attrs}.fails(t, "nothing to test with: pytest is not among the packages of", "uv add --dev pytest")
}

// TestTargetTestReports tells what the reports of tests that fail may be, however large.
func TestTargetTestReports(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[target.test]\ncommand = [\"python\", \"tests.py\"]\n", "job.py": "",
		"tests.py": "# " + t.TempDir() + "\nimport os, pathlib, sys\n" +
			"page = pathlib.Path('/out/html/index.html')\npage.parent.mkdir()\npage.write_text('42 %')\n" +
			"pathlib.Path('/out/page').symlink_to('html/index.html')\n" +
			"pathlib.Path('/out/large').write_bytes(os.urandom(1000))\nsys.exit(7)\n",
	})
	small := build{dir: dir, attrs: map[string]string{"target": "test", "build-arg:TESTS": "report"}, out: t.TempDir()}
	small.must(t)
	for name, want := range map[string]string{"html/index.html": "42 %", "page": "42 %", "exit-status": "7\n"} {
		if text, err := os.ReadFile(filepath.Join(small.out, name)); err != nil || string(text) != want {
			t.Errorf("%s is %q, %v", name, text, err)
		}
	}
	replace(t, filepath.Join(dir, "tests.py"), "urandom(1000)", "urandom(12_100_000)")
	build{dir: dir, attrs: small.attrs}.fails(t, "the tests failed [PB523]", "the reports cannot be kept: they have more than 12 MB")
}

func withoutLock(files map[string]string) map[string]string {
	delete(files, "uv.lock")
	return files
}

// TestTargetDev serves a change that is copied into the running container.
func TestTargetDev(t *testing.T) {
	t.Parallel()
	dir := example(t, "fastapi")
	img := dockerBuild(t, dir, "--target", "dev")
	c := img.start(t)
	c.until("answers", func() bool { status, _ := c.get("/health"); return status == 200 })
	note(t, filepath.Join(dir, "app/main.py"), "\n\n@app.get(\"/changed\")\ndef changed():\n    return \"seen\"\n")
	docker(t, "cp", filepath.Join(dir, "app/main.py"), c.id+":/app/app/main.py")
	c.until("serves the change", func() bool { _, body := c.get("/changed"); return strings.Contains(body, "seen") })
}

// TestOwnTargets runs targets of the configuration on the layers of the runtime.
func TestOwnTargets(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\n[serve]\nscript = \"main.py\"\n[target.worker]\ncommand = [\"python\", \"worker.py\"]\nenv = { QUEUE = \"mail\" }\n",
		"main.py":      "print('main')\n", "worker.py": "import os\nprint('worker of', os.environ['QUEUE'])\n",
		"requirements.txt": "blinker==1.8.2\n",
	}
	dir := project(t, files)
	layers := func(i image) string { return docker(t, "inspect", "--format", "{{.RootFS.Layers}}", i.name) }
	before := layers(dockerBuild(t, dir))
	worker := dockerBuild(t, dir, "--target", "worker")
	if out := docker(t, "run", "--rm", worker.name); out != "worker of mail" {
		t.Errorf("the worker says %s", out)
	}
	if layers(worker) != before {
		t.Error("the layers of the worker are not the runtime's")
	}
	img, err := tryDockerBuild(t, dir, "--target", "wroker")
	if err == nil || !strings.Contains(img.log+err.Error(), "runtime, builder, debug, dev, test, lock, wheelhouse, dockerfile, worker; one of your own starts with [target.wroker]") {
		t.Errorf("a target that is none: %v", err)
	}
}

// TestTargetOfProcess has a process of the source with what the configuration says of it.
func TestTargetOfProcess(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"pybuild.toml": job + "port = 9000\nhealthcheck = \"/\"\n[target.beat]\nenv = { QUEUE = \"mail\" }\n", "job.py": "", "Procfile": "beat: python beat.py\n",
	})
	tr := build{dir: dir, attrs: map[string]string{"target": "beat"}}.must(t)
	var image dockerspec.DockerOCIImage
	if err := json.Unmarshal(tr.metadata["containerimage.config"], &image); err != nil {
		t.Fatal(err)
	}
	c := image.Config
	if words := strings.Join(c.Cmd, " "); words != "/bin/sh -c exec python beat.py" || !slices.Contains(c.Env, "QUEUE=mail") || c.Healthcheck != nil || c.ExposedPorts != nil {
		t.Errorf("the target runs %q with %+v", words, c)
	}
}

// TestTargetLock locks a project whose lock no longer fits, and builds with that.
func TestTargetLock(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, dist{name: "inner", version: "1.0"}, dist{name: "inner", version: "2.0"}, dist{name: "other", version: "1.0"})
	manifest := func(dependencies string) string {
		return "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [" + dependencies + "]\n[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n"
	}
	dir := projectDir(t, map[string]string{
		"pybuild.toml": job, "job.py": "import inner\n", "pyproject.toml": manifest(`"inner<2"`),
	}, []string{"uv", "lock", "--quiet"})
	write(t, filepath.Join(dir, "pyproject.toml"), manifest(`"inner", "other"`))
	build{dir: dir}.fails(t, "uv lock")
	lock := func(args map[string]string) string {
		t.Helper()
		b := build{dir: dir, out: t.TempDir(), attrs: map[string]string{"target": "lock"}}
		for name, value := range args {
			b.attrs[name] = value
		}
		b.must(t)
		data, err := os.ReadFile(filepath.Join(b.out, "uv.lock"))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	text := lock(nil)
	if !strings.Contains(text, "name = \"inner\"\nversion = \"1.0\"") || !strings.Contains(text, "name = \"other\"") {
		t.Errorf("the lock is %s", text)
	}
	if text := lock(map[string]string{"build-arg:UPGRADE": "all"}); !strings.Contains(text, "name = \"inner\"\nversion = \"2.0\"") {
		t.Errorf("the upgraded lock is %s", text)
	}
	write(t, filepath.Join(dir, "uv.lock"), text)
	build{dir: dir}.must(t)

	files := map[string]string{"pybuild.toml": job, "job.py": "", "requirements.in": "--index-url " + ix.simple() + "\ninner\n", "requirements.txt": ""}
	b := build{dir: project(t, files), out: t.TempDir(), attrs: map[string]string{"target": "lock"}}
	b.must(t)
	if data, err := os.ReadFile(filepath.Join(b.out, "requirements.txt")); err != nil || !strings.Contains(string(data), "inner==2.0 \\\n    --hash="+ix.hash("inner-2.0-py3-none-any.whl")) {
		t.Errorf("the requirements are %s, %v", data, err)
	}

	// Without a requirements.in, requirements.txt stays what people edit.
	files = map[string]string{"pybuild.toml": job, "job.py": "", "requirements.txt": "--index-url " + ix.simple() + "\ninner\n"}
	b = build{dir: project(t, files), out: t.TempDir(), attrs: map[string]string{"target": "lock"}}
	if tr := b.must(t); strings.Contains(strings.Join(tr.warnings, "\n"), "NotLocked") {
		t.Errorf("locking warns of %s", tr.warnings)
	}
	data, err := os.ReadFile(filepath.Join(b.out, "pylock.toml"))
	if err != nil || !strings.Contains(string(data), strings.TrimPrefix(ix.hash("inner-2.0-py3-none-any.whl"), "sha256:")) {
		t.Errorf("the lock is %s, %v", data, err)
	}
	write(t, filepath.Join(b.dir, "pylock.toml"), string(data))
	if tr := (build{dir: b.dir}).must(t); strings.Contains(strings.Join(tr.warnings, "\n"), "NotLocked") {
		t.Errorf("the lock is not one: %s", tr.warnings)
	}
	write(t, filepath.Join(b.dir, "requirements.txt"), files["requirements.txt"]+"other\n")
	build{dir: b.dir}.fails(t, `requirements.txt:3:1: "other" is in requirements.txt, but not in pylock.toml:`, "docker build --target lock --output . -f pybuild.toml .")
	write(t, filepath.Join(b.dir, "pybuild.toml"), job+"[build]\ninput = \"pylock.toml\"\n")
	build{dir: b.dir}.must(t)
}

// TestTargetDebug has the app answer, and a debugger beside it, on the runtime's layers.
func TestTargetDebug(t *testing.T) {
	t.Parallel()
	dir := example(t, "fastapi")
	layers := func(i image) string {
		return strings.Trim(docker(t, "inspect", "--format", "{{.RootFS.Layers}}", i.name), "[]")
	}
	before := layers(dockerBuild(t, dir))
	img := dockerBuild(t, dir, "--target", "debug")
	if after := layers(img); !strings.HasPrefix(after, before) {
		t.Errorf("the layers of the runtime are not those of debug")
	}
	c := img.start(t)
	c.until("answers", func() bool { status, _ := c.get("/health"); return status == 200 })
	// Its protocol begins with a header, whoever connects.
	greeting := docker(t, "exec", c.id, "python3", "-c", "import socket; print(socket.create_connection(('127.0.0.1', 5678), 10).recv(14).decode())")
	if greeting != "Content-Length" {
		t.Errorf("the debugger says %q", greeting)
	}
}
