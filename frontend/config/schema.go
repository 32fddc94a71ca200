package config

import "github.com/pybuild/pybuild/frontend/diag"

// table describes the keys of one TOML table. The schema is data: reading a
// file, suggesting keys and checking the reference page all use it.
type table struct {
	doc  string
	keys []key
}

// key describes one key of a table.
type key struct {
	name    string
	doc     string // one line, for people
	kind    string // the type, as the reference page names it
	byself  string // the default, as the reference page words it
	example string // a TOML value
	// read takes the value; nil where only a table will do.
	read func(value)
	// table describes the value where it is, or may be, a table.
	table *table
}

// find returns the key of that name.
func (t table) find(name string) (key, bool) {
	for _, k := range t.keys {
		if k.name == name {
			return k, true
		}
	}
	return key{}, false
}

// names returns the keys in the order of the reference page.
func (t table) names() []string {
	names := make([]string, len(t.keys))
	for i, k := range t.keys {
		names[i] = k.name
	}
	return names
}

// check judges a string; nil means that it will do.
type check func(string) *diag.Error

// schema describes a whole configuration, bound to the Config it fills.
func schema(c *Config) table {
	return table{
		doc: "What the image is made of.",
		keys: []key{{
			name: "python", kind: "string", example: `"3.12"`,
			doc:    "Python version to run on",
			byself: "the version that a file asks for, else the newest published one that `requires-python` allows",
			read:   text(&c.Python, checkPython),
		}, {
			name: "base", kind: "string", example: `"python:3.12-slim"`,
			doc:    "base image of the runtime",
			byself: "`python:<version>-slim`",
			read:   text(&c.Base, checkBase),
		}, {
			name: "build", doc: "how dependencies and code are made", kind: "table", table: buildTable(&c.Build),
		}, {
			name: "runtime", doc: "what the image holds beside the dependencies", kind: "table", table: runtimeTable(&c.Runtime),
		}, {
			name: "serve", doc: "what the container runs", kind: "table", table: serveTable(&c.Serve),
		}, {
			name: "target", doc: "other images of the same layers", kind: "table of tables", byself: "none", example: `{ worker = { module = "shop.worker" } }`, read: targets(&c.Targets),
		}},
	}
}

func buildTable(b *Build) *table {
	return &table{
		doc: "How dependencies and code are made. Nothing of it reaches the image but its result.",
		keys: []key{{
			name: "input", kind: "string", example: `"requirements/production.txt"`,
			doc:    "file that says what to install",
			byself: "found: a lock file, `requirements.txt`, `pyproject.toml`",
			read:   text(&b.Input, checkInput),
		}, {
			name: "package", kind: "string", example: `"api"`,
			doc: "member of the workspace to build", byself: "the project at the root",
			read: text(&b.Package, checkName("a package")),
		}, {
			name: "project", kind: `"install" or "copy"`, example: `"copy"`,
			doc: "how the project itself comes into the image", byself: "`install` for a package, `copy` for an application",
			read: text(&b.Project, oneOf("project", "install", "copy")),
		}, {
			name: "packages", kind: "list of strings", example: `["libpq-dev", "pkg-config"]`,
			doc:    "Debian packages for the builder",
			byself: "none; gcc, g++ and libc6-dev are added by themselves when a dependency has no wheel",
			read:   texts(&b.Packages, checkPackage),
		}, {
			name: "base", kind: "string", example: `"python:3.11-slim-bookworm"`,
			doc: "image to build on", byself: "the runtime's `base`",
			read: text(&b.Base, checkBase),
		}, {
			name: "groups", kind: "list of strings", example: `["prod"]`,
			doc: "dependency groups to install", byself: "none",
			read: texts(&b.Groups, checkName("a group")),
		}, {
			name: "extras", kind: "list of strings", example: `["pg"]`,
			doc: "optional dependencies to install", byself: "none",
			read: texts(&b.Extras, checkName("an extra")),
		}, {
			name: "env", kind: "table of strings", example: `{ CFLAGS = "-O2" }`,
			doc: "environment of the build steps", byself: "none",
			read: pairs(&b.Env, checkEnvName, checkBuildEnv),
		}, {
			name: "args", kind: "table of strings", example: `{ APP_VERSION = "dev" }`,
			doc: "build arguments and their defaults", byself: "none",
			read: pairs(&b.Args, checkEnvName, checkBuildEnv),
		}, {
			name: "secrets", kind: "list of strings or tables", example: `["UV_INDEX_CORP_PASSWORD", "netrc"]`,
			doc: "secrets that the install step may read", byself: "none",
			read: secrets(&b.Secrets), table: secretTable(&Secret{}),
		}, {
			name: "ssh", kind: "boolean or list of strings", example: `true`,
			doc: "agent sockets that the install step may use", byself: "`false`",
			read: ssh(&b.SSH),
		}, {
			name: "trusted", kind: "list of strings", example: `["legacy"]`,
			doc: "packages whose build scripts may see the secrets", byself: "none",
			read: texts(&b.Trusted, checkName("a package")),
		}, {
			name: "ca", kind: "boolean or string", example: `true`,
			doc: "secret with the certificate of a company's CA", byself: "`false`",
			read: ca(&b.CA),
		}, {
			name: "wheelhouse", kind: "string", example: `"vendor/wheels"`,
			doc: "directory that everything is installed from, with no network", byself: "none",
			read: text(&b.Wheelhouse, checkWheelhouse),
		}, {
			name: "hermetic", kind: "boolean", example: `true`,
			doc: "refuse what has no hash in a lock", byself: "`false`",
			read: boolean(&b.Hermetic),
		}, {
			name: "requires", kind: "string", example: `"pylock.build.toml"`,
			doc: "lock of what packages are built with, for a hermetic build", byself: "none",
			read: text(&b.Requires, checkRequires),
		}, {
			name: "apt-mirror", kind: "string", example: `"https://mirror.example"`,
			doc: "server to take Debian packages from", byself: "that of the base",
			read: text(&b.AptMirror, checkMirror),
		}, {
			name: "collectstatic", kind: "boolean", example: `false`,
			doc: "collect Django's static files at build time", byself: "`true` where the settings have a STATIC_ROOT",
			read: maybe(&b.CollectStatic),
		}, {
			name: "wheels", kind: `"sources" or "cache"`, example: `"sources"`,
			doc: "how locked wheels come to the steps that install them", byself: "`sources` where the lock allows it",
			read: text(&b.Wheels, oneOf("wheels", "sources", "cache")),
		}, {
			name: "layers", kind: `"packages" or "single"`, example: `"single"`,
			doc: "how dependencies become layers", byself: "`packages`",
			read: text(&b.Layers, oneOf("layers", "packages", "single")),
		}, {
			name: "strip", kind: "boolean or list of strings", example: `["tests", "stubs"]`,
			doc: "what to leave out of installed packages", byself: "`false`",
			read: strip(&b.Strip),
		}, {
			name: "uv", kind: "string", example: `"0.13.9"`,
			doc: "version of uv that installs", byself: "0.13.9",
			read: text(&b.UV, checkUV),
		}},
	}
}

