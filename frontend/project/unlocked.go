package project

import (
	"io/fs"
	"slices"
)

// Unlocked is a project without the locks that it has, for whoever writes a fresh one.
func Unlocked(fsys fs.FS) fs.FS { return unlocked{fsys} }

type unlocked struct{ fs.FS }

func (u unlocked) Open(name string) (fs.File, error) {
	if slices.Contains([]string{UVLockFile, "pylock.toml", PoetryLockFile, PdmLockFile, PipfileLockFile}, name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return u.FS.Open(name)
}
