package diag

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pybuild/pybuild/llb/plan"
)

// userInfo finds the user part of a URL (RFC 3986, 3.2.1). Whatever the secret
// is, it ends at the last @ before the path.
var userInfo = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://([^\s/"'<>?#]*)@`)

// userInfos are the user parts of the URLs in a text. Few texts have any, and most are
// locks of megabytes: what says so is faster than the expression.
func userInfos(text []byte) [][]int {
	if scheme := bytes.Index(text, []byte("://")); scheme < 0 || bytes.LastIndexByte(text, '@') < scheme {
		return nil
	}
	return userInfo.FindAllSubmatchIndex(text, -1)
}

// token matches user names that are secrets by themselves: forges take a token
// with no password.
var token = regexp.MustCompile(`^(gh[a-z]_|github_pat_|glpat-|pypi-|[A-Za-z0-9_-]{36,}$)`)

// variable is a reference to the environment.
var variable = regexp.MustCompile(`\$\{[A-Za-z0-9_]+\}`)

// credential returns the part of a URL's user info that nobody else should
// read, or "" if there is none. References to the environment and stars, which
// uv writes for what it has hidden, are no secrets.
func credential(user string) string {
	name, password, _ := strings.Cut(user, ":")
	secret := password
	if secret == "" && token.MatchString(name) {
		secret = name
	}
	if strings.Trim(variable.ReplaceAllString(secret, ""), "*") == "" {
		return ""
	}
	return secret
}

// Credential finds the first URL with a credential, and returns where its scheme
// begins and its user info ends; ok is false where there is none.
func Credential(text []byte) (start, end int, ok bool) {
	for _, m := range userInfos(text) {
		if credential(string(text[m[2]:m[3]])) != "" {
			return m[0], m[1], true
		}
	}
	return 0, 0, false
}

// HasCredential reports whether text holds a URL with a credential.
func HasCredential(text string) bool {
	_, _, ok := Credential([]byte(text))
	return ok
}

// Mask is a text that can be shown: the credentials of URLs are stars of the same
// length, and what a terminal would obey is question marks, so that places in the text
// stay right. Text without any is returned as it is.
//
// A question mark ends the user part of a URL, so what has one then is looked for again.
func Mask(text []byte) []byte { return withoutCredentials(tame(withoutCredentials(text))) }

// tame replaces what is hidden, but for the ends of lines.
func tame(text []byte) []byte {
	var tamed []byte
	for next := 0; next < len(text); {
		i := next
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		next += size
		if r == '\r' && next < len(text) && text[next] == '\n' || !plan.Hidden(r) {
			continue
		}
		if tamed == nil {
			tamed = bytes.Clone(text)
		}
		for ; i < next; i++ {
			tamed[i] = '?'
		}
	}
	if tamed == nil {
		return text
	}
	return tamed
}

func withoutCredentials(text []byte) []byte {
	var masked []byte
	for _, m := range userInfos(text) {
		secret := credential(string(text[m[2]:m[3]]))
		if secret == "" {
			continue
		}
		if masked == nil {
			masked = bytes.Clone(text)
		}
		// The secret is the user info's end, or all of it.
		for i := m[3] - len(secret); i < m[3]; i++ {
			masked[i] = '*'
		}
	}
	if masked == nil {
		return text
	}
	return masked
}

// MaskText is Mask for messages, in which what is hidden can be told.
func MaskText(text string) string { return plan.Printable(string(withoutCredentials([]byte(text)))) }
