package frontend

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"sync"
	"time"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/pybuild/pybuild/frontend/project"
)

// tree is a solved reference as a file system. A missing file is an untyped
// error of the gateway, so directories are listed before a file is read.
type tree struct {
	ctx context.Context //nolint:containedctx // fs.FS has no other way to carry it
	ref func() (client.Reference, error)

	mu   sync.Mutex                          // guards dirs: the builds of several platforms read at the same time
	dirs map[string]map[string]*fstypes.Stat // by path and name
}

var (
	_ fs.ReadFileFS = (*tree)(nil)
	_ fs.ReadDirFS  = (*tree)(nil)
	_ fs.StatFS     = (*tree)(nil)
)

func newTree(ctx context.Context, ref client.Reference) *tree {
	return &tree{ctx: ctx, ref: func() (client.Reference, error) { return ref, nil }, dirs: map[string]map[string]*fstypes.Stat{}}
}

// lazily is the tree of a state that is solved when somebody looks into it: BuildKit 0.11
// ends a build that has solved what nobody read.
func (in *inputs) lazily(ctx context.Context, st bk.State) *tree {
	return &tree{ctx: ctx, dirs: map[string]map[string]*fstypes.Stat{}, ref: sync.OnceValues(func() (client.Reference, error) {
		return in.solve(ctx, st, in.buildPlatform())
	})}
}

// ReadFile returns the bytes of a file, at most the gateway's bound of 16 MiB.
func (t *tree) ReadFile(name string) ([]byte, error) {
	if _, err := t.Stat(name); err != nil {
		return nil, err
	}
	ref, err := t.ref()
	if err != nil {
		return nil, err
	}
	// A link may lead to a pipe, on which older engines would wait for ever.
	if st, err := ref.StatFile(t.ctx, client.StatRequest{Path: name}); err == nil {
		switch mode := os.FileMode(st.Mode); {
		case !mode.IsRegular():
			return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a plain file")}
		case st.Size > project.MaxFile:
			return nil, project.TooLarge(name, st.Size, project.MaxFile)
		}
	}
	return dockerui.ReadFile(t.ctx, ref, name)
}

// Stat describes a file without following symbolic links.
func (t *tree) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return info{&fstypes.Stat{Path: ".", Mode: uint32(os.ModeDir | 0o755)}}, nil
	}
	siblings, err := t.list(path.Dir(name))
	if err != nil {
		return nil, err
	}
	if s := siblings[path.Base(name)]; s != nil {
		return info{s}, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

// ReadDir lists a directory.
func (t *tree) ReadDir(name string) ([]fs.DirEntry, error) {
	stats, err := t.list(name)
	if err != nil {
		return nil, err
	}
	entries := make([]fs.DirEntry, 0, len(stats))
	for _, name := range slices.Sorted(maps.Keys(stats)) {
		entries = append(entries, fs.FileInfoToDirEntry(info{stats[name]}))
	}
	return entries, nil
}

// Open reads the whole of a file or directory.
func (t *tree) Open(name string) (fs.File, error) {
	stat, err := t.Stat(name)
	if err != nil {
		return nil, err
	}
	if stat.IsDir() {
		entries, err := t.ReadDir(name)
		return &openDir{info: stat, entries: entries}, err
	}
	data, err := t.ReadFile(name)
	return &openFile{info: stat, Reader: bytes.NewReader(data)}, err
}

func (t *tree) list(dir string) (map[string]*fstypes.Stat, error) {
	t.mu.Lock()
	stats, ok := t.dirs[dir]
	t.mu.Unlock()
	if ok {
		return stats, nil
	}
	if stat, err := t.Stat(dir); err != nil {
		return nil, err
	} else if !stat.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: dir, Err: fs.ErrNotExist}
	}
	ref, err := t.ref()
	if err != nil {
		return nil, err
	}
	found, err := ref.ReadDir(t.ctx, client.ReadDirRequest{Path: dir})
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: dir, Err: err}
	}
	stats = make(map[string]*fstypes.Stat, len(found))
	for _, s := range found {
		stats[path.Base(s.Path)] = s
	}
	t.mu.Lock()
	t.dirs[dir] = stats
	t.mu.Unlock()
	return stats, nil
}

type info struct{ stat *fstypes.Stat }

func (i info) Name() string       { return path.Base(i.stat.Path) }
func (i info) Size() int64        { return i.stat.Size }
func (i info) Mode() fs.FileMode  { return fs.FileMode(i.stat.Mode) }
func (i info) ModTime() time.Time { return time.Unix(0, i.stat.ModTime) }
func (i info) IsDir() bool        { return i.Mode().IsDir() }
func (i info) Sys() any           { return nil }

type openFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	info    fs.FileInfo
	entries []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error)   { return 0, fs.ErrInvalid }

// ReadDir returns the next n entries, all if n is not positive.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		rest := d.entries
		d.entries = nil
		return rest, nil
	}
	if len(d.entries) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.entries))
	next := d.entries[:n]
	d.entries = d.entries[n:]
	return next, nil
}
