package migrate

import "io/fs"

// memo is a file system whose files are read once: a proposal is planned many times, and
// what may be read of a project has limits.
type memo struct {
	fs.FS
	files map[string]answer[[]byte]
	stats map[string]answer[fs.FileInfo]
	dirs  map[string]answer[[]fs.DirEntry]
}

var (
	_ fs.ReadFileFS = (*memo)(nil)
	_ fs.ReadDirFS  = (*memo)(nil)
	_ fs.StatFS     = (*memo)(nil)
)

type answer[T any] struct {
	value T
	err   error
}

func remember(fsys fs.FS) *memo {
	return &memo{fsys, map[string]answer[[]byte]{}, map[string]answer[fs.FileInfo]{}, map[string]answer[[]fs.DirEntry]{}}
}

// once asks a question whose answer is not known.
func once[T any](known map[string]answer[T], name string, ask func() (T, error)) (T, error) {
	a, ok := known[name]
	if !ok {
		a.value, a.err = ask()
		known[name] = a
	}
	return a.value, a.err
}

func (m *memo) ReadFile(name string) ([]byte, error) {
	data, err := once(m.files, name, func() ([]byte, error) { return fs.ReadFile(m.FS, name) })
	return append([]byte(nil), data...), err
}

func (m *memo) Stat(name string) (fs.FileInfo, error) {
	return once(m.stats, name, func() (fs.FileInfo, error) { return fs.Stat(m.FS, name) })
}

func (m *memo) ReadDir(name string) ([]fs.DirEntry, error) {
	return once(m.dirs, name, func() ([]fs.DirEntry, error) { return fs.ReadDir(m.FS, name) })
}
