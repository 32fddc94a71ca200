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
		r.python3(c)
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

var (
	cachePath = regexp.MustCompile(`^(/var/lib/apt|/var/cache|/tmp|/var/tmp|/root/\.cache|/root/\.cargo|~/|/usr/share/doc|/usr/share/man|/var/log|\$|/wheels|/install)|requirements|\.cache|__pycache__|\.whl|/dist$|^/etc/apt/apt\.conf\.d/docker-clean$|apt/keyrings`)
	plain     = []string{":", "set", "echo", "printf", "true", "which", "ls", "cat", "pwd", "sync", "uname", "env", "date", "whoami", "id", "hash", "test", "[", "find", "sleep", "ldconfig", "export", "shopt", "type", "source", ".", "deactivate"}
)

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

func (r *running) rm(c call, args []string) {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") && !cachePath.MatchString(arg) && r.role == makes {
			r.ask(c.at, c.text, "where it is of the app's files, write it to exclude in [runtime]")
			return
		}
	}
	r.leave(c.at, c.text, "no layer has what installing leaves behind")
}

// within reports whether a directory is the workdir, or one of those above it.
func within(dir, workdir string) bool {
	return dir == workdir || dir == "/" || strings.HasPrefix(workdir, strings.TrimSuffix(dir, "/")+"/")
}

func (r *running) mkdir(c call, args []string) {
	others := 0
	for i, arg := range args {
		p := arg
		if !path.IsAbs(p) {
			p = path.Join(c.dir, p)
		}
		if r.role == makes && !strings.HasPrefix(arg, "-") && (i == 0 || args[i-1] != "-m") && !within(p, r.workdir) && !cachePath.MatchString(p) && !ownPath.MatchString(p+"/bin") {
			others++
			r.dirs = append(r.dirs, madeDir{p, c})
		}
	}
	if others == 0 {
		r.leave(c.at, c.text, "the workdir is made with its files")
	}
}

// directories asks for those that nothing is copied to.
func (f *found) directories(image *stage) {
	for i, d := range f.dirs {
		if i > 0 && f.dirs[i-1].call.at == d.call.at {
			continue // said with the first
		}
		var missing []string
		for _, other := range f.dirs[i:] {
			copied := slices.ContainsFunc(image.files, func(p placed) bool { return p.to == other.path || strings.HasPrefix(p.to, other.path+"/") })
			if other.call.at == d.call.at && !copied && !slices.Contains(f.volumes, other.path) {
				missing = append(missing, other.path)
			}
		}
		if len(missing) == 0 {
			f.leave(d.call.at, d.call.text, "what is copied or mounted there makes it")
			continue
		}
		f.ask(d.call.at, d.call.text, "the image has no %s: mount a volume there, as with docker run --volume data:%s, or let the app make it where it may write", strings.Join(missing, " and no "), missing[0])
	}
}

func (r *running) chown(c call, args []string) {
	var paths []string
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			paths = append(paths, arg)
		}
	}
	if len(paths) < 2 {
		r.ask(c.at, c.text, elsewhere)
		return
	}
	owner, _, _ := strings.Cut(paths[0], ":")
	for _, p := range paths[1:] {
		if !path.IsAbs(p) {
			p = path.Join(c.dir, p)
		}
		switch {
		case owner == "root" || owner == "0" || r.role == builds:
			r.leave(c.at, c.text, "the code is root's")
		case within(p, r.workdir) || strings.HasPrefix(p, strings.TrimSuffix(r.workdir, "/")+"/"):
			r.owners = append(r.owners, placed{"", p, c.at})
		case strings.HasPrefix(p, "/home/"), ownPath.MatchString(p + "/bin"):
			r.leave(c.at, c.text, "what is installed is root's, and everybody's to read")
		default:
			r.ask(c.at, c.text, "the image has no %s of the user's: mount a volume there, as with docker run --volume data:%s", p, p)
		}
	}
}

func (r *running) chmod(c call, args []string) {
	for _, arg := range args[min(1, len(args)):] {
		if strings.HasPrefix(arg, "-") || arg == "+x" {
			continue
		}
		in := r.context(r.under(c.dir, arg))
		switch {
		case in != "" && r.role == makes:
			r.modes = append(r.modes, mode{in, c})
		case r.role == builds || cachePath.MatchString(arg):
			r.leave(c.at, c.text, "nothing of the builder reaches the image but what it installs")
		default:
			r.ask(c.at, c.text, elsewhere)
		}
	}
}

// executables asks for the modes of files of the context, which the image keeps.
func (f *found) executables() {
	for _, m := range f.modes {
		switch {
		case f.mode(m.name)&0o111 != 0 || f.isDir(m.name):
			f.leave(m.call.at, m.call.text, "%s has its mode in the context", m.name)
		case slices.Contains(f.scripts, m.name):
			f.leave(m.call.at, m.call.text, "its shell starts it")
		default:
			f.ask(m.call.at, m.call.text, "files keep the mode that they have in the context: chmod +x %s, or git update-index --chmod=+x %s", m.name, m.name)
		}
	}
}
