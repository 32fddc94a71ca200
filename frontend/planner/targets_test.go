package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// TestTargetsServe holds what a target has of [serve]: all that it does not say itself where
// it runs the same, and nothing where it runs something else.
func TestTargetsServe(t *testing.T) {
	const web = "[serve]\napp = \"shop:app\"\nport = 9000\nhealthcheck = \"/health\"\nstop-signal = \"SIGQUIT\"\n"
	const check = "/usr/local/bin/python3.13 -I /usr/local/lib/pybuild/health.py "
	queue := &project.Apps{Workers: []project.App{{Module: "jobs", Attribute: "app", File: "jobs.py", Framework: "celery"}}}
	for _, c := range []struct{ config, target, want string }{
		{web, "", "uvicorn port [9000] check " + check + "9000 /health, SIGQUIT"},
		{web + "[target.worker]\nmodule = \"shop.worker\"\n", "worker", "/usr/local/bin/python3.13 port [] check none, SIGTERM"},
		{web + "[target.admin]\napp = \"shop:admin\"\n", "admin", "uvicorn port [8000] check " + check + "8000, SIGTERM"},
		{web + "[target.admin]\nport = 9001\n", "admin", "uvicorn port [9001] check " + check + "9001 /health, SIGQUIT"},
		{web + "[target.admin]\nhealthcheck = false\nenv = { A = \"b\" }\n", "admin", "uvicorn port [9000] check NONE, SIGQUIT"},
		{web + "[target.dev]\nport = 9002\nstop-signal = \"SIGINT\"\n", "dev", "uvicorn port [9002] check " + check + "9002 /health, SIGINT"},
		{web + "[target.worker]\ncommand = [\"worker\"]\nport = 7\nhealthcheck = { interval = \"1m\" }\n", "worker", "worker port [7] check " + check + "7, SIGTERM"},
		{web + "[target.worker]\ncommand = [\"worker\"]\nhealthcheck = { command = [\"ask\"] }\n", "worker", "worker port [] check ask, SIGTERM"},
		{web + "[target.worker]\ncommand = [\"worker\"]\n[target.worker.healthcheck]\ninterval = \"1m\"\n", "worker", "pybuild.toml:8:1: the health check has nothing to ask"},
		// Celery's, which the source has.
		{web, "worker", "celery port [] check none, SIGTERM"},
		{web + "[target.worker]\nenv = { A = \"b\" }\nstop-signal = \"SIGINT\"\n", "worker", "celery port [] check none, SIGINT"},
		{web + "[target.worker]\nhealthcheck = { command = [\"celery\", \"inspect\", \"ping\"] }\n", "worker", "celery port [] check celery inspect ping, SIGTERM"},
	} {
		t.Run(c.target, func(t *testing.T) {
			in := input(t, examples()[0])
			cfg, err := config.Parse("pybuild.toml", []byte(c.config))
			if err != nil {
				t.Fatal(err)
			}
			in.Config, in.Target = cfg.For(c.target), c.target
			in.Apps = queue
			in.Resolved.Install = append(in.Resolved.Install, planner.Package{Name: "celery", Version: "1"})
			p, err := planner.New(in)
			got := fmt.Sprint(err)
			if err == nil {
				got = fmt.Sprintf("%s port %v check %s, %s", p.Config.Cmd[0], p.Config.Ports, checks(p.Config.Healthcheck), p.Config.StopSignal)
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("%s\nplans %s\nwant  %s", c.config, got, c.want)
			}
		})
	}
}

func checks(h *plan.Healthcheck) string {
	switch {
	case h == nil:
		return "none"
	case h.Command == nil:
		return "NONE"
	}
	return strings.Join(h.Command, " ")
}

// TestTargetPackages holds that what a target installs beside the runtime is in no other image.
func TestTargetPackages(t *testing.T) {
	cfg, err := config.Parse("pybuild.toml", []byte("[runtime]\npackages = [\"libpq5\"]\n[serve]\nmodule = \"a\"\n[target.dev]\npackages = [\"git\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]string{"": "libpq5", "dev": "libpq5 git"} {
		in := input(t, examples()[0])
		in.Config, in.Target = cfg.For(target), target
		p, err := planner.New(in)
		if err != nil {
			t.Fatal(err)
		}
		if args := strings.Join(p.Step("runtime-packages").Args, " "); !strings.HasSuffix(args, " "+want) {
			t.Errorf("%q installs %s, want %s", target, args, want)
		}
	}
}

// TestReload holds which servers of the target dev are told to serve what changes.
func TestReload(t *testing.T) {
	for installed, reloads := range map[string]bool{
		"uvicorn": true, "gunicorn": true, "hypercorn": true, "granian watchfiles": true,
		"granian": false, "waitress": false, // one ends with an error, the other knows no such thing
	} {
		cfg, err := config.Parse("pybuild.toml", []byte("[serve]\napp = \"shop:app\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		in := input(t, examples()[0])
		in.Config, in.Target, in.Resolved = cfg, "dev", &planner.Resolved{}
		for _, name := range strings.Fields(installed) {
			in.Resolved.Install = append(in.Resolved.Install, planner.Package{Name: name, Version: "1"})
		}
		p, err := planner.New(in)
		if err != nil {
			t.Fatal(err)
		}
		if command := strings.Join(p.Config.Cmd, " "); strings.HasSuffix(command, " --reload") != reloads {
			t.Errorf("with %s it is %s", installed, command)
		}
	}
}
