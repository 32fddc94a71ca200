package migrate

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// server is a command that serves an app, as far as keys can say it.
type server struct {
	name string
	app  string
	// file is what fastapi is given in place of a module.
	file    string
	port    string
	workers string
	dir     string // that imports start in
	env     map[string]string
	// rest are flags that no key says; develops reports a server for development.
	rest               []string
	develops, reloaded bool
}

// flagKind is what becomes of a flag.
type flagKind int

const (
	// drops are flags that pybuild's own command has, or that change nothing.
	drops flagKind = iota
	dropsValue
	port
	bind
	workers
	dir
	factory
	reload
	variable     // a variable of the server's, with the value
	variableOff  // the same, for --no-FLAG
	gunicornArgs // GUNICORN_CMD_ARGS, with a value
	gunicornFlag
	only // those with one value that is pybuild's own
	app
)

type flagRule struct {
	kind  flagKind
	value string
}

// servers are the flags of the servers that pybuild starts by itself.
func servers() map[string]map[string]flagRule {
	env := func(name string) flagRule { return flagRule{variable, name} }
	g, gf := flagRule{kind: gunicornArgs}, flagRule{kind: gunicornFlag}
	return map[string]map[string]flagRule{
		"uvicorn": {
			"--host": {dropsValue, ""}, "--port": {port, ""}, "--workers": {workers, ""}, "--reload": {reload, ""}, "--reload-dir": {dropsValue, ""},
			"--proxy-headers": {drops, ""}, "--factory": {factory, ""}, "--app-dir": {dir, ""}, "--loop": {only, "uvloop auto"},
			"--lifespan": env("UVICORN_LIFESPAN"), "--log-level": env("UVICORN_LOG_LEVEL"), "--log-config": env("UVICORN_LOG_CONFIG"),
			"--forwarded-allow-ips": env("FORWARDED_ALLOW_IPS"), "--root-path": env("UVICORN_ROOT_PATH"), "--timeout-keep-alive": env("UVICORN_TIMEOUT_KEEP_ALIVE"),
			"--timeout-graceful-shutdown": env("UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN"), "--limit-concurrency": env("UVICORN_LIMIT_CONCURRENCY"),
			"--limit-max-requests": env("UVICORN_LIMIT_MAX_REQUESTS"), "--backlog": env("UVICORN_BACKLOG"), "--ws": env("UVICORN_WS"), "--http": env("UVICORN_HTTP"),
			"--no-access-log": {variableOff, "UVICORN_ACCESS_LOG"}, "--no-server-header": {variableOff, "UVICORN_SERVER_HEADER"},
			"--no-date-header": {variableOff, "UVICORN_DATE_HEADER"}, "--access-log": {drops, ""}, "--use-colors": {drops, ""}, "--no-use-colors": {variableOff, "UVICORN_USE_COLORS"},
		},
		"gunicorn": {
			"-b": {bind, ""}, "--bind": {bind, ""}, "-w": {workers, ""}, "--workers": {workers, ""}, "--worker-tmp-dir": {dropsValue, ""}, "--chdir": {dir, ""},
			"-k": {only, "sync gthread uvicorn.workers.UvicornWorker uvicorn_worker.UvicornWorker"}, "--worker-class": {only, "sync gthread uvicorn.workers.UvicornWorker uvicorn_worker.UvicornWorker"},
			"-t": {only, "30"}, "--timeout": {only, "30"}, "--graceful-timeout": {only, "20 30"}, "-n": {dropsValue, ""}, "--name": {dropsValue, ""}, "--reload": {reload, ""},
			"--access-logfile": g, "--error-logfile": g, "--log-file": g, "--log-level": g, "--access-logformat": g, "--max-requests": g, "--max-requests-jitter": g,
			"--keep-alive": g, "--threads": g, "--forwarded-allow-ips": g, "--backlog": g, "--limit-request-line": g, "--limit-request-fields": g,
			"--limit-request-field_size": g, "--preload": gf, "--capture-output": gf, "--enable-stdio-inheritance": gf, "--no-control-socket": {drops, ""},
		},
		"hypercorn": {
			"-b": {bind, ""}, "--bind": {bind, ""}, "-w": {workers, ""}, "--workers": {workers, ""}, "-k": {only, "asyncio uvloop"}, "--worker-class": {only, "asyncio uvloop"}, "--reload": {reload, ""},
		},
		"granian": {
			"--interface": {only, "asgi wsgi"}, "--host": {dropsValue, ""}, "--port": {port, ""}, "--workers": {workers, ""}, "--factory": {factory, ""}, "--reload": {reload, ""},
		},
		"waitress": {"--host": {dropsValue, ""}, "--port": {port, ""}, "--listen": {bind, ""}, "--call": {factory, ""}},
		"fastapi": {
			"--host": {dropsValue, ""}, "--port": {port, ""}, "--workers": {workers, ""}, "--proxy-headers": {drops, ""}, "--no-reload": {drops, ""}, "--reload": {reload, ""},
			"--root-path": env("UVICORN_ROOT_PATH"), "--forwarded-allow-ips": env("FORWARDED_ALLOW_IPS"), "-e": {app, ""}, "--entrypoint": {app, ""},
		},
		"flask": {"--host": {dropsValue, ""}, "-h": {dropsValue, ""}, "--port": {port, ""}, "-p": {port, ""}, "--app": {app, ""}, "-A": {app, ""},
			"--debug": {reload, ""}, "--no-debug": {drops, ""}, "--reload": {reload, ""}, "--no-reload": {drops, ""}, "--with-threads": {drops, ""}},
	}
}

