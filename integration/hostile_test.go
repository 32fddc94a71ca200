package integration

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestHostileContainer builds and runs what has the nastiest texts that are accepted in
// arguments, variables, labels and the names of files: they arrive as they are, and nothing
// that they ask for has happened.
func TestHostileContainer(t *testing.T) {
	t.Parallel()
	engine(t)
	registry := os.Getenv("PYBUILD_REGISTRY")
	if registry == "" {
		t.Skip("no registry")
	}
	nasty := []string{
		"$(touch /tmp/H)", "`touch /tmp/H`", "; touch /tmp/H", "&& touch /tmp/H", "| touch /tmp/H", "> /tmp/H", "a\ntouch /tmp/H\n", "${HOME}", "$$", "%s%n", "{{.Config}}", "'\"'", `\`, "<<EOF", "--help", "# x",
		"\u202eH", "\u0397",
	}
	quoted, err := json.Marshal(nasty) // which TOML reads as well
	if err != nil {
		t.Fatal(err)
	}
	var env, labels strings.Builder
	for i, text := range nasty {
		one, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&env, "N%d = %s\n", i, one)
		fmt.Fprintf(&labels, "\"nasty.n%d\" = %s\n", i, one)
	}
	files := map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\n[build]\nenv = { N = " + string(quoted[1:strings.Index(string(quoted), ",")]) + " }\n[serve]\nscript = \"main.py\"\nargs = " + string(quoted) +
			"\n[runtime]\nworkdir = \"/srv/app~@+\u00e4\"\n[runtime.env]\n" + env.String() + "[runtime.labels]\n" + labels.String(),
		"main.py": "import json, os, sys\nprint(json.dumps({'args': sys.argv[1:], 'env': dict(os.environ), 'files': sorted(os.listdir('.')), 'done': os.path.exists('/tmp/H') or os.path.exists('/H')}))\n",
	}
	names := []string{"$(touch H).txt", "`touch H`", "a\nb", "-rf", "'q\".txt", "a b;c", "\u202egnp.exe"}
	for _, name := range names {
		files[name] = ""
	}
	ref := fmt.Sprintf("%s/hostile/nasty:%d", registry, rand.Uint32())
	build{dir: project(t, files), push: ref}.must(t)
	t.Cleanup(func() { _, _ = tryDocker("rmi", "--force", ref) })
	var said struct {
		Args  []string
		Env   map[string]string
		Files []string
		Done  bool
	}
	out := docker(t, "run", "--rm", "--quiet", "--pull", "always", ref)
	if err := json.Unmarshal([]byte(out[strings.LastIndex(out, "\n{")+1:]), &said); err != nil {
		t.Fatal(err, out)
	}
	if said.Done || !slices.Equal(said.Args, nasty) {
		t.Errorf("the container has run with %q, and done is %v", said.Args, said.Done)
	}
	var inspected []struct {
		Config struct{ Labels map[string]string }
	}
	if err := json.Unmarshal([]byte(docker(t, "image", "inspect", ref)), &inspected); err != nil {
		t.Fatal(err)
	}
	for i, text := range nasty {
		if got := said.Env[fmt.Sprintf("N%d", i)]; got != text {
			t.Errorf("a variable is %q, not %q", got, text)
		}
		if got := inspected[0].Config.Labels[fmt.Sprintf("nasty.n%d", i)]; got != text {
			t.Errorf("a label is %q, not %q", got, text)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(said.Files, name) {
			t.Errorf("the app has no file %q: %q", name, said.Files)
		}
	}
}
