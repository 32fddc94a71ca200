package config

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"github.com/pybuild/pybuild/frontend/diag"
)

const oldestMinor = 9

var (
	pythonVersion = regexp.MustCompile(`^3\.(0|[1-9]\d?)(\.(0|[1-9]\d*))?(t?)$`)
	versionInside = regexp.MustCompile(`\d+\.\d+(\.\d+)?`)
	uvVersion     = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)(\.(0|[1-9]\d*))?$`)
)

func checkPython(s string) *diag.Error {
	parts := pythonVersion.FindStringSubmatch(s)
	if parts == nil {
		hint := `write the minor version, such as "3.12", or a full one, such as "3.12.4"`
		if inside := versionInside.FindString(s); inside != "" && pythonVersion.MatchString(inside) {
			hint = "write " + quote(inside) + "; ranges belong in requires-python of [project] in pyproject.toml, image names in base"
		} else if strings.HasPrefix(s, "2") {
			hint = "pybuild builds Python 3.9 and newer"
		}
		return mistake("PB008", hint, "%s is not a version of Python", show(s))
	}
	minor, _ := strconv.Atoi(parts[1])
	switch {
	case minor < oldestMinor:
		return mistake("PB008", "pybuild builds Python 3.9 and newer", "Python %s is too old", s)
	case parts[4] == "t" && minor < 13:
		return mistake("PB008", "free-threaded builds start with 3.13t", "there is no Python %s", s)
	}
	return nil
}

func checkUV(s string) *diag.Error {
	if uvVersion.MatchString(s) {
		return nil
	}
	hint := `write a version, such as "0.13" or "0.13.9"`
	if inside := versionInside.FindString(s); inside != "" && uvVersion.MatchString(inside) {
		hint = "write " + quote(inside)
	}
	return mistake("PB008", hint, "%s is not a version of uv", show(s))
}

func checkBase(s string) *diag.Error {
	hint := `write it as docker pull takes it, such as "python:3.12-slim"`
	if s == "scratch" {
		return mistake("PB011", hint, "scratch holds no Python")
	}
	if i := strings.Index(s, "://"); i >= 0 {
		return mistake("PB011", "leave out "+s[:i+3], "an image reference has no scheme")
	}
	if _, err := reference.ParseNormalizedNamed(s); err != nil {
		if s != strings.ToLower(s) {
			hint = "names of images are in lower case"
		}
		return mistake("PB011", hint, "%s is not an image reference", show(s))
	}
	return nil
}