// serves reads the command of a server; nil if it is none that keys can say.
func serves(words []string) *server {
	s := &server{name: path.Base(words[0]), env: map[string]string{}}
	args := words[1:]
	if s.name == "waitress-serve" {
		s.name = "waitress"
	}
	flags, ok := servers()[s.name]
	if !ok {
		return nil
	}
	if s.name == "fastapi" || s.name == "flask" {
		i := slices.IndexFunc(args, func(a string) bool { return a == "run" || a == "dev" })
		if i < 0 {
			return nil
		}
		s.develops = s.name == "flask" || args[i] == "dev"
		args = slices.Concat(args[:i], args[i+1:])
	}
	made := false
	for i := 0; i < len(args); i++ {
		flag, value, inline := strings.Cut(args[i], "=")
		if !strings.HasPrefix(flag, "-") {
			if s.app != "" || s.file != "" {
				s.rest = append(s.rest, args[i])
			} else if s.name == "fastapi" {
				s.file = args[i]
			} else {
				s.app = args[i]
			}
			continue
		}
		if short := regexp.MustCompile(`^(-[a-zA-Z])(.+)$`).FindStringSubmatch(flag); short != nil && !inline {
			flag, value, inline = short[1], short[2], true // -w4
		}
		rule, known := flags[flag]
		takes := !slices.Contains([]flagKind{drops, factory, reload, variableOff, gunicornFlag}, rule.kind)
		if known && takes && !inline {
			if i++; i == len(args) {
				return nil
			}
			value = args[i]
		}
		switch {
		case !known:
			s.rest = append(s.rest, args[i])
			// Its value, if it has one, is no app.
			if i+1 < len(args) && !inline && !strings.HasPrefix(args[i+1], "-") && !strings.Contains(args[i+1], ":") {
				i++
			}
		case rule.kind == only && !slices.Contains(strings.Fields(rule.value), value):
			s.rest = append(s.rest, flag+" "+value)
		case value == "gthread" && !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--threads") }):
			s.rest = append(s.rest, flag+" "+value) // which threads alone bring about
		case rule.kind == port:
			s.port = value
		case rule.kind == bind:
			if strings.HasPrefix(value, "unix:") || strings.HasPrefix(value, "fd:") || s.port != "" {
				s.rest = append(s.rest, flag+" "+value)
			} else if i := strings.LastIndex(value, ":"); i >= 0 {
				s.port = value[i+1:]
			}
		case rule.kind == workers:
			s.workers = value
		case rule.kind == dir:
			s.dir = value
		case rule.kind == factory:
			made = true
		case rule.kind == reload:
			s.reloaded = true
		case rule.kind == variable:
			s.env[rule.value] = value
		case rule.kind == variableOff:
			s.env[rule.value] = "0"
		case rule.kind == gunicornArgs:
			s.env["GUNICORN_CMD_ARGS"] = strings.TrimSpace(s.env["GUNICORN_CMD_ARGS"] + " " + flag + "=" + shellQuote(value))
		case rule.kind == gunicornFlag:
			s.env["GUNICORN_CMD_ARGS"] = strings.TrimSpace(s.env["GUNICORN_CMD_ARGS"] + " " + flag)
		case rule.kind == app:
			s.app = value
		}
	}
	s.finish(made)
	return s
}

// finish writes the app as pybuild does.
func (s *server) finish(made bool) {
	if s.app == "" {
		return
	}
	if rest, ok := strings.CutPrefix(s.app, "wsgi:"); ok && s.name == "hypercorn" {
		s.app = rest
	}
	if !strings.Contains(s.app, ":") {
		switch s.name {
		case "gunicorn":
			s.app += ":application"
		case "flask":
			s.file, s.app = s.app, "" // the variable is for flask to find
		case "hypercorn", "granian":
			s.app += ":app"
		}
	}
	if made && !strings.HasSuffix(s.app, "()") {
		s.app += "()"
	}
}

func shellQuote(s string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_./:,*=@%+-]+$`).MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}
