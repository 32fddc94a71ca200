package migrate

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// serve carries over what the container starts.
func (f *found) serve(image *stage) {
	c := image.started()
	if c == nil {
		f.leave(image.at, image.SourceCode, "it starts no more than the base does, and pybuild looks for what the project has to start")
		if name := imageName(image.root().image); name == "python" || uvImage.MatchString(name) {
			f.fallback = func() { f.set("serve", "command", []string{"python3"}, image.at) }
		}
		f.listens()
		f.others()
		f.checked(image)
		return
	}
	if image.entry != nil && image.entry.script == "" {
		if name := path.Base(image.entry.words[0]); slices.Contains(inits, name) {
			f.leave(image.entry.at, image.entry.text, "the server handles signals; docker run --init starts an init where processes are left behind")
		}
	}
	f.cmdText = c.text
	words := c.words
	if c.script == "" || c.simple {
		words = program(words)
	}
	switch {
	case len(words) == 0 || len(image.entryWords()) > 0 && isScript.MatchString(image.entryWords()[0]):
		f.scripted(image, c)
	default:
		f.started(image, c, words)
	}
	f.others()
	f.checked(image)
}

// entryWords are those of an ENTRYPOINT, without an init.
func (s *stage) entryWords() []string {
	if s.entry == nil || len(s.entry.words) == 0 {
		return nil
	}
	return program(s.entry.words)
}

// scripted starts a script of the project's, or of a shell, as it is.
func (f *found) scripted(image *stage, c *command) {
	f.listens()
	if image.entry == nil || image.entry.script != "" {
		f.set("serve", "command", image.inAppAll(c.exec(f.layout)), c.at)
		return
	}
	entry := image.inAppAll(image.entryWords())
	f.set("serve", "entrypoint", append(image.starter(image.entryWords()[0]), entry...), image.entry.at)
	f.leave(image.entry.at, image.entry.text, "it goes before the command as before; what it does at every start, such as migrations, can be a target of its own")
	if image.cmd != nil {
		f.set("serve", "command", image.inAppAll(image.cmd.exec(f.layout)), image.cmd.at)
	}
}

// shellOf is the shell of a script.
func (f *found) shellOf(name string) []string {
	data, _ := fs.ReadFile(f.fsys, name)
	first, _, _ := strings.Cut(string(data), "\n")
	if words := strings.Fields(strings.TrimPrefix(first, "#!")); shebang.MatchString(first) && len(words) > 0 {
		return words
	}
	return []string{"/bin/sh"}
}

// started starts a program, a server by the keys that are made for it.
func (f *found) started(image *stage, c *command, words []string) {
	plainly := func() {
		f.listens()
		entry := image.entryWords()
		python := len(entry) > 0 && isPythonName(path.Base(entry[0]))
		switch {
		case len(entry) == 0 || image.entry.script != "":
		case image.cmd == nil && !python:
			f.set("serve", "entrypoint", append(image.starter(words[0]), image.inAppAll(words)...), c.at)
			return
		case image.cmd == nil:
			f.leave(image.entry.at, image.entry.text, "it is a command, which words after the image replace; entrypoint in [serve] keeps it in front of them")
		case !python || len(entry) > 2 || len(entry) == 2 && !strings.HasPrefix(entry[1], "-"):
			f.set("serve", "entrypoint", image.inAppAll(entry), image.entry.at)
			f.set("serve", "command", image.inAppAll(image.cmd.exec(f.layout)), image.cmd.at)
			return
		}
		if c.script != "" {
			if exec := c.exec(f.layout); exec[0] == "sh" {
				f.set("serve", "command", exec, c.at)
				return
			}
		}
		image.settings("serve", words, c.at)
	}
	if len(words) > 2 && isPythonName(path.Base(words[0])) && path.Base(words[1]) == "manage.py" && words[2] == "runserver" {
		f.runserver(c, words, plainly)
		return
	}
	s := serves(words)
	if s == nil || c.needs && !f.auto(s, words) {
		plainly()
		return
	}
	if s.reloaded && len(s.rest) == 0 {
		f.leave(c.at, "--reload", "the image has no files that change; docker build --target dev makes one that reloads")
	}
	if len(s.rest) > 0 || s.app == "" && s.file == "" && !s.develops && s.name != "fastapi" {
		f.leave(c.at, strings.Join(s.rest, " "), "the command is kept as it is: app = %s would be served with pybuild's own flags, and follow PORT and the container's limits", quote(s.app))
		plainly()
		return
	}
	f.serveApp(image, c, s, plainly)
}

