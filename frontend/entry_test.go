package frontend

import (
	"strings"
	"testing"
	"testing/fstest"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// FuzzEntry reads the file of -f, which may be a Dockerfile with no more than the line that
// names the frontend, and the options of checks at its top.
func FuzzEntry(f *testing.F) {
	for _, seed := range []string{
		"# syntax=org/pybuild\n", "#check=skip=RootUser,NotLocked;error=true\n[serve]\nmodule = \"m\"\n", "\ufeff# Syntax = a@sha256:0\n\nFROM python\n",
		"# check=skip=\u202eall;error=maybe;x\n", "arg=1\n", "ARG\tX\n", "#!/usr/bin/env x\n# escape=`\n# check=error=1\n", "//syntax=a\r\n# check=skip=all", "# a\rfrom = 1\n", "\xff\xfe#\x00",
	} {
		f.Add([]byte(seed), "Dockerfile", "")
		f.Add([]byte(seed), "pyproject.toml", "skip=RootUsr")
	}
	f.Fuzz(func(t *testing.T, data []byte, name, arg string) {
		in := &inputs{entry: &dockerui.Source{SourceMap: &bk.SourceMap{Filename: name, Data: data}}, files: map[string][]byte{}}
		err := in.readConfig(fstest.MapFS{"pybuild.toml": {Data: []byte("[serve]\nmodule = \"m\"\n")}})
		if (in.config == nil) == (err == nil) {
			t.Errorf("a configuration and an error, or neither: %v", err)
		}
		_, wrong := CheckOptions(name, data, arg)
		for _, err := range []error{err, wrong} {
			if err != nil && len(diag.All(err)) == 0 {
				t.Errorf("not a diagnostic: %v", err)
			}
			for _, e := range diag.All(err) {
				lines := strings.Count(string(data), "\n") + 1
				if e.Code == "" || e.At.Start.Line > lines || strings.ContainsFunc(e.Error(), plan.Hidden) || len(e.Error()) > 20000 {
					t.Errorf("%q: code %q at %v", e.Error(), e.Code, e.At)
				}
			}
		}
	})
}
