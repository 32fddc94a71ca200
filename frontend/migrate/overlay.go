package migrate

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"time"
)

// overlay is a project with one file as it is going to be.
type overlay struct {
	fs.FS
	name string
	data []byte
}

func (o overlay) ReadFile(name string) ([]byte, error) {
	if name == o.name {
		return slices.Clone(o.data), nil
	}
	return fs.ReadFile(o.FS, name)
}

func (o overlay) Stat(name string) (fs.FileInfo, error) {
	if name == o.name {
		return info{o}, nil
	}
	return fs.Stat(o.FS, name)
}

func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(o.FS, name) }

func (o overlay) Open(name string) (fs.File, error) {
	if name != o.name {
		return o.FS.Open(name)
	}
	return &file{bytes.NewReader(o.data), o}, nil
}

type file struct {
	*bytes.Reader
	o overlay
}

func (f *file) Stat() (fs.FileInfo, error) { return info{f.o}, nil }

func (f *file) Close() error { return nil }

type info struct{ o overlay }

func (i info) Name() string { return path.Base(i.o.name) }

func (i info) Size() int64 { return int64(len(i.o.data)) }

func (i info) Mode() fs.FileMode { return 0o644 }

func (i info) ModTime() time.Time { return time.Time{} }

func (i info) IsDir() bool { return false }

func (i info) Sys() any { return nil }
