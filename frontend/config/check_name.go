package config

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
)

// maxID is one less than what some kernels and tools read as "no id".
const maxID = math.MaxInt32 - 1

var (
	debianPackage = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+(:[a-z0-9][a-z0-9-]*)?(=[0-9A-Za-z][0-9A-Za-z.+:~-]*)?$`)
	// The names of PEP 508, which PEP 735 takes over.
	projectName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	envName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// The id of a secret or an agent: what the command line takes unquoted.
	passedID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	// What useradd takes without --badname.
	accountName = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)
	labelName   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`)
)

func checkPackage(s string) *diag.Error {
	hint := `write the name that apt knows, such as "libpq5"`
	switch {
	case !slices.ContainsFunc(strings.Split(s, "|"), func(name string) bool { return !debianPackage.MatchString(name) }):
		// Releases of Debian name some packages differently: one of several.
		return nil
	case strings.HasPrefix(s, "-"):
		return mistake("PB007", "options of apt have no place here", "%s is an option, not a package", show(s))
	case len(strings.Fields(s)) > 1:
		return mistake("PB007", "write "+strings.Trim(quoteAll(strings.Fields(s)), "[]"), "%s is more than one package; write one per string", show(s))
	case debianPackage.MatchString(strings.ToLower(s)):
		hint = "write " + quote(strings.ToLower(s))
	case strings.ContainsAny(s, "<>~[]"):
		hint = `pin a version with =, such as "libpq5=15.8-0+deb12u1"; Python packages belong in pyproject.toml`
	}
	return mistake("PB007", hint, "%s is not the name of a Debian package", show(s))
}

func checkName(what string) check {
	return func(s string) *diag.Error {
		if projectName.MatchString(s) {
			return nil
		}
		return mistake("PB007", "a name is letters, digits, and - _ . within", "%s is not the name of %s", show(s), what)
	}
}

func checkEnvName(s string) *diag.Error {
	if envName.MatchString(s) {
		return nil
	}
	return mistake("PB007", "a name is letters, digits and _, and starts with no digit", "%s is not the name of a variable", show(s))
}

func checkID(s string) *diag.Error {
	if passedID.MatchString(s) {
		return nil
	}
	return mistake("PB007", "an id is letters, digits, and - _ . within", "%s is not an id", show(s))
}

func checkAccount(what, number string) check {
	return func(s string) *diag.Error {
		if accountName.MatchString(s) {
			return nil
		}
		hint := "a name is lower-case letters, digits, - and _, and starts with a letter"
		switch name, rest, both := strings.Cut(s, ":"); {
		case s != "" && strings.Trim(s, "0123456789") == "":
			hint = "write " + number + " = " + s
		case both && what == "user" && accountName.MatchString(name) && accountName.MatchString(rest):
			hint = "write user = " + quote(name) + " and group = " + quote(rest)
		}
		return mistake("PB007", hint, "%s is not the name of a %s", show(s), what)
	}
}

// oneOf accepts a few words.
func oneOf(name string, words ...string) check {
	return func(s string) *diag.Error {
		for _, w := range words {
			if s == w {
				return nil
			}
		}
		hint := ""
		if near := diag.Nearest(s, words); near != "" {
			hint = "write " + name + " = " + quote(near)
		}
		list := quote(words[0])
		for i, w := range words[1:] {
			if i == len(words)-2 {
				list += " or " + quote(w)
			} else {
				list += ", " + quote(w)
			}
		}
		return mistake("PB010", hint, "%s should be %s, but is %s", name, list, show(s))
	}
}
