package planner

import (
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/pybuild/pybuild/frontend/diag"
)

// rules look at the configuration for what works, and is regretted later.
func rules() []func(Input) []diag.Warning {
	return []func(Input) []diag.Warning{rootUser, unpinnedBase, noHealthcheck, debugServer, openDjango, secretInEnv, secretInFile, uncacheableInclude}
}

func rootUser(in Input) []diag.Warning {
	r := in.Config.Runtime
	at := in.Config.At("runtime", "user")
	if r.User != "root" {
		if r.UID == nil || *r.UID != 0 {
			return nil
		}
		at = in.Config.At("runtime", "uid")
	}
	return []diag.Warning{{Rule: "RootUser", At: at, Message: "the container runs as root: whoever breaks into the app has all that is in it",
		Hint: "leave the key out: the app then runs as appuser, 1001"}}
}

func unpinnedBase(in Input) []diag.Warning {
	var all []diag.Warning
	for _, image := range []struct{ ref, table string }{{in.Config.Base, ""}, {in.Config.Build.Base, "build"}} {
		named, err := reference.ParseNormalizedNamed(image.ref)
		if image.ref == "" || err != nil {
			continue
		}
		if _, digested := named.(reference.Digested); digested {
			continue
		}
		if tagged, ok := named.(reference.Tagged); ok && tagged.Tag() != "latest" {
			continue
		}
		path := []string{"base"}
		if image.table != "" {
			path = []string{image.table, "base"}
		}
		all = append(all, diag.Warning{Rule: "UnpinnedBase", At: in.Config.At(path...), Message: "the base " + image.ref + " is another image every day",
			Hint: "name a version, or a digest"})
	}
	return all
}

// noHealthcheck looks for web apps that nobody asks how they are. A command has no check
// of its own, since nobody knows where it answers.
func noHealthcheck(in Input) []diag.Warning {
	s := in.Config.Serve
	warning := diag.Warning{Rule: "NoHealthcheck", At: in.Config.At("serve", "healthcheck"),
		Message: "nobody notices when the app hangs: its health check is switched off", Hint: "leave the key out, or name a path that answers"}
	switch {
	case s.App != "" && s.Healthcheck.Disabled:
		return []diag.Warning{warning}
	case s.Healthcheck.Set || developing(in.Target) || len(s.Command) == 0 || !slices.Contains(webServers(), s.Command[0]):
		return nil
	}
	warning.At = in.Config.At("serve", "command")
	warning.Message = "nobody notices when the app hangs: a command has no health check of its own"
	warning.Hint = "name a path that answers: healthcheck = \"/health\", with port where that is not 8000; or healthcheck = false"
	return []diag.Warning{warning}
}

// webServers are the programs that serve web apps.
func webServers() []string {
	return []string{"uvicorn", "gunicorn", "hypercorn", "granian", "waitress-serve", "daphne", "uwsgi", "fastapi", "flask", "streamlit"}
}

// debugServer looks for what frameworks ask not to use in production.
func debugServer(in Input) []diag.Warning {
	if developing(in.Target) {
		return nil
	}
	s := in.Config.Serve
	at, words := "command", slices.Concat(s.Entrypoint, s.Command)
	switch {
	case s.Module != "":
		at, words = "module", append([]string{s.Module}, s.Args...)
	case s.Script != "":
		at, words = "script", append([]string{s.Script}, s.Args...)
	}
	has := func(word string) bool { return slices.Contains(words, word) }
	why := ""
	switch {
	case has("runserver"):
		why = "runserver is Django's server for development"
	case has("flask") && has("run"):
		why = "flask run is Flask's server for development"
	case has("fastapi") && has("dev"):
		why = "fastapi dev is for development"
	case has("--reload"):
		why = "--reload watches the files for changes, and there are none"
	case has("--debug"):
		why = "--debug shows the app's inner life to everybody"
	}
	var all []diag.Warning
	if why != "" {
		all = append(all, diag.Warning{Rule: "DebugServer", At: in.Config.At("serve", at), Message: why,
			Hint: "write app = \"package.module:attribute\", and pybuild finds the server; --target dev is for development"})
	}
	for _, name := range sortedKeys(in.Config.Runtime.Env) {
		value := in.Config.Runtime.Env[name]
		if value == nil || !debugs(name, *value) {
			continue
		}
		path := []string{"runtime", "env", name}
		if in.Target != "" && in.Config.Has("target", in.Target, "env", name) {
			path = []string{"target", in.Target, "env", name}
		}
		all = append(all, diag.Warning{Rule: "DebugServer", At: in.Config.At(path...), Message: name + " shows the app's inner life to everybody",
			Hint: "leave it out, and set it where you debug: docker run --env " + name + "=1"})
	}
	return all
}

// debugs reports a variable that frameworks take for a switch of their debugging.
func debugs(name, value string) bool {
	switch strings.ToLower(value) {
	case "", "0", "false", "no", "off":
		return false
	}
	return slices.Contains([]string{"DEBUG", "DJANGO_DEBUG", "FLASK_DEBUG", "QUART_DEBUG", "STARLETTE_DEBUG", "PYTHONASYNCIODEBUG", "PYTHONDEVMODE"}, name)
}
