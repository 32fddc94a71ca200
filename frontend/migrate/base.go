package migrate

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

var (
	// inTag finds the version of Python in the tag of an image of Python's, or in the name
	// of an image that has one in it.
	inTag   = regexp.MustCompile(`^v?(3(?:\.\d+){0,2}t?)(?:$|[-_.a-z])`)
	inName  = regexp.MustCompile(`python[-_]?(3\.?\d*(?:\.\d+)?)`)
	release = regexp.MustCompile(`bookworm|bullseye|buster|trixie|alpine`)
	condas  = regexp.MustCompile(`conda|mamba`)
	// distroless has the Python of its release of Debian.
	distroless = regexp.MustCompile(`distroless/python3-debian(\d+)$`)
	windows    = regexp.MustCompile(`windows|nanoserver`)
	// systems are images that have what a distribution has, and so its Python.
	systems = regexp.MustCompile(`(^|/)(debian|ubuntu|alpine|nvidia/cuda|node|buildpack-deps)$`)
	uvImage = regexp.MustCompile(`astral(-sh)?/uv$`)
)

// systemPythons are the versions that `python3` is in releases of distributions.
var systemPythons = map[string]string{
	"debian:11": "3.9", "debian:bullseye": "3.9", "debian:12": "3.11", "debian:bookworm": "3.11", "debian:13": "3.13", "debian:trixie": "3.13",
	"ubuntu:22.04": "3.10", "ubuntu:jammy": "3.10", "ubuntu:24.04": "3.12", "ubuntu:noble": "3.12",
}

// base reads the image that the image starts from.
func (f *found) base(image *stage, stages []*stage) error {
	root := image.root()
	ref := root.image
	for _, name := range slices.Sorted(maps.Keys(f.global)) {
		why := "no FROM names it: what a stage says of it counts"
		if f.global[name].used {
			why = "it chose the image: its default is what the key says, which has no build argument"
		}
		f.leave(f.global[name].at, "ARG "+name, "%s", why)
	}
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return f.refuse(root.at, "write an image that docker pull takes", "FROM %s is not an image", ref)
	}
	name, tag := reference.FamiliarName(named), ""
	if tagged, ok := named.(reference.Tagged); ok {
		tag = tagged.Tag()
	}
	switch last := name[strings.LastIndex(name, "/")+1:]; {
	case windows.MatchString(ref):
		return f.refuse(root.at, "build it with Windows' own tools", "%s is an image of Windows, and pybuild builds for Linux", ref)
	case condas.MatchString(ref):
		return f.refuse(root.at, condaHint, "%s is an image of conda, whose packages pybuild does not install", ref)
	case strings.Contains(name, "lambda/python"):
		return f.refuse(root.at, "keep the Dockerfile: the image starts a handler by an entry point of its own, at a place of its own", "%s is an image for functions of a cloud, and pybuild builds containers", ref)
	case last == "pypy":
		return f.refuse(root.at, "move the Dockerfile to an image of CPython first", "%s is an image of PyPy, and pybuild installs for CPython", ref)
	case !image.isPython() && systems.MatchString(name) && builder(stages) != nil:
		// What the builder installed has brought its Python along.
		f.leave(root.at, "FROM "+ref, "the image starts from python:<version>-slim, of the Python that the builder has")
		from := builder(stages).root()
		if m := inTag.FindString(tagOf(from.image)); m != "" {
			return f.pythonOf(root, inTag, tagOf(from.image))
		}
		return f.pythonOf(root, inName, from.image)
	case !image.isPython():
		return f.refuse(root.at, "where another stage is the one with Python, name it: migrate --target STAGE", "%s has no Python, and nothing in %s installs or runs one", ref, f.file)
	case name == "python":
		return f.official(root, ref, tag, reference.IsNameOnly(named))
	case uvImage.MatchString(name):
		f.leave(root.at, "FROM "+ref, "uv is mounted where it installs, and the image starts from python:<version>-slim")
		return f.pythonOf(root, inName, tag)
	case systems.MatchString(name):
		return f.system(image, root, name, tag)
	}
	f.set("", "base", ref, root.at)
	if m := distroless.FindStringSubmatch(name); m != nil {
		return f.pythonOf(root, inTag, systemPythons["debian:"+m[1]])
	}
	if strings.Contains(name, "/python") && inTag.MatchString(tag) {
		return f.pythonOf(root, inTag, tag)
	}
	return f.pythonOf(root, inName, ref)
}

