package scripts_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// adapted prints the command that a server is started with.
const adapted = `
import sys
import start
argv = sys.argv[1:]
start.adapt(argv)
print(*argv, end="")
`

// TestStart has the variables of the container in the options of its server, where they are
// what they should be, and says of the variable what is wrong elsewhere.
func TestStart(t *testing.T) {
	t.Parallel()
	const (
		uvicorn  = "uvicorn main:app --host 0.0.0.0 --port 8000 --workers 2"
		gunicorn = "gunicorn --bind 0.0.0.0:8000 --workers 2 main:app"
		waitress = "waitress --host 0.0.0.0 --port 8000 main:app"
	)
	for _, c := range []struct{ command, env, want string }{
		{uvicorn, "PORT=", uvicorn},
		{uvicorn, "PORT=9123", "uvicorn main:app --host 0.0.0.0 --port 9123 --workers 2"},
		{gunicorn, "PORT= 9123 ", "gunicorn --bind 0.0.0.0:9123 --workers 2 main:app"},
		{uvicorn, "PORT=abc", `PORT is "abc", which is no port: pass the container a number up to 65535, or no PORT`},
		{gunicorn, "PORT=tcp://10.0.0.1:80", `PORT is "tcp://10.0.0.1:80", which is no port`},
		{waitress, "PORT=70000", `PORT is "70000", which is no port`},
		{waitress, "PORT=-1", `PORT is "-1", which is no port`},
		{waitress, "PORT=" + strings.Repeat("9", 5000), `PORT is "` + strings.Repeat("9", 60) + `", which is no port`},
		{uvicorn, "WEB_CONCURRENCY=3", "uvicorn main:app --host 0.0.0.0 --port 8000 --workers 3"},
		{uvicorn, "WEB_CONCURRENCY=many", `WEB_CONCURRENCY is "many", which is no number of workers: pass the container a number up to 1024, or no WEB_CONCURRENCY`},
		{gunicorn, "WEB_CONCURRENCY=1.5", `WEB_CONCURRENCY is "1.5", which is no number of workers`},
		{waitress, "WEB_CONCURRENCY=many", waitress},
	} {
		command := python(t, adapted, strings.Fields(c.command)...)
		command.Env = append(command.Env, c.env)
		out, err := command.CombinedOutput()
		wrong := strings.Contains(c.want, "which is no")
		if exit := (&exec.ExitError{}); wrong && (!errors.As(err, &exit) || exit.ExitCode() != 1) || !wrong && err != nil {
			t.Errorf("%s: %v", c.env, err)
		}
		if got := strings.TrimSpace(string(out)); !strings.HasPrefix(got, c.want) || !wrong && got != c.want || strings.Contains(got, "Traceback") {
			t.Errorf("%s with %.60s: %s, want %s", c.command, c.env, got, c.want)
		}
	}
}
