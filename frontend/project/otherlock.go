package project

import (
	"bytes"
	"io/fs"
	"path"
	"time"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// readForeignLock turns the lock of another tool into requirements with its
// versions and hashes, which uv installs.
func (f *Facts) readForeignLock(fsys fs.FS, c Choice) error {
	lock, err := f.parseForeignLock(fsys)
	if err != nil {
		return err
	}
	warnings, err := lock.Stale()
	if err != nil {
		return err
	}
	f.Warnings = append(f.Warnings, warnings...)
	f.OtherLock = lock
	set, err := lock.Set(c.Selection())
	if err != nil {
		return err
	}
	text, err := set.Requirements()
	if err != nil {
		return err
	}
	f.Warnings = append(f.Warnings, set.Warnings...)
	for _, url := range set.Indexes() {
		text = append([]byte("--extra-index-url "+url+"\n"), text...)
	}
	for _, p := range set.LocalSources() {
		if p == "." {
			continue // the project itself, of which its manifest tells
		}
		f.Locals = append(f.Locals, Local{Path: p, Archive: isArchive(p)})
	}
	f.Generated = string(text)
	f.Requirements, err = ParseRequirements(oneFile{"requirements.txt", text}, "requirements.txt")
	return err
}

func (f *Facts) parseForeignLock(fsys fs.FS) (OtherLock, error) {
	data, err := fs.ReadFile(fsys, f.InputFile)
	if err != nil {
		return nil, Unreadable(f.InputFile, err)
	}
	switch f.Input {
	case InputPoetry, InputPDM:
		if f.Pyproject == nil {
			return nil, &diag.Error{Code: "PB102", At: plan.Location{File: f.InputFile}, Message: f.InputFile + " is there, but pyproject.toml is not",
				Hint: "check that pyproject.toml is in the build context and that .dockerignore does not exclude it"}
		}
		if f.Input == InputPDM {
			return orNil(ParsePdmLock(f.InputFile, data, f.Pyproject))
		}
		return orNil(ParsePoetryLock(f.InputFile, data, f.Pyproject))
	default:
		var pipfile *Pipfile
		if text, err := readFile(fsys, PipfileFile); err != nil {
			return nil, err
		} else if text != nil {
			if pipfile, err = ParsePipfile(PipfileFile, text); err != nil {
				return nil, err
			}
		}
		f.Pipfile = pipfile
		return orNil(ParsePipfileLock(f.InputFile, data, pipfile))
	}
}

// orNil keeps a nil lock from becoming an interface that is not nil.
func orNil[L OtherLock](lock L, err error) (OtherLock, error) {
	if err != nil {
		return nil, err
	}
	return lock, nil
}

// readScript reads the metadata of a script (PEP 723), and its lock.
func (f *Facts) readScript(fsys fs.FS) error {
	data, err := fs.ReadFile(fsys, f.InputFile)
	if err != nil {
		return Unreadable(f.InputFile, err)
	}
	if f.Script, err = ParseInlineScript(f.InputFile, data); err != nil {
		return err
	}
	if f.Script == nil {
		return &diag.Error{Code: "PB118", At: plan.Location{File: f.InputFile}, Message: f.InputFile + " has no inline metadata (PEP 723)",
			Hint: "write it with: uv add --script " + f.InputFile + " PACKAGE"}
	}
	name := f.InputFile + ".lock"
	lock, err := readFile(fsys, name)
	if lock == nil {
		return err
	}
	if f.ScriptLock, err = ParseUVLock(name, lock); err != nil {
		return err
	}
	return f.Script.CheckStale(f.ScriptLock)
}

// HasInlineMetadata reports whether a script says what it needs. What is wrong
// with it is reported when it is read.
func HasInlineMetadata(fsys fs.FS, name string) bool {
	if path.Ext(name) != ".py" {
		return false
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return false
	}
	script, err := ParseInlineScript(name, data)
	return script != nil || err != nil
}

// oneFile is a file system of one file that planning wrote.
type oneFile struct {
	name string
	data []byte
}

func (o oneFile) Open(name string) (fs.File, error) {
	if name != o.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &openFile{Reader: bytes.NewReader(o.data), info: o}, nil
}

type openFile struct {
	*bytes.Reader
	info oneFile
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

func (o oneFile) Name() string       { return path.Base(o.name) }
func (o oneFile) Size() int64        { return int64(len(o.data)) }
func (o oneFile) Mode() fs.FileMode  { return 0o444 }
func (o oneFile) ModTime() time.Time { return time.Time{} }
func (o oneFile) IsDir() bool        { return false }
func (o oneFile) Sys() any           { return nil }
