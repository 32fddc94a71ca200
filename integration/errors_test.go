package integration

import (
	"os"
	"strings"
	"testing"
)

// TestEngineErrors has the mistakes that only an engine can tell, by their codes.
func TestEngineErrors(t *testing.T) {
	t.Parallel()
	engine(t)
	registry := os.Getenv("PYBUILD_REGISTRY")
	minimal := base(t, "minimal", "test/minimal:1")
	for name, c := range map[string]struct {
		config string
		attrs  map[string]string
		says   []string
	}{
		"no such image": {"base = \"" + registry + "/test/nowhere:1\"\n" + job, nil,
			[]string{"pybuild.toml:1:8: cannot use the image " + registry + "/test/nowhere:1", "not found [PB204]"}},
		"no such Python":            {"python = \"3.31\"\n[serve]\nscript = \"job.py\"\n", nil, []string{"pybuild.toml:1:10: cannot use the image python:3.31-slim", "[PB204]", "the newest Python that this pybuild knows of is 3.15"}},
		"no such server":            {"base = \"127.0.0.1:9/test/nowhere:1\"\n" + job, nil, []string{"connection refused [PB204]"}},
		"no Python":                 {"base = \"astral/uv:0.13.9\"\n" + job, nil, []string{"pybuild.toml:1:8: the image astral/uv:0.13.9 has no python3 that runs", "[PB205]"}},
		"another Python":            {"base = \"" + minimal + "\"\n" + strings.Replace(job, "3.13", "3.12", 1), nil, []string{"has Python 3.13, not 3.12 [PB206]"}},
		"no app":                    {strings.Replace(job, "script = \"job.py\"", "app = \"jbo:app\"", 1), nil, []string{"pybuild.toml:4:7: the source has no module jbo [PB310]", `did you mean app = "job:app"?`}},
		"a script that is left out": {job + "[runtime]\nexclude = [\"job.py\"]\n", nil, []string{"job.py is in the build context, and include, exclude or .dockerignore leaves it out [PB310]"}},
		"no include":                {job + "[runtime]\ninclude = [\"jbo.py\", \"job.py\"]\n", nil, []string{"pybuild.toml:6:12: include: no file of the build context matches jbo.py [PB113]", `did you mean "job.py"?`}},
		"no certificate":            {job + "[runtime]\nca = \"corp.pem\"\n", nil, []string{"pybuild.toml:6:6: the certificate corp.pem is not in the build context [PB113]"}},
		"a mistyped check": {job, map[string]string{"build-arg:BUILDKIT_DOCKERFILE_CHECK": "skip=RootUsr"},
			[]string{`no check is named "RootUsr" [PB019]`, `did you mean "RootUser"?`}},
		"a date":     {job, map[string]string{"build-arg:SOURCE_DATE_EPOCH": "2026-01-01"}, []string{"SOURCE_DATE_EPOCH is \"2026-01-01\", and no number of seconds since 1970 [PB414]", "git log"}},
		"a far date": {job, map[string]string{"build-arg:SOURCE_DATE_EPOCH": "253402300800"}, []string{"[PB414]"}},
		"a check": {job + "[runtime]\nuser = \"root\"\n", map[string]string{"build-arg:BUILDKIT_DOCKERFILE_CHECK": "error=true"},
			[]string{"has all that is in it [PB404]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			build{dir: project(t, map[string]string{"pybuild.toml": c.config, "job.py": ""}), attrs: c.attrs}.fails(t, c.says...)
		})
	}
}
