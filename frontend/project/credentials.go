package project

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// hideCredentials masks every text that an error may show.
func hideCredentials(err error) error {
	err = diag.Few(err)
	for _, e := range diag.All(err) {
		e.Source, e.Message, e.Hint = diag.Mask(e.Source), diag.MaskText(e.Message), diag.MaskText(e.Hint)
		if e.Err != nil && diag.HasCredential(e.Err.Error()) {
			e.Err = errors.New(diag.MaskText(e.Err.Error()))
		}
	}
	return err
}

// credentialMistake is the error for a URL with a credential. It does not quote
// the URL: error messages end in build logs.
func credentialMistake(at plan.Location, source []byte, hint string) *diag.Error {
	return &diag.Error{Code: "PB601", At: at, Source: diag.Mask(source), Hint: hint,
		Message: "this URL holds a credential, and whoever reads the file or the image's build record reads it too"}
}

// loginHint says where the credential of a line of requirements belongs. In the URL of an
// index uv takes it out of what it locks, in that of a package or a repository it does not.
func loginHint(line string) string {
	if !strings.HasPrefix(line, "-") || strings.HasPrefix(line, "-e") || strings.HasPrefix(line, "--editable") {
		return "leave it out, revoke it, and pass another one with --secret id=netrc,src=$HOME/.netrc, or for a repository with --secret id=GIT_AUTH_TOKEN"
	}
	return "write it as ${NAME}, or pass it as a build secret, and revoke the one in the file"
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
	for _, index := range f.Indexes() {
		if text := index.Name + index.URL; strings.ContainsFunc(text, notInPath) {
			errs = append(errs, &diag.Error{Code: "PB705", At: index.At, Hint: "write it anew",
				Message: fmt.Sprintf("the index %q holds a character that nobody sees, or a line", index.Name)})
		}
	}
	for _, index := range f.toolIndexes() {
		if diag.HasCredential(index.URL) {
			errs = append(errs, credentialMistake(index.At, f.indexSource(), toolHint))
		}
	}
	if f.Pylock != nil {
		errs = append(errs, checkLockCredentials(f.Pylock.File.Name, f.Pylock.File.Data, pylockHint))
	}
	if f.Script != nil {
		errs = append(errs, checkLockCredentials(f.Script.Name, f.Script.File.Data, indexHint))
	}
	if f.ScriptLock != nil {
		errs = append(errs, f.ScriptLock.checkCredentials())
	}
	return errors.Join(errs...)
}

// warnOfCredentials looks at the rest of the manifests, which an install does not
// read, or only as a program, but everybody else may.
func (f *Facts) warnOfCredentials(fsys fs.FS) {
	texts := map[string][]byte{}
	if f.Pyproject != nil {
		texts[f.Pyproject.File.Name] = f.Pyproject.File.Data
	}
	for _, member := range f.Members {
		texts[member.File.Name] = member.File.Data
	}
	for _, name := range []string{"setup.cfg", "setup.py", PipfileFile} {
		if data, err := fs.ReadFile(fsys, path.Join(f.Dir, name)); err == nil {
			texts[path.Join(f.Dir, name)] = data
		}
	}
	for _, name := range sortedKeys(texts) {
		var e *diag.Error
		if errors.As(checkLockCredentials(name, texts[name], "take it out, and revoke it"), &e) {
			f.Warnings = append(f.Warnings, diag.Warning{Rule: "CredentialInURL", At: e.At, Source: e.Source, Message: e.Message, Hint: e.Hint})
		}
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
		if diag.HasCredential(url) {
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
