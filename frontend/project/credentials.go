package project

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// userInfo finds the user part of a URL (RFC 3986, 3.2.1). Whatever the secret
// is, it ends at the last @ before the path.
var userInfo = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://([^\s/"'<>?#]*)@`)

// token matches user names that are secrets by themselves: forges take a token
// with no password.
var token = regexp.MustCompile(`^(gh[a-z]_|github_pat_|glpat-|pypi-|[A-Za-z0-9_-]{36,}$)`)

// credential returns the part of a URL's user info that nobody else should
// read, or "" if there is none. References to the environment and stars, which
// uv writes for what it has hidden, are no secrets.
func credential(user string) string {
	name, password, _ := strings.Cut(user, ":")
	secret := password
	if secret == "" && token.MatchString(name) {
		secret = name
	}
	if strings.Trim(envVar.ReplaceAllString(secret, ""), "*") == "" {
		return ""
	}
	return secret
}

// hasCredential reports whether text holds a URL with a credential.
func hasCredential(text string) bool {
	for _, m := range userInfo.FindAllStringSubmatch(text, -1) {
		if credential(m[1]) != "" {
			return true
		}
	}
	return false
}

// maskBytes replaces credentials by stars of the same length, so that places
// in the text stay right. Text without credentials is returned as it is.
func maskBytes(text []byte) []byte {
	var masked []byte
	for _, m := range userInfo.FindAllSubmatchIndex(text, -1) {
		user := string(text[m[2]:m[3]])
		secret := credential(user)
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

// maskURL is maskBytes for messages.
func maskURL(text string) string { return string(maskBytes([]byte(text))) }

// hideCredentials masks every text that an error may show.
func hideCredentials(err error) error {
	for _, e := range diag.All(err) {
		e.Source, e.Message, e.Hint = maskBytes(e.Source), maskURL(e.Message), maskURL(e.Hint)
		if e.Err != nil && hasCredential(e.Err.Error()) {
			e.Err = errors.New(maskURL(e.Err.Error()))
		}
	}
	return err
}

// credentialMistake is the error for a URL with a credential. It does not quote
// the URL: error messages end in build logs.
func credentialMistake(at plan.Location, source []byte, hint string) *diag.Error {
	return &diag.Error{Code: "PB601", At: at, Source: maskBytes(source), Hint: hint,
		Message: "this URL holds a credential, and whoever reads the file or the image's build record reads it too"}
}

const (
	indexHint  = "name the index in [[tool.uv.index]], remove the credential from its URL and pass it as build secrets UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD"
	toolHint   = "remove the credential from the URL, and pass it as build secrets UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD, by the name of the source"
	pylockHint = "remove the credential from the URL, revoke it, and pass one as the build secret netrc"
	lockHint   = "remove the credential from the URL in pyproject.toml, revoke it, and run `uv lock` again"
)

// checkCredentials looks at the URLs that uv would use: those of uv.lock, and
// of the parts of pyproject.toml that hold sources.
func (f *Facts) checkCredentials() error {
	var errs []error
	if f.Lock != nil {
		errs = append(errs, f.Lock.checkCredentials())
	}
	if f.Pyproject != nil {
		errs = append(errs, f.Pyproject.checkCredentials())
	}
	for _, path := range sortedKeys(f.Members) {
		errs = append(errs, f.Members[path].checkCredentials())
	}
	for _, index := range f.toolIndexes() {
		if hasCredential(index.URL) {
			errs = append(errs, credentialMistake(index.At, f.indexSource(), toolHint))
		}
	}
	if f.Pylock != nil {
		errs = append(errs, checkLockCredentials(f.Pylock.File.Name, f.Pylock.File.Data, pylockHint))
	}
	if f.Script != nil {
		for _, index := range f.Script.Indexes {
			if hasCredential(index.URL) {
				errs = append(errs, credentialMistake(index.At, nil, indexHint))
			}
		}
	}
	err := errors.Join(errs...)
	if err == nil {
		f.warnOfCredentials()
	}
	return err
}

// warnOfCredentials looks at the rest of the manifest, which an install does not
// read, but everybody else may.
func (f *Facts) warnOfCredentials() {
	if f.Pyproject == nil {
		return
	}
	var e *diag.Error
	if errors.As(checkLockCredentials(f.Pyproject.File.Name, f.Pyproject.File.Data, "take it out, and revoke it"), &e) {
		f.Warnings = append(f.Warnings, diag.Warning{Rule: "CredentialInURL", At: e.At, Message: e.Message, Hint: e.Hint})
	}
}

// indexSource is the text that the indexes of another tool are in.
func (f *Facts) indexSource() []byte {
	if f.Pipfile != nil {
		return f.Pipfile.File.Data
	}
	return f.Pyproject.File.Data
}

// checkCredentials looks at the whole text, which holds no URL but those of
// packages, and reports the first: the others are most likely the same one.
func (l *UVLock) checkCredentials() error {
	return checkLockCredentials(l.File.Name, l.File.Data, lockHint)
}

func (p *Pyproject) checkCredentials() error {
	var errs []error
	check := func(url string, at plan.Location) {
		if hasCredential(url) {
			errs = append(errs, credentialMistake(at, p.File.Data, indexHint))
		}
	}
	for _, r := range p.requirements() {
		check(r.URL, r.At)
	}
	for _, name := range sortedKeys(p.Sources) {
		for _, s := range p.Sources[name] {
			check(s.Value, s.At)
		}
	}
	for _, index := range p.Indexes {
		check(index.URL, index.At)
	}
	return errors.Join(errs...)
}
