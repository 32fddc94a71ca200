package integration

import (
	"strconv"
	"strings"
	"testing"
)

// TestService is the main job: `docker build` of a web service, and what its
// container promises.
func TestService(t *testing.T) {
	img := dockerBuild(t, example(t, "fastapi"))

	t.Run("answers, is the user and turns healthy", func(t *testing.T) {
		t.Parallel()
		c := img.start(t, "--read-only", "--cap-drop", "all", "--env", "GREETING=good day")
		if status, body := c.get("/"); status != 200 || !strings.Contains(body, `"greeting":"good day","uid":1001,"pid":1`) {
			t.Errorf("GET /: %d %s", status, body)
		}
		c.until("healthy state", func() bool { return c.inspect("{{.State.Health.Status}}") == "healthy" })
	})
	t.Run("the environment of the container wins", func(t *testing.T) {
		t.Parallel()
		c := img.start(t, "--env", "PORT=9123", "--env", "WEB_CONCURRENCY=3")
		if status, body := c.get("/health"); status != 200 {
			t.Errorf("GET /health on PORT: %d %s", status, body)
		}
		c.until("three workers", func() bool { return strings.Count(c.logs(), "Application startup complete") == 3 })
		c.until("healthy state on PORT", func() bool { return c.inspect("{{.State.Health.Status}}") == "healthy" })
	})
	t.Run("SIGTERM finishes the request in flight", func(t *testing.T) {
		t.Parallel()
		c := img.start(t)
		c.get("/health")
		type answer struct {
			status int
			body   string
		}
		slow := make(chan answer)
		go func() {
			status, body := c.get("/slow?seconds=3")
			slow <- answer{status, body}
		}()
		c.says("a slow request begins")
		docker(t, "kill", "--signal", "TERM", c.id)
		if a := <-slow; a.status != 200 || !strings.Contains(a.body, "finished") {
			t.Errorf("the request in flight ended with %d %s", a.status, a.body)
		}
		if code := docker(t, "wait", c.id); code != "0" && code != "143" {
			t.Errorf("exit code %s", code)
		}
		if !strings.Contains(c.logs(), "drained") {
			t.Error("the app's shutdown did not run")
		}
	})
	t.Run("holds nothing of the builder", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/usr/bin/gcc", "/usr/local/bin/uv", "/root/.cache", "/run/pybuild", "/install", "/app/pybuild.toml"} {
			if img.has(t, path) {
				t.Errorf("%s is in the image", path)
			}
		}
	})
	t.Run("runs from bytecode", func(t *testing.T) {
		t.Parallel()
		// -v tells for each import where its code comes from.
		out := docker(t, "run", "--rm", "--entrypoint", "python", img.name, "-v", "-c", "import app.main, fastapi")
		for _, pyc := range []string{"/app/app/__pycache__/main.cpython-313.pyc",
			"/usr/local/lib/python3.13/site-packages/fastapi/__pycache__/__init__.cpython-313.pyc"} {
			if !strings.Contains(out, "# code object from '"+pyc+"'") {
				t.Errorf("%s is not what runs", pyc)
			}
		}
		if strings.Contains(out, "# wrote '/app") || strings.Contains(out, "could not create '/app") {
			t.Error("bytecode of the app is written at run time")
		}
	})
	t.Run("is what containerd has", func(t *testing.T) {
		t.Parallel()
		config := storedConfig(t, img.name)
		if config.User != "1001:1001" || config.WorkingDir != "/app" || config.StopSignal != "SIGTERM" {
			t.Errorf("user %q, workdir %q, stop signal %q", config.User, config.WorkingDir, config.StopSignal)
		}
		env := strings.Join(config.Env, "\n")
		for _, v := range []string{"PYTHONUNBUFFERED=1", "PYTHONFAULTHANDLER=1", "PYTHONDONTWRITEBYTECODE=0", "PYTHONHASHSEED=random",
			"MALLOC_ARENA_MAX=2", "GREETING=hello"} {
			if !strings.Contains(env, v) {
				t.Errorf("no %s in the environment:\n%s", v, env)
			}
		}
		check := config.Healthcheck
		if check == nil || check.Test[0] != "CMD" || check.Interval.String() != "30s" || check.Timeout.String() != "5s" || check.Retries != 3 {
			t.Errorf("healthcheck %+v", check)
		}
	})
}

// TestWorkers starts gunicorn with workers that fit the container.
func TestWorkers(t *testing.T) {
	img := dockerBuild(t, example(t, "flask"))
	for name, c := range map[string]struct {
		flags   []string
		workers int
	}{
		"by memory":       {[]string{"--cpus", "1.5", "--memory", "700m"}, 2},
		"by cpu":          {[]string{"--cpus", "1"}, 3},
		"WEB_CONCURRENCY": {[]string{"--cpus", "1", "--env", "WEB_CONCURRENCY=4"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, workers := img.start(t, c.flags...), c.workers
			if status, body := c.get("/health"); status != 200 {
				t.Errorf("GET /health: %d %s", status, body)
			}
			// The parent is one more.
			c.until(strconv.Itoa(workers)+" workers", func() bool { return strings.Count(c.logs(), "Booting worker") == workers })
			if n := c.processes("gunicorn"); n != workers+1 {
				t.Errorf("%d processes, want %d workers and their parent", n, workers)
			}
			docker(t, "stop", c.id)
			if code := c.inspect("{{.State.ExitCode}}"); code != "0" {
				t.Errorf("exit code %s after SIGTERM", code)
			}
		})
	}
}
