package migrate

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	cachePath = regexp.MustCompile(`^(/var/lib/apt|/var/cache|/tmp|/var/tmp|/root/\.cache|/root/\.cargo|~/|/usr/share/doc|/usr/share/man|/var/log|\$|/wheels|/install)|requirements|\.cache|__pycache__|\.whl|/dist$|^/etc/apt/apt\.conf\.d/docker-clean$|apt/keyrings`)
	plain     = []string{":", "set", "echo", "printf", "true", "which", "ls", "cat", "pwd", "sync", "uname", "env", "date", "whoami", "id", "hash", "test", "[", "find", "sleep", "ldconfig", "export", "shopt", "type", "source", ".", "deactivate"}
)

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
			r.owners = append(r.owners, chowned{p, c.at, nil})
		case strings.HasPrefix(p, "/home/"), ownPath.MatchString(p + "/bin"):
			r.leave(c.at, c.text, "what is installed is root's, and everybody's to read")
		default:
			r.owners = append(r.owners, chowned{p, c.at, &c})
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
		case slices.ContainsFunc(r.dirs, func(d madeDir) bool { return d.path == r.under(c.dir, arg) }):
			r.leave(c.at, c.text, "what is said of the directory counts for its mode")
		case in != "" && r.role == makes:
			r.modes = append(r.modes, mode{in, c})
		case r.role == builds || cachePath.MatchString(arg):
			r.leave(c.at, c.text, "nothing of the builder reaches the image but what it installs")
		default:
			r.ask(c.at, c.text, elsewhere)
		}
	}
}

// argument reports whether a file is one of the words that a command is given.
func (f *found) argument(name string) bool {
	for _, key := range []string{"command", "entrypoint"} {
		for _, word := range f.list("serve", key)[min(1, len(f.list("serve", key))):] {
			if path.Clean(strings.TrimPrefix(word, f.layout.root+"/")) == name {
				return true
			}
		}
	}
	return false
}

// executables asks for the modes of files of the context, which the image keeps.
func (f *found) executables() {
	for _, m := range f.modes {
		switch {
		case f.mode(m.name)&0o111 != 0 || f.isDir(m.name):
			f.leave(m.call.at, m.call.text, "%s has its mode in the context", m.name)
		case slices.Contains(f.scripts, m.name) || f.argument(m.name):
			f.leave(m.call.at, m.call.text, "its shell starts it")
		default:
			f.ask(m.call.at, m.call.text, "files keep the mode that they have in the context: chmod +x %s, or git update-index --chmod=+x %s", m.name, m.name)
		}
	}
}
