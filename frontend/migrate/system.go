package migrate

import (
	"regexp"
	"slices"
	"strings"
)

func isApt(name string) bool { return slices.Contains([]string{"apt-get", "apt", "aptitude"}, name) }

var (
	// byItself are packages that pybuild installs where something has to be compiled, or
	// that its images have.
	byItself = regexp.MustCompile(`^(gcc|g\+\+|cpp|build-essential|libc6-dev|libc-dev|musl-dev|python3?|python3?\.\d+|python3?(\.\d+)?-(dev|pip|venv|distutils|setuptools|wheel|full|minimal)|py3-(pip|setuptools|wheel)|python3-virtualenv|libpython3(\.\d+)?-dev|ca-certificates|apt-utils|apt-transport-https|software-properties-common|gnupg2?|dirmngr|tini|dumb-init|alpine-sdk|build-base|linux-headers)$`)
	// forBuilder are those that only a build needs.
	forBuilder = regexp.MustCompile(`-dev(=|:|$)|^(make|cmake|ninja-build|pkg-config|pkgconf|autoconf|automake|libtool|patch|swig|bison|flex|cargo|rustc|rustup|clang|llvm|gfortran|cython3?|mold|nasm|yasm|m4|meson|patchelf)(=|$)`)
	// fetchers are those that get something for the build, or ask the app how it is.
	fetchers = []string{"curl", "wget", "git", "openssh-client", "unzip", "xz-utils"}
)

// What is said of packages, whichever program installs them.
const (
	openNames = "the names of the packages are known to the build alone: write them to packages in [runtime] or [build]"
	onlyBuilt = "what only the build needs is not in the image"
)

// apt reads apt-get.
func (r *running) apt(c call) {
	var verb string
	var packages []string
	args := c.words[1:]
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case slices.Contains([]string{"-t", "--target-release", "-o", "--option", "-c"}, arg):
			i++
			if arg == "-t" || arg == "--target-release" {
				r.ask(c.at, c.text, "packages are those of the base's release: another release takes another base")
			}
		case strings.HasPrefix(arg, "-"):
		case verb == "":
			verb = arg
		default:
			packages = append(packages, arg)
		}
	}
	switch verb {
	case "update", "clean", "autoclean", "autoremove", "":
		r.leave(c.at, c.text, "apt runs with a cache of its own, and leaves nothing behind")
	case "upgrade", "dist-upgrade", "full-upgrade":
		r.leave(c.at, c.text, "the base is what has its updates: build with --pull, and a changed base is taken")
	case "remove", "purge":
		for _, p := range packages {
			r.move(p)
			r.leave(c.at, c.text, onlyBuilt)
		}
	case "install":
		if c.open {
			r.ask(c.at, c.text, openNames)
			return
		}
		for _, p := range packages {
			r.systemPackage(c, p)
		}
	default:
		r.ask(c.at, c.text, elsewhere)
	}
}

// move puts a package of the image that was taken away again into the builder.
func (r *running) move(name string) {
	if slices.Contains(r.list("runtime", "packages"), name) {
		at := r.placeOf("runtime", "packages", name)
		r.remove("runtime", "packages", name)
		r.add("build", "packages", name, at)
	}
}

// apk reads Alpine's.
func (r *running) apk(c call) {
	args := c.words[1:]
	var packages []string
	verb, virtual := "", ""
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case (arg == "-t" || arg == "--virtual") && i+1 < len(args):
			i++
			virtual = args[i]
		case strings.HasPrefix(arg, "--virtual="):
			virtual = strings.TrimPrefix(arg, "--virtual=")
		case slices.Contains([]string{"-X", "--repository"}, arg):
			i++
			r.ask(c.at, c.text, "packages are those of the base's release: another repository takes another base")
		case strings.HasPrefix(arg, "-"):
		case verb == "":
			verb = arg
		default:
			packages = append(packages, arg)
		}
	}
	if verb != "add" {
		why := "apk runs with a cache of its own, and leaves nothing behind"
		if verb == "del" {
			why = onlyBuilt
		}
		r.leave(c.at, c.text, why)
		return
	}
	if c.open {
		r.ask(c.at, c.text, openNames)
		return
	}
	for _, p := range packages {
		if virtual != "" && !byItself.MatchString(p) {
			r.add("build", "packages", p, r.word(c, p))
			continue
		}
		r.systemPackage(c, p)
	}
}

var debName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+(:[a-z0-9][a-z0-9-]*)?(=[0-9A-Za-z][0-9A-Za-z.+:~-]*)?$`)

// systemPackage puts a package where it is needed.
func (r *running) systemPackage(c call, name string) {
	at := r.word(c, name)
	bare, _, _ := strings.Cut(name, "=")
	switch {
	case byItself.MatchString(bare):
		why := "the image needs none, or has it"
		if regexp.MustCompile(`^(gcc|g\+\+|cpp|build|libc|musl|alpine|linux|.*-dev$)`).MatchString(bare) {
			why = "the compiler and Python's headers come where a package has no wheel"
		}
		r.leave(at, name, why)
	case !debName.MatchString(name):
		r.ask(at, name, "this is no plain name of a package: write it to packages in [runtime] or [build]")
	case r.role == builds:
		if slices.Contains(fetchers, bare) {
			r.leave(at, name, "git comes where a requirement names a repository, and nothing else is fetched")
			return
		}
		r.add("build", "packages", name, at)
	case forBuilder.MatchString(name):
		r.add("build", "packages", name, at)
	default:
		r.add("runtime", "packages", name, at)
	}
}