func secretTable(s *Secret) *table {
	return &table{
		doc: "One secret of `docker build --secret id=...`.",
		keys: []key{
			{name: "id", kind: "string", example: `"corp"`, doc: "the id on the command line", byself: "required",
				read: text(&s.ID, checkID)},
			{name: "env", kind: "string", example: `"UV_INDEX_CORP_PASSWORD"`, doc: "variable that holds the value", byself: "the id",
				read: text(&s.Env, checkEnvName)},
			{name: "target", kind: "string", example: `"/root/.netrc"`, doc: "file that holds the value", byself: "none",
				read: text(&s.Target, checkTarget)},
			{name: "required", kind: "boolean", example: `true`, doc: "fail without it", byself: "`false`",
				read: boolean(&s.Required)},
		},
	}
}

func runtimeTable(r *Runtime) *table {
	return &table{
		doc: "What the image holds beside the dependencies, and who runs it.",
		keys: []key{{
			name: "packages", kind: "list of strings", example: `["libpq5"]`,
			doc: "Debian packages of the image", byself: "none",
			read: texts(&r.Packages, checkPackage),
		}, {
			name: "env", kind: "table of strings or `false`", example: `{ LOG_LEVEL = "info", MALLOC_ARENA_MAX = false }`,
			doc:    "environment of the image",
			byself: "`PYTHONUNBUFFERED=1`, `PYTHONFAULTHANDLER=1`, `PYTHONDONTWRITEBYTECODE=0`, `PYTHONHASHSEED=random`, `MALLOC_ARENA_MAX=2`",
			read:   runtimeEnv(&r.Env),
		}, {
			name: "user", kind: "string", example: `"app"`, doc: "name of the account", byself: "`appuser`",
			read: account(&r.User, "user", "uid"),
		}, {
			name: "group", kind: "string", example: `"app"`, doc: "name of its group", byself: "`appgroup`",
			read: account(&r.Group, "group", "gid"),
		}, {
			name: "uid", kind: "integer", example: `1001`, doc: "number of the account", byself: "`1001`",
			read: pointer(&r.UID, 0, maxID),
		}, {
			name: "gid", kind: "integer", example: `1001`, doc: "number of its group", byself: "`1001`",
			read: pointer(&r.GID, 0, maxID),
		}, {
			name: "owner", kind: `"root" or "user"`, example: `"root"`, doc: "who owns the code", byself: "`root`",
			read: text(&r.Owner, oneOf("owner", "root", "user")),
		}, {
			name: "include", kind: "list of strings", example: `["src/**", "alembic.ini"]`,
			doc:    "files that become the app",
			byself: "everything for an application, nothing for a package; see below",
			read:   patterns(&r.Include, checkInclude),
		}, {
			name: "exclude", kind: "list of strings", example: `["**/tests"]`,
			doc: "files that do not", byself: "none",
			read: patterns(&r.Exclude, checkPattern),
		}, {
			name: "stdlib-bytecode", kind: "boolean", example: `false`,
			doc: "compile the standard library", byself: "`true`",
			read: maybe(&r.StdlibBytecode),
		}, {
			name: "workdir", kind: "string", example: `"/app"`, doc: "where the app lies", byself: "`/app`",
			read: text(&r.Workdir, checkWorkdir),
		}, {
			name: "volumes", kind: "list of strings", example: `["/data"]`,
			doc: "directories that the app may write to, for what outlives the container", byself: "none",
			read: texts(&r.Volumes, checkVolume),
		}, {
			name: "ca", kind: "string", example: `"certs/corporate-ca.pem"`,
			doc: "file of the context with the certificate of a company's CA", byself: "none",
			read: text(&r.CA, checkCAFile),
		}, {
			name: "labels", kind: "table of strings", example: `{ "org.opencontainers.image.source" = "https://git.example/shop" }`,
			doc: "labels of the image", byself: "none",
			read: labels(&r.Labels),
		}},
	}
}

