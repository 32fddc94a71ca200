package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/golden"
)

// called is a project that has everything a caller can name.
func called() map[string]string {
	return map[string]string{
		"pybuild.toml": `# syntax=org/pybuild
python = "3.13"
[build]
secrets = ["LICENCE", { id = "conf", target = "/etc/pip.conf", required = true }]
ssh = ["deploy"]

[build.args]
# what the page
# in the corner says
APP_VERSION = "dev"
PLAIN = ""

[serve]
command = ["python", "main.py"]

# sends the mails of the day
[target.mails]
script = "mails.py"

[target.worker]
command = ["python", "-m", "worker"]

[target.test]
command = ["python", "-m", "unittest"]
`,
		"main.py": "", "mails.py": "", "worker.py": "", "Procfile": "clock: python clock.py\n",
		"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://packages.corp.example/simple\"\n",
	}
}

// TestAnswers holds what `docker build --call` prints, which builds nothing.
func TestAnswers(t *testing.T) {
	t.Parallel()
	dir := project(t, called())
	call := func(name, target string) (*trace, string) {
		tr := build{dir: dir, attrs: map[string]string{"requestid": "frontend." + name, "target": target}}.must(t)
		for step := range tr.cached {
			if strings.Contains(step, "lay out the app") || strings.Contains(step, "compile") {
				t.Errorf("the call %s ran %s", name, step)
			}
		}
		return tr, string(tr.metadata["result.txt"])
	}
	for _, c := range []struct{ name, target, golden string }{
		{"outline", "", "outline"}, {"outline", "mails", "outline-mails"}, {"outline", "lock", "outline-lock"}, {"targets", "", "targets"},
	} {
		_, text := call(c.name, c.target)
		golden.Assert(t, text, "calls/"+c.golden+".txt")
	}
	// Editors read where it is.
	tr, _ := call("outline", "")
	var o struct {
		Args, Secrets []struct {
			Name     string
			Location struct {
				Ranges []struct{ Start struct{ Line int } }
			}
		}
	}
	if err := json.Unmarshal(tr.metadata["result.json"], &o); err != nil || o.Args[0].Location.Ranges[0].Start.Line != 10 || o.Secrets[1].Location.Ranges[0].Start.Line != 4 {
		t.Errorf("the outline's places are %+v, %v", o, err)
	}
	build{dir: dir, attrs: map[string]string{"requestid": "frontend.outline", "target": "wroker"}}.fails(t, `no target "wroker" [PB401]`, "did you mean --target worker?")

	// What follows resolves, for which the engine wants what is required.
	replace(t, filepath.Join(dir, "pybuild.toml"), ", required = true }]\nssh = [\"deploy\"]", " }]")
	if _, dot := call("explain-dot", ""); !strings.HasPrefix(dot, "digraph pybuild {") || !strings.Contains(dot, "lay out the app") || strings.Count(dot, "->") < 5 {
		t.Errorf("the graph is %s", dot)
	}
	if _, svg := call("explain-svg", ""); !strings.HasPrefix(svg, "<svg xmlns=") || !strings.Contains(svg, "</svg>") {
		t.Errorf("the picture is %s", svg)
	}
	for _, target := range []string{"dockerfile", "lock", "mails", "clock"} {
		if _, text := call("lint", target); strings.Contains(text, "PB401") {
			t.Errorf("the check of the target %s says %s", target, text)
		}
	}
}

// TestDockerCalls has Docker's own command line print the answers, and its exit code say
// whether there is something to mend.
func TestDockerCalls(t *testing.T) {
	t.Parallel()
	dir := project(t, called())
	useSyntax(t, filepath.Join(dir, "pybuild.toml"), frontendImage(t))
	call := func(args ...string) (string, error) {
		return tryDocker(append(append([]string{"build", "-f", filepath.Join(dir, "pybuild.toml")}, args...), dir)...)
	}
	says := func(arg string, wants ...string) {
		t.Helper()
		said, err := call(strings.Fields(arg)...)
		if err != nil {
			t.Errorf("%s: %v\n%s", arg, err, said)
		}
		for _, want := range wants {
			if !regexp.MustCompile(want).MatchString(said) {
				t.Errorf("%s does not say %q:\n%s", arg, want, said)
			}
		}
	}
	says("--call=outline", `APP_VERSION +dev +what the page in the corner says`, `conf +true`, `deploy +true`)
	says("--call=targets", `runtime \(default\) +the image of the app`, `mails +sends the mails of the day`, `clock +exec python clock.py \(Procfile:1:1\)`)
	said, err := call("--check")
	if err == nil || !strings.Contains(said, "pybuild.toml:4:23: the build secret conf was not passed [PB525]") {
		t.Errorf("the check of what cannot be built says %v\n%s", err, said)
	}
	replace(t, filepath.Join(dir, "pybuild.toml"), ", required = true }]\nssh = [\"deploy\"]", " }]")
	for _, target := range []string{"runtime", "lock", "clock"} {
		says("--check --target="+target, "Check complete, no warnings found")
	}
	says("--call=explain", `runtime for linux/`, `lay out the app`)
	says("--call=explain-dot", `digraph pybuild \{`)
	says("--call=explain-svg", `<svg xmlns=`)

	// The lock of images has this frontend, and then another one.
	dir = project(t, map[string]string{"pybuild.toml": "# syntax=\n" + job, "job.py": "", "requirements.txt": "# none\n"})
	useSyntax(t, filepath.Join(dir, "pybuild.toml"), frontendImage(t))
	if said, err := call("--target=lock", "--output="+dir); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	pins := filepath.Join(dir, "pybuild.lock")
	data, err := os.ReadFile(pins)
	if err != nil {
		t.Fatal(err)
	}
	_, frontend, _ := strings.Cut(string(data), "[frontend]")
	digest := regexp.MustCompile(`sha256:[0-9a-f]{64}`).FindString(frontend)
	replace(t, pins, digest, "sha256:"+strings.Repeat("0", 64))
	note(t, filepath.Join(dir, "pybuild.toml"), "[runtime]\nuid = 0\n")
	said, err = call("--check")
	for _, want := range []string{"WARNING: FrontendPin - https://github.com/pybuild/pybuild/blob/main/docs/checks.md#frontendpin", "\npybuild.lock:", "WARNING: RootUser", "2 warnings have been found!"} {
		if err == nil || !strings.Contains(said, want) {
			t.Errorf("the check does not say %q: %v\n%s", want, err, said)
		}
	}
	replace(t, filepath.Join(dir, "pybuild.toml"), "uid", "udi")
	if said, err := call("--check"); err == nil || !strings.Contains(said, `unknown key "udi" in [runtime] [PB004]`) {
		t.Errorf("the check of a mistake says %v\n%s", err, said)
	}
}
