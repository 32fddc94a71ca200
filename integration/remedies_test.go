package integration

import (
	"encoding/base64"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// written are the lines for a configuration that a message has, and passed the secret that
// it says to pass.
var (
	written = regexp.MustCompile(`\b[a-z-]+ = (?:\["[^"]*"\]|"[^"]*")`)
	passed  = regexp.MustCompile(`docker build --secret id=([^,\s]+)`)
)

// TestLoginRemedies has servers refuse builds that name no index for them, and does what
// each build says, to the letter: the next one succeeds.
func TestLoginRemedies(t *testing.T) {
	t.Parallel()
	const netrc = "secrets = [\"netrc\"]"
	for name, c := range map[string]struct {
		files  map[string]string
		config string // of [build]
		pinned bool
		does   string
	}{
		"a lock": {nil, "", false, netrc + " wheels = \"cache\""},
		"a lock beside another index": {map[string]string{
			"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n[[tool.uv.index]]\nname = \"other\"\nurl = \"http://127.0.0.1:9/simple\"\n",
		}, "", false, netrc + " wheels = \"cache\""},
		"uv's cache": {nil, "wheels = \"cache\"\n", false, netrc},
		"a variable": {map[string]string{"requirements.txt": "inner\n"}, "env = { UV_DEFAULT_INDEX = \"ADDRESS\" }\n", false, netrc},
		"hermetic":   {nil, "hermetic = true\n", true, "secrets = [\"HTTP_AUTH_HEADER_127.0.0.1\"]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// New to the engine, which asks no server for what it has.
			d := dist{name: "inner", version: "1.0", files: map[string]string{"inner.py": "# " + t.TempDir() + "\n"}}
			ix := newIndex(t, d)
			ix.user, ix.password = "builder", planted
			files := map[string]string{"pybuild.toml": job + "[build]\n" + strings.Replace(c.config, "ADDRESS", ix.simple(), 1), "job.py": "import inner\n"}
			maps.Copy(files, c.files)
			if files["requirements.txt"] == "" {
				files["pylock.toml"] = ix.pylock(t, d)
			}
			dir := project(t, files)
			if c.pinned {
				dir = pinned(t, files)
			}
			tr := build{dir: dir}.run(t)
			if tr.err == nil || !strings.Contains(tr.err.Error(), "wants a user name and a password [PB504]") {
				t.Fatalf("a build without a login: %v\n%s", tr.err, tr.logs)
			}
			_, said, _ := strings.Cut(tr.err.Error(), "[PB504]")
			lines, secret := written.FindAllString(said, -1), passed.FindStringSubmatch(said)
			if strings.Join(lines, " ") != c.does || secret == nil {
				t.Fatalf("the build says to write %q, and to pass %q:\n%s", lines, secret, said)
			}
			write(t, filepath.Join(dir, "pybuild.toml"), files["pybuild.toml"]+strings.Join(lines, "\n")+"\n")
			value := map[bool]string{true: "Basic " + base64.StdEncoding.EncodeToString([]byte("builder:"+planted)), false: "machine 127.0.0.1 login builder password " + planted + "\n"}[c.pinned]
			module := sitePackages + "inner.py"
			tr = build{dir: dir, session: passing(map[string]string{secret[1]: value}), read: []string{module}}.must(t)
			if tr.files[module] != d.files["inner.py"] || strings.Contains(fmt.Sprint(tr.logs, tr.warnings), planted) {
				t.Errorf("the module is %q, and the build says\n%s", tr.files[module], tr.logs)
			}
		})
	}
}