const condaHint = "list what conda installs in a requirements.txt or pyproject.toml, as far as the package index has it, and move the Dockerfile to python:3.13-slim first"

// builder is a stage with Python that another one copies from.
func builder(stages []*stage) *stage {
	for _, s := range stages {
		if s.role == builds && s.isPython() {
			return s
		}
	}
	return nil
}

func tagOf(ref string) string {
	_, tag, _ := strings.Cut(strings.TrimPrefix(ref, imageName(ref)), ":")
	return tag
}

// official is one of the images of Python itself, whose slim variants are the default.
func (f *found) official(root *stage, ref, tag string, untagged bool) error {
	if err := f.pythonOf(root, inTag, tag); err != nil {
		return err
	}
	switch {
	case strings.Contains(ref, "@"), release.MatchString(tag):
		// The release of the distribution is somebody's choice, and names its packages.
		f.set("", "base", ref, root.at)
	case !strings.HasSuffix(tag, "slim"):
		f.leave(root.at, "FROM "+ref, "pybuild starts from the slim image; base = \"%s\" in pybuild.toml keeps this one", ref)
	}
	if untagged || f.get("", "python") == nil {
		f.ask(root.at, "FROM "+ref, "no version of Python is named, so pybuild takes what the project asks for, or the newest: write python = \"3.13\", or the one that runs today")
	}
	return nil
}

// pythonOf writes the version that a name has in it.
func (f *found) pythonOf(root *stage, where *regexp.Regexp, text string) error {
	m := where.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	version := m[1]
	if !strings.Contains(version, ".") && len(version) > 1 {
		version = "3." + version[1:] // python-312
	}
	parts := strings.Split(strings.TrimSuffix(version, "t"), ".")
	if len(parts) < 2 {
		return nil
	}
	if minor, err := strconv.Atoi(parts[1]); err == nil && minor < 9 {
		return f.refuse(root.at, "move the Dockerfile to a newer one first", "Python %s is too old: pybuild builds 3.9 and newer", version)
	}
	f.maybe("", "python", version, root.at)
	return nil
}

var aptPython = regexp.MustCompile(`\bpython(3\.\d+)\b`)

// system is an image of a distribution, whose own Python the Dockerfile takes.
func (f *found) system(image, root *stage, name, tag string) error {
	version := systemPythons[name+":"+tag]
	if name == "nvidia/cuda" {
		for _, v := range []string{"22.04", "24.04"} {
			if strings.HasSuffix(tag, "ubuntu"+v) {
				version = systemPythons["ubuntu:"+v]
			}
		}
	}
	for s := image; s != nil; s = s.parent {
		for _, c := range s.Commands {
			if run, ok := c.(*instructions.RunCommand); ok {
				if m := aptPython.FindStringSubmatch(code(run)); m != nil {
					version = m[1]
				}
			}
		}
	}
	if version != "" {
		if err := f.pythonOf(root, inTag, version); err != nil {
			return err
		}
	}
	what := "FROM " + root.image
	switch name {
	case "debian", "ubuntu", "alpine", "buildpack-deps":
		f.leave(root.at, what, "the image starts from python:<version>-slim, which is Debian with a Python of its own; the build names what Debian does not have")
	default:
		f.ask(root.at, what, "pybuild's image is python:<version>-slim, and has nothing else of this one: where the app needs that, build an image of it that has Python, and name it as base")
	}
	if version == "" {
		f.ask(root.at, what, "which Python this has is not known: write python = \"3.13\", or the one that runs today")
	}
	return nil
}