func serveTable(s *Serve) *table {
	return &table{
		doc: "What the container runs. At most one of `app`, `module`, `script` and `command`.",
		keys: []key{{
			name: "app", kind: "string", example: `"shop.main:app"`,
			doc: "ASGI or WSGI application", byself: "found in the source",
			read: text(&s.App, checkApp),
		}, {
			name: "server", kind: "string", example: `"gunicorn"`,
			doc: "server of the application", byself: "whichever is among the dependencies",
			read: text(&s.Server, checkServer),
		}, {
			name: "module", kind: "string", example: `"shop.worker"`,
			doc: "module to run, as with `python -m`", byself: "none",
			read: text(&s.Module, checkModule),
		}, {
			name: "script", kind: "string", example: `"shop-worker"`,
			doc: "installed entry point, or a file of the app", byself: "none",
			read: text(&s.Script, checkScript),
		}, {
			name: "args", kind: "list of strings", example: `["--queue", "mail"]`,
			doc: "arguments of `module` or `script`", byself: "none",
			read: words(&s.Args, true),
		}, {
			name: "command", kind: "list of strings", example: `["celery", "-A", "shop", "worker"]`,
			doc: "the command itself", byself: "none",
			read: words(&s.Command, false),
		}, {
			name: "entrypoint", kind: "list of strings", example: `["tini", "--"]`,
			doc: "what runs the command", byself: "none",
			read: words(&s.Entrypoint, false),
		}, {
			name: "workers", kind: `integer or "auto"`, example: `"auto"`,
			doc: "how many processes serve", byself: "`1`",
			read: workers(s),
		}, {
			name: "port", kind: "integer", example: `8000`, doc: "TCP port to listen on", byself: "`8000`",
			read: integer(&s.Port, 1, 65535),
		}, {
			name: "healthcheck", kind: "string, `false` or table", example: `"/health"`,
			doc: "how the engine tells whether the app works", byself: "for web apps, any answer below 500 to `/`",
			read: healthcheck(&s.Healthcheck), table: healthcheckTable(&s.Healthcheck),
		}, {
			name: "stop-signal", kind: "string", example: `"SIGTERM"`, doc: "signal that ends the container", byself: "`SIGTERM`",
			read: stopSignal(&s.StopSignal),
		}},
	}
}

func healthcheckTable(h *Healthcheck) *table {
	return &table{
		doc: "How the engine tells whether the app works.",
		keys: []key{
			{name: "path", kind: "string", example: `"/health"`, doc: "path to request", byself: "`/`",
				read: text(&h.Path, checkHealthPath)},
			{name: "host", kind: "string", example: `"shop.example"`, doc: "host that the request names", byself: "the first of Django's ALLOWED_HOSTS, else 127.0.0.1",
				read: text(&h.Host, checkHost)},
			{name: "command", kind: "list of strings", example: `["python", "-m", "shop.check"]`, doc: "command instead of the request", byself: "none",
				read: words(&h.Command, false)},
			{name: "interval", kind: "duration", example: `"30s"`, doc: "time between two checks", byself: "`30s`",
				read: duration(&h.Interval)},
			{name: "timeout", kind: "duration", example: `"5s"`, doc: "time a check may take", byself: "`5s`",
				read: duration(&h.Timeout)},
			{name: "start-period", kind: "duration", example: `"30s"`, doc: "time in which failures do not count", byself: "`30s`",
				read: duration(&h.StartPeriod)},
			{name: "start-interval", kind: "duration", example: `"1s"`, doc: "time between two checks of the start period", byself: "`1s`",
				read: duration(&h.StartInterval)},
			{name: "retries", kind: "integer", example: `3`, doc: "failures in a row that count", byself: "`3`",
				read: integer(&h.Retries, 1, 1000)},
		},
	}
}
