package config

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/pybuild/pybuild/frontend/diag"
)

// checkPattern judges a .dockerignore-style pattern.
func checkPattern(s string) *diag.Error {
	p := strings.TrimPrefix(s, "!")
	switch {
	case p == "":
		return mistake("PB009", `leave it out, or write "**" for everything`, "the pattern is empty")
	case strings.HasPrefix(p, "/"):
		hint := ""
		if rest := strings.TrimLeft(p, "/"); rest != "" {
			hint = "patterns start at the root of the context: write " + quote(rest)
		}
		return mistake("PB009", hint, "the pattern %s is absolute", show(s))
	case strings.Contains(p, `\`):
		return mistake("PB009", "write "+quote(strings.ReplaceAll(s, `\`, "/")), "the pattern %s holds a backslash", show(s))
	case slices.Contains(strings.Split(p, "/"), ".."):
		return mistake("PB009", "the context is all that a build can see", "the pattern %s leaves the context", show(s))
	case path.Clean(p) == ".":
		return mistake("PB009", `write "**" for everything`, "the pattern %s names no file", show(s))
	}
	if !Matches(p) {
		return mistake("PB009", "a [ needs its ], and the range in it goes up", "the pattern %s is malformed", show(s))
	}
	return nil
}

// Matches reports a pattern, as .dockerignore has them, that names can be compared with.
func Matches(pattern string) bool {
	m, err := patternmatcher.New([]string{pattern})
	if err != nil || strings.HasPrefix(pattern, "!") || pattern == "" {
		return false
	}
	// What it is compiled to is known when it is needed first.
	_, err = m.MatchesOrParentMatches("a")
	return err == nil
}

func checkInclude(s string) *diag.Error {
	if rest, negated := strings.CutPrefix(s, "!"); negated {
		return mistake("PB009", "write exclude = ["+quote(rest)+"]", "include cannot exclude")
	}
	return checkPattern(s)
}

var (
	plainPath = regexp.MustCompile(`^(/[\pL\pN._+@~-]+)+$`)
	// Directories that are not the app's to own: what lies in them would vanish
	// or break under it.
	systemDirs = []string{
		"/", "/bin", "/boot", "/etc", "/home", "/lib", "/lib32", "/lib64", "/libx32", "/media", "/mnt", "/opt",
		"/root", "/run", "/sbin", "/srv", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/libexec",
		"/usr/local", "/usr/local/bin", "/usr/local/lib", "/usr/sbin", "/usr/share", "/var", "/var/lib", "/var/tmp",
	}
	kernelDirs = []string{"/proc", "/sys", "/dev"}
)

func checkWorkdir(s string) *diag.Error {
	clean := path.Clean(s)
	switch {
	case !strings.HasPrefix(s, "/"):
		return mistake("PB009", "write "+quote(path.Clean("/"+s)), "workdir %s is not absolute", show(s))
	case slices.Contains(systemDirs, clean), slices.ContainsFunc(kernelDirs, func(d string) bool { return clean == d || strings.HasPrefix(clean, d+"/") }):
		return mistake("PB009", `choose one of its own, such as "/app"`, "workdir %s belongs to the system", show(s))
	case s != clean:
		return mistake("PB009", "write "+quote(clean), "workdir %s is not in its shortest form", show(s))
	case !plainPath.MatchString(s):
		return mistake("PB009", "letters, digits and . _ + @ ~ - will do everywhere", "workdir %s holds a character that breaks search paths or scripts", show(s))
	}
	return nil
}

// systemTrees are the system's with all that is in them: of some the mode is a special one,
// which a directory made below them would change, and some are links.
var systemTrees = append([]string{
	"/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/opt/pybuild", "/root", "/run", "/sbin", "/usr", "/var/lock", "/var/run",
}, kernelDirs...)

// checkVolume judges a directory that the app may write to.
func checkVolume(s string) *diag.Error {
	clean := path.Clean(s)
	below := func(d string) bool { return within(d, clean) }
	switch {
	case !strings.HasPrefix(s, "/"):
		return mistake("PB009", "write "+quote(path.Join("/app", s))+", or another absolute path", "the volume %s is not absolute", show(s))
	case slices.ContainsFunc([]string{"/tmp", "/var/tmp"}, below):
		return mistake("PB009", "leave it out; where the container is read-only, pass --tmpfs "+clean+" to docker run",
			"the volume %s is everybody's to write without being one", show(s))
	case slices.Contains(systemDirs, clean), slices.ContainsFunc(systemTrees, below) && !strings.HasPrefix(clean, "/usr/src/"):
		return mistake("PB009", `choose one of its own, such as "/data"`, "the volume %s belongs to the system", show(s))
	case s != clean:
		return mistake("PB009", "write "+quote(clean), "the volume %s is not in its shortest form", show(s))
	case !plainPath.MatchString(s):
		return mistake("PB009", "letters, digits and . _ + @ ~ - will do everywhere", "the volume %s holds a character that breaks search paths or scripts", show(s))
	}
	return nil
}

// within reports whether a path is a directory or lies in it.
func within(dir, p string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

// checkTarget judges the place of a secret's file.
func checkTarget(s string) *diag.Error {
	switch clean := path.Clean(s); {
	case !strings.HasPrefix(s, "/"):
		return mistake("PB009", "write an absolute path, such as \"/root/.netrc\"", "target %s is not absolute", show(s))
	case clean == "/" || strings.HasSuffix(s, "/"):
		return mistake("PB009", "write the path of a file, such as \"/root/.netrc\"", "target %s is a directory", show(s))
	case clean != s:
		return mistake("PB009", "write "+quote(clean), "target %s is not in its shortest form", show(s))
	case slices.ContainsFunc(kernelDirs, func(d string) bool { return clean == d || strings.HasPrefix(clean, d+"/") }):
		return mistake("PB009", "choose another directory, such as \"/root/.netrc\"", "target %s belongs to the system", show(s))
	}
	return nil
}

// checkInput judges the path of a file in the context.
func checkInput(s string) *diag.Error {
	switch {
	case strings.HasPrefix(s, "/") || slices.Contains(strings.Split(s, "/"), "..") || strings.Contains(s, `\`):
		return mistake("PB009", "the path starts at the root of the context, as requirements/production.txt", "%s is not a file of the context", show(s))
	case s != path.Clean(s) || s == ".":
		return mistake("PB009", "write "+quote(path.Clean(s)), "%s is not the plain path of a file", show(s))
	}
	return nil
}
