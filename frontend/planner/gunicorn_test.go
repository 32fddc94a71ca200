package planner_test

import (
	"slices"
	"testing"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// TestControlSocket has gunicorn make no socket in a home directory that is not there, whoever
// wrote the command, and leaves what somebody says in the environment.
func TestControlSocket(t *testing.T) {
	for _, c := range []struct{ version, config, want string }{
		{"27.0.1", "[serve]\ncommand = [\"gunicorn\", \"a:b\"]", "--no-control-socket"},
		{"27.0.1", "[serve]\ncommand = [\"sh\", \"-c\", \"exec gunicorn --bind :$PORT a:b\"]", "--no-control-socket"},
		{"27.0.1", "[serve]\ncommand = [\"./run.sh\"]", "--no-control-socket"},
		{"27.0.1", "[serve]\ncommand = [\"gunicorn\", \"a:b\"]\n[runtime.env]\nGUNICORN_CMD_ARGS = \"--threads 4\"", "--threads 4"},
		{"25.0.0", "[serve]\ncommand = [\"gunicorn\", \"a:b\"]", ""},
		{"27.0.1", "[serve]\ncommand = [\"celery\", \"worker\"]", ""},
	} {
		in := input(t, examples()[0])
		cfg, err := config.Parse("pybuild.toml", []byte(c.config))
		if err != nil {
			t.Fatal(err)
		}
		in.Config = cfg
		resolved := planner.Resolved{}
		if in.Resolved != nil {
			resolved = *in.Resolved
		}
		resolved.Install = append(slices.Clone(resolved.Install), planner.Package{Name: "gunicorn", Version: c.version})
		in.Resolved = &resolved
		p, err := planner.New(in)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if i := slices.IndexFunc(p.Config.Env, func(v plan.EnvVar) bool { return v.Name == "GUNICORN_CMD_ARGS" }); i >= 0 {
			got = p.Config.Env[i].Value
		}
		if got != c.want {
			t.Errorf("gunicorn %s, %s: GUNICORN_CMD_ARGS is %q, want %q", c.version, c.config, got, c.want)
		}
	}
}
