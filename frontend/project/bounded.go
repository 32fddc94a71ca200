package project

import (
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// What is read of a project: more than any has, and little enough that a stranger's files
// take seconds and a known amount of memory.
const (
	// MaxFile is how large a file may be. The gateway gives none of more than 16 MiB.
	MaxFile = 16_000_000
	// maxRead is how much is read of all files together.
	maxRead = 64_000_000
	// maxLooks is how many names are looked at, in directories and for patterns.
	maxLooks = 1_000_000
)

const limitHint = "look where it comes from; if it is yours, and is needed, tell the makers of pybuild"

// bounded refuses to read more of a file system than the limits allow. The builds of
// several platforms read at the same time.
type bounded struct {
	fs.FS
	read, looks atomic.Int64
}

var (
	_ fs.ReadFileFS = (*bounded)(nil)
	_ fs.ReadDirFS  = (*bounded)(nil)
	_ fs.StatFS     = (*bounded)(nil)
)

// Bounded is a file system of which no more is read than the limits allow, in all that
// is done with it.
func Bounded(fsys fs.FS) fs.FS {
	if b, ok := fsys.(*bounded); ok {
		return b
	}
	return &bounded{FS: fsys}
}

// TooLarge is the mistake of a file that is larger than what is read.
func TooLarge(name string, size, limit int64) error {
	return &diag.Error{Code: "PB702", At: plan.Location{File: name}, Hint: limitHint,
		Message: fmt.Sprintf("%s is %s large, and no more than %s of it are read", name, plan.Megabytes(size), plan.Megabytes(limit))}
}

func (b *bounded) look(name string, n int) error {
	if b.looks.Add(int64(n)) > maxLooks {
		return &diag.Error{Code: "PB703", At: plan.Location{File: name}, Hint: limitHint,
			Message: fmt.Sprintf("more than %d names of files would be looked at to read the project", maxLooks)}
	}
	return nil
}

// Open looks at a file first: opening a pipe would wait for somebody to write into it.
func (b *bounded) Open(name string) (fs.File, error) {
	if err := b.plain(name); err != nil {
		return nil, err
	}
	return b.FS.Open(name)
}

func (b *bounded) Stat(name string) (fs.FileInfo, error) {
	if err := b.look(name, 1); err != nil {
		return nil, err
	}
	return fs.Stat(b.FS, name)
}

func (b *bounded) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(b.FS, name)
	if err == nil {
		err = b.look(name, 1+len(entries))
	}
	return entries, err
}

// plain refuses devices, pipes and sockets, and what is too large.
func (b *bounded) plain(name string) error {
	info, err := b.Stat(name)
	switch {
	case err != nil:
		return err
	case info.Mode()&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket|fs.ModeIrregular) != 0:
		return &fs.PathError{Op: "open", Path: name, Err: errors.New("not a plain file")}
	case info.Mode().IsRegular() && info.Size() > MaxFile:
		return TooLarge(name, info.Size(), MaxFile)
	}
	return nil
}

func (b *bounded) ReadFile(name string) ([]byte, error) {
	if err := b.plain(name); err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(b.FS, name)
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, TooLarge(name, int64(len(data)), MaxFile)
	}
	if b.read.Add(int64(len(data))) > maxRead {
		return nil, &diag.Error{Code: "PB702", At: plan.Location{File: name}, Hint: limitHint,
			Message: fmt.Sprintf("the files of the project that are read are more than %s together", plan.Megabytes(maxRead))}
	}
	return data, nil
}

// Unreadable is the mistake of a file that is there and cannot be read; one of a limit
// says so itself.
func Unreadable(name string, err error) error {
	var limit *diag.Error
	if errors.As(err, &limit) {
		return limit
	}
	if errors.Is(err, fs.ErrPermission) {
		return &diag.Error{Code: "PB101", At: plan.Location{File: name}, Message: "cannot read " + name + ": permission denied", Err: err, Hint: "let the user of the container read it"}
	}
	return &diag.Error{Code: "PB101", At: plan.Location{File: name}, Message: "cannot read " + name, Err: err,
		Hint: "it should be a plain file in the build context, and no directory or link to elsewhere"}
}

// maxListed is how many packages a lock may have, or requirements a project.
const maxListed = 20_000

// tooMany is the mistake of a list that is longer than what is read.
func tooMany(at plan.Location, source []byte, what string, n int) error {
	if n <= maxListed {
		return nil
	}
	return &diag.Error{Code: "PB703", At: at, Source: source, Hint: limitHint,
		Message: fmt.Sprintf("%s has %s, and no more than %d are read", at.File, plan.Count(n, what), maxListed)}
}
