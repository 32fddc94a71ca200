package config

import (
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
)

// ca reads true for the secret "ca", or the id of another.
func ca(into *string) func(value) {
	return func(v value) {
		switch raw := v.raw.(type) {
		case bool:
			if raw {
				*into = "ca"
			}
		case string:
			text(into, checkID)(v)
		default:
			v.wrongType("true, false or the id of a secret", "write ca = true")
		}
	}
}

// checkWheelhouse judges a path of the context, which the name of a named context
// looks like as well.
func checkWheelhouse(s string) *diag.Error {
	if clean := path.Clean(s); s == "" || clean == "." || !fs.ValidPath(clean) {
		return mistake("PB009", `write wheelhouse = "vendor/wheels"`, "%s is not a directory of the context", show(s))
	}
	return nil
}

// checkCAFile judges a path of the context.
func checkCAFile(s string) *diag.Error {
	if clean := path.Clean(s); s == "" || clean == "." || !fs.ValidPath(clean) {
		return mistake("PB009", `write ca = "certs/corporate-ca.pem"`, "%s is not a file of the context", show(s))
	}
	return nil
}

// mirrorURL is what the script that writes apt's sources can put there.
var mirrorURL = regexp.MustCompile(`^[A-Za-z0-9.:/\[\]{}%_~+-]+$`)

// checkMirror judges the URL that stands before the paths of Debian's archive.
func checkMirror(s string) *diag.Error {
	if d := checkBuildEnv(s); d != nil {
		return d
	}
	u, err := url.Parse(s)
	if err != nil || !mirrorURL.MatchString(s) || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return mistake("PB011", `write apt-mirror = "https://mirror.example": below it are debian and debian-security`, "%s is not the URL of a mirror", show(s))
	}
	return nil
}

// checkRequires judges a path of the context that has the name of a lock (PEP 751).
func checkRequires(s string) *diag.Error {
	if base := path.Base(s); path.Clean(s) != s || !fs.ValidPath(s) || !strings.HasPrefix(base, "pylock.") || !strings.HasSuffix(base, ".toml") {
		return mistake("PB009", `write requires = "pylock.build.toml", which uv pip compile --format pylock.toml writes`, "%s is not a pylock.*.toml of the context", show(s))
	}
	return nil
}
