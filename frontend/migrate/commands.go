package migrate

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// do carries one command over: each ends in a key, in what pybuild does by itself, or in
// what somebody has to do.
func (r *running) do(c call) {
	c = r.unwrap(c)
	if len(c.words) == 0 {
		return
	}
	name := path.Base(c.words[0])
	args := c.words[1:]
	switch {
	case isApt(name):
		r.apt(c)
	case name == "apk":
		r.apk(c)
	case strings.HasPrefix(name, "python") || name == "py":
		r.runsPython(c)
	case regexp.MustCompile(`^pip[0-9.]*$`).MatchString(name):
		r.pip(c, args)
	case slices.Contains([]string{"uv", "poetry", "pdm", "pipenv", "pip-sync", "pip-compile", "pipx", "uvx", "hatch", "virtualenv", "rye"}, name):
		r.tool(name, c, args)
	case slices.Contains([]string{"conda", "mamba", "micromamba"}, name):
		if r.refused == nil {
			r.refused = r.refuse(c.at, condaHint, "%s installs packages of conda, which pybuild does not", name)
		}
	case slices.Contains([]string{"useradd", "adduser", "groupadd", "addgroup"}, name):
		r.useradd(c)
	case slices.Contains([]string{"yum", "dnf", "microdnf", "zypper", "tdnf"}, name):
		r.ask(c.at, c.text, "pybuild installs packages of Debian and Alpine: build an image that has these, and name it as base")
	default:
		r.other(name, c, args)
	}
}

// unwrap takes away what only runs another command.
func (r *running) unwrap(c call) call {
	for len(c.words) > 1 {
		switch name := path.Base(c.words[0]); {
		case slices.Contains([]string{"sudo", "exec", "command", "time", "nice", "eval"}, name) && !strings.HasPrefix(c.words[1], "-"):
			c.words = c.words[1:]
		case name == "env":
			c.words = c.words[1:]
			for len(c.words) > 0 && strings.Contains(c.words[0], "=") && !strings.HasPrefix(c.words[0], "-") {
				variable, value, _ := strings.Cut(c.words[0], "=")
				if c.vars == nil {
					c.vars = map[string]string{}
				}
				c.vars[variable], c.words = value, c.words[1:]
			}
		default:
			words, ok := inner(c.words)
			if !ok {
				return c
			}
			c.words = words
		}
	}
	return c
}

// inner is what `uv run` and its like run.
func inner(words []string) ([]string, bool) {
	name := path.Base(words[0])
	if len(words) < 3 || words[1] != "run" || !slices.Contains([]string{"uv", "poetry", "pdm", "pipenv", "rye", "hatch"}, name) {
		return words, false
	}
	valued := []string{"--extra", "--group", "--only-group", "--no-group", "--with", "--python", "-p", "--package", "--env-file", "--project", "--directory"}
	rest := words[2:]
	for len(rest) > 0 && strings.HasPrefix(rest[0], "-") {
		flag := rest[0]
		rest = rest[1:]
		if flag == "--" {
			break
		}
		if flag == "-m" || flag == "--module" {
			return append([]string{"python", "-m"}, rest...), true
		}
		if slices.Contains(valued, flag) && len(rest) > 0 {
			rest = rest[1:]
		}
	}
	if len(rest) == 0 {
		return words, false
	}
	return rest, true
}

// other are commands that install no packages.
func (r *running) other(name string, c call, args []string) {
	switch {
	case c.writes != "" && !cachePath.MatchString(c.writes):
		r.ask(c.at, c.text, "it writes %s, and there is no key for that: put the file into the context, or into an image that is the base", c.writes)
	case slices.Contains(plain, name):
		if name == "echo" || name == "printf" || name == "find" || name == "ls" || name == "cat" || name == "ldconfig" || name == "source" || name == "." {
			r.leave(c.at, c.text, "it leaves nothing in the image")
		}
	case name == "cd" && len(args) == 1:
		r.dir = args[0]
		if !path.IsAbs(args[0]) {
			r.dir = path.Join(c.dir, args[0])
		}
	case name == "rm":
		r.rm(c, args)
	case name == "mkdir":
		r.mkdir(c, args)
	case name == "chown":
		r.chown(c, args)
	case name == "chmod":
		r.chmod(c, args)
	case name == "gcc", name == "make", name == "cmake", name == "cargo", name == "rustup", name == "npm", name == "yarn", name == "pnpm", name == "node", name == "npx":
		r.ask(c.at, c.text, "pybuild runs no such build: do it in an image of its own, and put its files into the context, or into an image that is the base")
	case name == "curl" || name == "wget":
		if installer.MatchString(c.text) {
			r.fetched = append(r.fetched, name)
			r.leave(c.at, c.text, "pybuild brings what installs packages")
			return
		}
		r.fetches = append(r.fetches, name)
		r.ask(c.at, c.text, "pybuild downloads nothing but packages: put the file into the context, or into an image that is the base")
	case name == "update-ca-certificates":
		r.ask(c.at, c.text, "name the certificate: ca = \"FILE\" in [runtime] for the image, and ca = true in [build] with docker build --secret id=ca,src=FILE for the steps")
	case name == "playwright":
		r.ask(c.at, c.text, "browsers are in no package of Python: name an image that has them as base")
	case name == "alembic", name == "flask" && slices.Contains(args, "db"):
		r.ask(c.at, c.text, "a build has no database: run it when you release, as a [target.migrate] of the same layers")
	case name == "su", name == "gosu", name == "bash", name == "sh":
		r.ask(c.at, c.text, "what it starts is not read: put its files into the context, or do it in an image that is the base")
	default:
		r.ask(c.at, c.text, elsewhere)
	}
}
