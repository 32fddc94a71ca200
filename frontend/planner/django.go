package planner

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const settingsVariable = "DJANGO_SETTINGS_MODULE"

// startOfDjango serves a Django project by the interface that its servers
// speak: every project has both applications.
func (b *builder) startOfDjango(apps *project.Apps) (start, bool, error) {
	d := apps.Django
	if d == nil || d.WSGI == nil && d.ASGI == nil {
		return start{}, false, nil
	}
	others := slices.DeleteFunc(slices.Clone(apps.Web), func(a project.App) bool { return a.Framework == "django" })
	if len(others) > 0 {
		return start{}, false, nil // several web apps are for startOfWeb to report
	}
	app := d.WSGI
	reason := "it is Django's WSGI application"
	if app == nil || d.ASGI != nil && b.servesOnlyASGI() {
		app, reason = d.ASGI, "it is Django's ASGI application, and the server that is installed speaks ASGI"
	}
	st := b.startOfApp(*app)
	st.reason = reason
	if d.ImportRoot != "" {
		st.root = b.importRoot(d.ImportRoot)
	}
	return st, true, nil
}

// djangoCommand runs Django's own commands: by manage.py, or where that is not
// in the image, since the project is installed, by Django's module.
func (b *builder) djangoCommand(d *project.Django) []string {
	if b.withoutFiles() {
		return []string{b.plan.Python.Executable, "-m", "django"}
	}
	return []string{b.plan.Python.Executable, b.inApp(d.ManagePy)}
}

// withoutFiles reports that the image holds the installed project alone.
func (b *builder) withoutFiles() bool {
	return b.installsProject() && len(b.Config.Runtime.Include) == 0
}

// servesOnlyASGI reports whether no server is installed that speaks WSGI.
func (b *builder) servesOnlyASGI() bool {
	asgi := false
	for _, k := range serverKinds() {
		if !b.Resolved.Has(k.name) {
			continue
		}
		if k.wsgi && !(k.name == "gunicorn" && b.Resolved.Has("uvicorn-worker")) {
			return false
		}
		asgi = asgi || k.asgi
	}
	return asgi
}

// hostOfRequest matches a name that a request can be for.
var hostOfRequest = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$`)

// allowedHost is a host that Django answers to: it refuses what its settings do not name, and
// the health check asks 127.0.0.1. It is "" where that is well, or where nobody can tell.
func (b *builder) allowedHost(st start) string {
	if b.Apps == nil || st.framework != "" && st.framework != "django" {
		return ""
	}
	d := servedDjango(b.Input)
	if d == nil || slices.Contains(d.Hosts, "*") || slices.Contains(d.Hosts, "127.0.0.1") {
		return ""
	}
	for _, host := range d.Hosts {
		if host = strings.TrimPrefix(host, "."); hostOfRequest.MatchString(host) {
			b.plan.Decisions = append(b.plan.Decisions, plan.Decision{What: "health check", Value: "Host: " + host,
				Reason: "ALLOWED_HOSTS has it, and not 127.0.0.1", At: d.HostsAt})
			return host
		}
	}
	return ""
}

// servedDjango is the Django project, if its settings are those that the container has:
// not where the environment names others, nor where manage.py names those of a developer.
func servedDjango(in Input) *project.Django {
	if in.Apps == nil || in.Apps.Django == nil {
		return nil
	}
	d := in.Apps.Django
	_, other := in.Config.Runtime.Env[settingsVariable]
	last := d.SettingsModule[strings.LastIndexByte(d.SettingsModule, '.')+1:]
	if other || slices.Contains([]string{"dev", "develop", "development", "local", "test", "testing"}, last) {
		return nil
	}
	return d
}

// static plans Django's collectstatic, whose files then lie where the settings
// say. It sees the environment and the secrets of the build, which settings
// commonly want a key from. Those that something is downloaded with it does not see: it
// runs every package that the app imports.
func (b *builder) static() error {
	if b.Apps == nil || b.Apps.Django == nil {
		return nil
	}
	d := b.Apps.Django
	if b.withoutFiles() {
		// There is no manage.py in the image to name the settings.
		b.defaults[settingsVariable] = d.SettingsModule
	}
	if c := b.Config.Build.CollectStatic; c != nil && !*c {
		return nil
	}
	if !d.StaticFiles || !d.StaticRoot || d.ManagePy == "" || !b.Resolved.Has("django") {
		if c := b.Config.Build.CollectStatic; c != nil && *c {
			_, source := b.Config.Source()
			return &diag.Error{Code: "PB308", At: b.Config.At("build", "collectstatic"), Source: source,
				Message: "there is nothing to collect: " + b.noStatic(d),
				Hint:    "set STATIC_ROOT in the settings and django.contrib.staticfiles in INSTALLED_APPS, or leave collectstatic out"}
		}
		return nil
	}
	b.plan.Decisions = append(b.plan.Decisions, plan.Decision{What: "static files", Value: d.SettingsModule,
		Reason: fmt.Sprintf("STATIC_ROOT is set in %s, so collectstatic runs at build time", d.StaticRootAt.File), At: d.StaticRootAt})
	stack := []plan.Ref{b.plan.Root}
	stack = append(stack, b.plan.Layers...)
	args := append(b.python(b.native(), "static.py"), b.secretFlags(b.ownSecrets())...)
	args = append(args, "--", b.inApp(d.ManagePy))
	b.add(plan.Step{
		ID: "static", Name: "[builder] collect the static files of " + d.SettingsModule, Stage: "builder",
		On: plan.Ref{Stack: stack}, Args: args, Env: b.staticEnv(d), Dir: b.workdir(), Output: "/out", Offline: true, At: d.StaticRootAt,
		Mounts: append([]plan.Mount{scriptsMount(uvScripts("static.py", "tree.py")...)}, b.mountSecrets(b.ownSecrets())...),
	})
	b.layer("static")
	return nil
}

func (b *builder) noStatic(d *project.Django) string {
	switch {
	case !d.StaticFiles:
		return "django.contrib.staticfiles is not in INSTALLED_APPS"
	case !d.StaticRoot:
		return "STATIC_ROOT is not set"
	}
	return "there is no manage.py, or Django is not installed"
}

// staticEnv is the image's own environment with that of the build over it.
func (b *builder) staticEnv(d *project.Django) []plan.EnvVar {
	vars := map[string]string{}
	if path := b.defaults["PYTHONPATH"]; path != "" {
		vars["PYTHONPATH"] = path
	}
	if b.Base.System.SiteHook != "" {
		// The hook is written by a later step.
		vars["PYTHONPATH"] = strings.Trim(vars["PYTHONPATH"]+":"+b.plan.Python.SitePackages(), ":")
	}
	for name, value := range b.Config.Runtime.Env {
		if value != nil {
			vars[name] = *value
		}
	}
	if _, ok := vars[settingsVariable]; !ok {
		vars[settingsVariable] = d.SettingsModule
	}
	for _, v := range b.userEnv() {
		vars[v.Name] = v.Value
	}
	env := sortedEnv(vars)
	return slices.DeleteFunc(env, func(v plan.EnvVar) bool { return strings.TrimSpace(v.Name) == "" })
}
