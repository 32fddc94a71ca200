package frontend

import (
	"strings"
	"testing"
	"testing/fstest"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
)

// TestUnread warns of files beside the configuration that have keys and no effect.
func TestUnread(t *testing.T) {
	const (
		syntax = "# syntax=org/pybuild\n"
		keys   = syntax + "[serve]\nmodule = \"m\"\n"
		table  = "[project]\nname = \"p\"\nversion = \"1\"\n[tool.pybuild.serve]\nmodule = \"m\"\n"
		other  = "[project]\nname = \"p\"\nversion = \"1\"\n"
	)
	for _, c := range []struct {
		name, file, text string
		files            map[string]string
		want             string
	}{
		{"a Dockerfile with keys", "Dockerfile", keys, map[string]string{"pybuild.toml": keys},
			"pybuild.toml:2:2: UnusedConfiguration: pybuild.toml has no effect: the configuration of this build is Dockerfile\n  keep only the line \"# syntax=...\" in Dockerfile, and pybuild.toml counts"},
		{"the same and a pyproject.toml", "Dockerfile", keys, map[string]string{"pyproject.toml": table},
			"pyproject.toml:4:15: UnusedConfiguration: [tool.pybuild] of pyproject.toml has no effect: the configuration of this build is Dockerfile"},
		{"no more than the line", "Dockerfile", syntax, map[string]string{"pybuild.toml": keys, "pyproject.toml": other}, ""},
		{"the line and two others", "Dockerfile", syntax, map[string]string{"pybuild.toml": keys, "pyproject.toml": table}, "pyproject.toml:4:15: UnusedConfiguration: [tool.pybuild] of pyproject.toml has no effect: the configuration of this build is pybuild.toml"},
		{"nothing else says anything", "Dockerfile", keys, map[string]string{"pybuild.toml": syntax, "pyproject.toml": other}, ""},
		{"both", "pybuild.toml", keys, map[string]string{"pybuild.toml": keys, "pyproject.toml": table},
			"[tool.pybuild] of pyproject.toml has no effect: the configuration of this build is pybuild.toml\n  move its keys to pybuild.toml, or build with -f pyproject.toml"},
		{"a pyproject.toml without them", "pyproject.toml", other, map[string]string{"pybuild.toml": keys, "pyproject.toml": other}, "pybuild.toml has no effect: the configuration of this build is pyproject.toml"},
		{"a line alone and a table", "pybuild.toml", syntax, map[string]string{"pybuild.toml": syntax, "pyproject.toml": table}, "[tool.pybuild] of pyproject.toml has no effect"},
		{"one of another directory", "pybuild.toml", keys, map[string]string{"pybuild.toml": syntax, "pyproject.toml": table}, ""},
		{"one of another name", "worker.toml", keys, map[string]string{"pybuild.toml": keys, "pyproject.toml": table}, ""},
		{"a file that is no TOML", "Dockerfile", keys, map[string]string{"pybuild.toml": "FROM x\n"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			for name, text := range c.files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			in := &inputs{entry: &dockerui.Source{SourceMap: &bk.SourceMap{Filename: c.file, Data: []byte(c.text)}}, files: map[string][]byte{}}
			if err := in.readConfig(fsys); err != nil {
				t.Fatal(err)
			}
			all := in.unread(fsys)
			if c.want == "" && len(all) > 0 || c.want != "" && (len(all) != 1 || !strings.Contains(all[0].String(), c.want)) {
				t.Errorf("warned of %v, want %q", all, c.want)
			}
		})
	}
}
