package project

import "github.com/pybuild/pybuild/llb/plan"

// Layout says where the modules of the project lie in the build context.
type Layout struct {
	// Root is the directory of the project that the image is made of, "." for
	// the root of the context.
	Root string
	// Package reports that the project is installed as a package, so that its
	// modules are known by their installed names.
	Package bool
}

// Interface is how a server calls a web application.
type Interface string

// The interfaces. An application that runs its own server has none.
const (
	InterfaceNone Interface = ""
	InterfaceASGI Interface = "asgi"
	InterfaceWSGI Interface = "wsgi"
)

// App is something in the project's code that a container could run.
type App struct {
	// Framework is the library that the app is made with, in lower case, such
	// as "fastapi", "django", "streamlit" or "celery".
	Framework string `json:"framework"`
	// Interface is how a server calls the app, "" if it is run as a program.
	Interface Interface `json:"interface,omitempty"`
	// Module is the dotted module, seen from ImportRoot. It is "" for a file
	// whose name cannot be imported.
	Module string `json:"module,omitempty"`
	// Attribute is the variable of the module; it ends in "()" for a function
	// that makes the app and needs no arguments. It is "" for what is run as
	// a whole file.
	Attribute string `json:"attribute,omitempty"`
	// File is the path in the build context.
	File string `json:"file"`
	// ImportRoot is the directory, relative to the build context, that must be
	// on sys.path for Module to be found.
	ImportRoot string `json:"importRoot"`
	// Package reports that Module is found in the installed package, so that
	// ImportRoot need not be on sys.path.
	Package bool `json:"package,omitempty"`
	// Guarded reports that the app only exists under a condition, such as an
	// `if` at the top level of the file.
	Guarded bool `json:"guarded,omitempty"`
	// Inner are candidates that this app uses up: the factory it calls, the
	// apps it mounts or wraps. They are not listed on their own.
	Inner []string `json:"inner,omitempty"`
	// At is the place of the assignment, the function or the call.
	At plan.Location `json:"at"`
}

// Name is what servers and people call the app: module:attribute, else the
// module, else the file.
func (a App) Name() string {
	switch {
	case a.Module == "":
		return a.File
	case a.Attribute == "":
		return a.Module
	}
	return a.Module + ":" + a.Attribute
}

// Django is what the code of a Django project says about itself.
type Django struct {
	// ManagePy is the path of manage.py; "" without one.
	ManagePy string `json:"managePy,omitempty"`
	// SettingsModule is the default of DJANGO_SETTINGS_MODULE, SettingsAt the
	// place that says so, SettingsFile the file of the module if it was found.
	SettingsModule string        `json:"settingsModule,omitempty"`
	SettingsAt     plan.Location `json:"settingsAt,omitzero"`
	SettingsFile   string        `json:"settingsFile,omitempty"`
	// ImportRoot is the directory that must be on sys.path.
	ImportRoot string `json:"importRoot"`
	// WSGI and ASGI are the applications; nil if there is none.
	WSGI *App `json:"wsgi,omitempty"`
	ASGI *App `json:"asgi,omitempty"`
	// StaticFiles reports that django.contrib.staticfiles is installed,
	// StaticRoot that STATIC_ROOT is set: together they make collectstatic work.
	StaticFiles   bool          `json:"staticFiles,omitempty"`
	StaticFilesAt plan.Location `json:"staticFilesAt,omitzero"`
	StaticRoot    bool          `json:"staticRoot,omitempty"`
	StaticRootAt  plan.Location `json:"staticRootAt,omitzero"`
	// ServesStatic reports that something of the settings serves them, or stores them elsewhere.
	ServesStatic bool `json:"servesStatic,omitempty"`
	// DebugAt is where DEBUG is True, KeyAt where SECRET_KEY is a text; zero where neither
	// is said outright.
	DebugAt plan.Location `json:"debugAt,omitzero"`
	KeyAt   plan.Location `json:"keyAt,omitzero"`
	// Key is that text, which no excerpt may show.
	Key string `json:"-"`
	// Hosts are ALLOWED_HOSTS, where they are texts alone.
	Hosts   []string      `json:"hosts,omitempty"`
	HostsAt plan.Location `json:"hostsAt,omitzero"`
	// At is the place of manage.py, else that of the settings.
	At plan.Location `json:"at"`
}

// Process is one line of a Procfile.
type Process struct {
	Name string `json:"name"`
	// Command is the shell command as written.
	Command string        `json:"command"`
	At      plan.Location `json:"at"`
}

// MainKind is the reason why a file counts as a program.
type MainKind string

// The kinds of programs.
const (
	// MainPackage is a package with __main__.py, run as `python -m`.
	MainPackage MainKind = "package"
	// MainFile is a file with one of the usual names at the import root.
	MainFile MainKind = "file"
	// MainInline is a script with inline metadata (PEP 723).
	MainInline MainKind = "inline"
)

// Main is a Python program that is not known to be a web app.
type Main struct {
	Kind MainKind `json:"kind"`
	// Module is the dotted name for `python -m`; "" where only the file can
	// be run.
	Module string `json:"module,omitempty"`
	File   string `json:"file"`
	// ImportRoot is the directory that must be on sys.path.
	ImportRoot string `json:"importRoot"`
	// Guard reports an `if __name__ == "__main__":` block.
	Guard bool `json:"guard,omitempty"`
	// At is the place of the guard, of the metadata, else the file.
	At plan.Location `json:"at"`
}

// Declaration is an app that a file of configuration names.
type Declaration struct {
	// Source is the key that says so: "tool.fastapi.entrypoint" or "FLASK_APP".
	Source string `json:"source"`
	// Value is the text as written.
	Value string        `json:"value"`
	At    plan.Location `json:"at"`
}

// Apps is everything in a project that could start a container. Lists are in
// order of their files, then of their places.
type Apps struct {
	// Web are the applications that a web server serves.
	Web []App `json:"web,omitempty"`
	// Scripts are files that run a server of their own.
	Scripts []App `json:"scripts,omitempty"`
	// Workers are task queues.
	Workers []App `json:"workers,omitempty"`
	// Django is nil if there is no Django project.
	Django *Django `json:"django,omitempty"`
	// Procfile are the processes of the Procfile at the root.
	Procfile []Process `json:"procfile,omitempty"`
	// Mains are programs without a framework.
	Mains []Main `json:"mains,omitempty"`
	// Declared are the apps that configuration names.
	Declared []Declaration `json:"declared,omitempty"`
	// Truncated reports that the project is larger than what is searched.
	Truncated bool `json:"truncated,omitempty"`
	// NoPython reports that there is no Python file to look into.
	NoPython bool `json:"-"`
}