// auto reports whether the only open word is the number of workers, which then follows
// the container.
func (f *found) auto(s *server, words []string) bool {
	open := 0
	for _, w := range words {
		if strings.ContainsAny(w, "$`") {
			open++
		}
	}
	if open == 1 && strings.ContainsAny(s.workers, "$`") {
		s.workers = "auto"
		return true
	}
	return false
}

// serveApp writes the keys of a server.
func (f *found) serveApp(image *stage, c *command, s *server, plainly func()) {
	at := c.at
	port := or(or(s.port, f.port.text), f.exposed)
	if s.file != "" {
		f.wantsFile = image.context(s.file)
		if f.wantsFile == "" {
			f.wantsFile = path.Join(f.layout.cwd, s.file)
		}
		f.wantsAt = at
	} else if s.app != "" {
		f.maybe("serve", "app", s.app, at)
	}
	if s.name != "fastapi" && s.name != "flask" && (s.app != "" || s.file != "") {
		f.maybe("serve", "server", s.name, at)
	}
	switch n, err := strconv.Atoi(s.workers); {
	case s.workers == "auto":
		f.maybe("serve", "workers", "auto", at)
	case err == nil && n > 0:
		f.maybe("serve", "workers", raw(s.workers), at)
	}
	for _, name := range slices.Sorted(maps.Keys(s.env)) {
		f.set("runtime.env", name, s.env[name], at)
	}
	if port == "" && s.name == "flask" {
		port = "5000"
	}
	f.exposes(port, f.portAt(port, c))
	if s.dir != "" {
		f.layout.cwd = path.Join(f.layout.cwd, s.dir)
	}
	if s.develops {
		f.served = note(c.at, c.text, "it is a server for development: the app is served by the one that is installed")
	}
	f.fallback = func() {
		for _, name := range []string{"app", "server", "workers"} {
			f.drop("serve", name)
		}
		for name := range s.env {
			f.drop("runtime.env", name)
		}
		plainly()
	}
}

// portAt is the line that says the port of a server: not that of its command where it has
// the variable PORT alone.
func (f *found) portAt(port string, c *command) plan.Location {
	switch {
	case strings.Contains(c.text, port):
	case port == f.port.text:
		return f.port.at
	case port == f.exposed:
		return f.exposedAt
	}
	return c.at
}

// runserver is Django's server for development, in whose place stands the one that is
// installed.
func (f *found) runserver(c *command, words []string, plainly func()) {
	f.served = note(c.at, c.text, "it is a server for development: the app is served by the one that is installed")
	port := or(f.exposed, "8000")
	if last := words[len(words)-1]; strings.Contains(last, ":") {
		port = last[strings.LastIndex(last, ":")+1:]
	}
	f.exposes(port, c.at)
	f.fallback = plainly
}

// listens is the port of a command that is kept as it is, which may ask for PORT.
func (f *found) listens() {
	if f.port.text != "" {
		f.set("runtime.env", "PORT", f.port.text, f.port.at)
	}
	if f.exposed == "" {
		f.exposes(f.port.text, f.port.at)
		return
	}
	f.exposes(f.exposed, f.exposedAt)
}

// exposes is the port that the server listens on.
func (f *found) exposes(port string, at plan.Location) {
	if !isPort(port) {
		return
	}
	others := []plan.Location{f.exposedAt}
	if f.get("runtime.env", "PORT") == nil {
		others = append(others, f.port.at)
	}
	for _, other := range others {
		if !other.IsZero() && other.Start.Line != at.Start.Line {
			f.leave(other, "a port", "the server listens on %s", port)
		}
	}
	if f.get("serve", "port") == raw(port) {
		return
	}
	f.maybe("serve", "port", raw(port), at)
}
