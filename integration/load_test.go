package integration

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"
)

// bigFile is the size of a file that takes no room on the client's disk.
const bigFile = 2 << 30

// bigContext is a project with a file of 2 GB beside its code.
func bigContext(t *testing.T, more string) string {
	t.Helper()
	dir := project(t, map[string]string{"pybuild.toml": job + more, "job.py": "print(1)\n", "unique.txt": t.TempDir()})
	f, err := os.Create(filepath.Join(dir, "model.bin"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(bigFile), f.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestBigContext has 2 GB in the context that the image does not get: none of it is sent.
func TestBigContext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config, ignore string
		attrs          map[string]string
	}{
		"ignored":      {"", "*.bin\n", nil},
		"not included": {"[runtime]\ninclude = [\"job.py\"]\n", "", nil},
		"excluded":     {"[runtime]\nexclude = [\"*.bin\"]\n", "", nil},
		"planned only": {"", "", map[string]string{"requestid": "frontend.outline"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := bigContext(t, c.config)
			if c.ignore != "" {
				write(t, filepath.Join(dir, ".dockerignore"), c.ignore)
			}
			tr := build{dir: dir, attrs: c.attrs}.must(t)
			if tr.sent == 0 || tr.sent > 1<<20 {
				t.Errorf("%d bytes were sent", tr.sent)
			}
		})
	}
}

// TestBigLoad gives an engine of its own what is large, and holds what the frontend takes to
// docs/reliability.md: 2 GB of context that the image does get, a lock of 500 packages, and one
// of 5,000.
func TestBigLoad(t *testing.T) {
	heavy(t)
	ofScript, ofContext := memoryOnPage(t, "a script"), memoryOnPage(t, "2 GB in the context that the image does get")
	ofMany, ofMost := memoryOnPage(t, "a lock of 500 packages"), memoryOnPage(t, "a lock of 5,000 packages")
	image := frontendImage(t)
	o := ownBuildkitd(t, "", "", "").start()
	small := project(t, map[string]string{"pybuild.toml": job, "job.py": "print(1)\n"})
	ofScript.holds(t, 0, throughImage(t, o, image, small, nil, nil))

	dir, size := bigContext(t, ""), int64(0)
	peak := throughImage(t, o, image, dir, nil, func(h *tar.Header) {
		if h.Name == "app/model.bin" {
			size = h.Size
		}
	})
	if size != bigFile {
		t.Errorf("the file of the image has %d bytes", size)
	}
	ofContext.holds(t, 0, peak)

	tag := fmt.Sprint(rand.Uint32())
	dists := make([]dist, 500)
	for i := range dists {
		name := fmt.Sprintf("load%dx%s", i, tag)
		dists[i] = dist{name: name, version: "1.0", files: map[string]string{name + "/__init__.py": strings.Repeat("x = 1\n", 2000)}}
	}
	ix := newIndex(t, dists...)
	files := map[string]string{"pybuild.toml": job, "job.py": "print(1)\n", "pylock.toml": ix.pylock(t, dists...)}
	dir = project(t, files)
	modules := map[string]bool{}
	peak = throughImage(t, o, image, dir, nil, func(h *tar.Header) {
		if strings.HasPrefix(h.Name, sitePackages+"load") && strings.HasSuffix(h.Name, "/__init__.py") {
			modules[h.Name] = true
		}
	})
	if len(modules) != len(dists) {
		t.Errorf("the image has %d packages of %d", len(modules), len(dists))
	}
	ofMany.holds(t, 0, peak)
	note(t, filepath.Join(dir, "job.py"), "print(2)\n")
	if tr := (build{dir: dir, host: o.addr}).must(t); tr.ran(tr.step(t, "[packages] install")) {
		t.Error("a changed line of code installs packages")
	}

	var large strings.Builder
	large.WriteString(files["pylock.toml"])
	for i := range 4500 {
		fmt.Fprintf(&large, "[[packages]]\nname = \"other%d\"\nversion = \"1.0\"\nmarker = \"sys_platform == 'none'\"\nwheels = [", i)
		for j := range 16 {
			fmt.Fprintf(&large, "{ url = \"%s/files/other%d/other%d-1.0-cp3%d-cp3%d-manylinux_2_28_x86_64.whl\", hashes = { sha256 = \"%064d\" } },\n", ix.URL, i, i, j, j, j)
		}
		large.WriteString("]\n")
	}
	files["pylock.toml"] = large.String()
	if size := fmt.Sprintf(" %d MB of text", large.Len()>>20); !strings.Contains(ofMost.row, size) {
		t.Errorf("the lock has%s: %s", size, ofMost.row)
	}
	for i, request := range []string{"frontend.explain", "frontend.outline"} {
		ofMost.holds(t, i, throughImage(t, o, image, project(t, files), map[string]string{"requestid": request}, nil))
	}
}

// memory is what a row of docs/reliability.md says that the frontend takes, in MB.
type memory struct {
	row     string
	figures []int64
}

// memoryOnPage reads the row that begins with a text.
func memoryOnPage(t *testing.T, begin string) memory {
	t.Helper()
	page, err := os.ReadFile(filepath.Clean("../docs/reliability.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(page), "\n") {
		if !strings.HasPrefix(line, "| "+begin) {
			continue
		}
		m, cells := memory{row: line}, strings.Split(strings.TrimSuffix(line, " |"), " | ")
		for _, found := range regexp.MustCompile(`(\d+) MB`).FindAllStringSubmatch(cells[len(cells)-1], -1) {
			n, err := strconv.ParseInt(found[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			m.figures = append(m.figures, n)
		}
		if len(m.figures) > 0 {
			return m
		}
	}
	t.Fatalf("docs/reliability.md has no memory for %q", begin)
	return memory{}
}

// holds wants no more than half as much again as the page says, or 20 MB: Go's collector comes
// later on a busy machine.
func (m memory) holds(t *testing.T, i int, peak int64) {
	t.Helper()
	said := m.figures[i]
	t.Logf("%d MB: %s", peak>>20, m.row)
	if peak>>20 > said+max(said/2, 20) {
		t.Errorf("the frontend takes %d MB, and the page says %d MB: %s", peak>>20, said, m.row)
	}
}

// throughImage builds a directory with the frontend's image on an engine of the test's
// own, looks at what the image gets, and returns the most memory that the frontend took.
func throughImage(t *testing.T, o *owned, image, dir string, attrs map[string]string, look func(*tar.Header)) int64 {
	t.Helper()
	local, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	opt := client.SolveOpt{
		Frontend: "gateway.v0", FrontendAttrs: map[string]string{"source": image, "filename": "pybuild.toml"},
		LocalMounts: map[string]fsutil.FS{"context": local, "dockerfile": local},
	}
	for k, v := range attrs {
		opt.FrontendAttrs[k] = v
	}
	read := make(chan error, 1)
	if look == nil {
		read <- nil
	} else {
		r, w := io.Pipe()
		opt.Exports = []client.ExportEntry{{Type: client.ExporterTar, Output: func(map[string]string) (io.WriteCloser, error) { return w, nil }}}
		go func() {
			err := headers(r, look)
			// What follows the archive's end has to be taken, too.
			_, _ = io.Copy(io.Discard, r)
			read <- err
		}()
	}
	stop := o.watch("/pybuild")
	_, err = engineAt(t, o.addr).Solve(context.Background(), nil, opt, nil)
	peak := stop()
	if err != nil {
		t.Fatal(err)
	}
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	if peak == 0 {
		t.Error("the frontend was not seen")
	}
	return peak
}

// headers calls a function for each file of an archive.
func headers(r io.Reader, look func(*tar.Header)) error {
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		h.Name = strings.TrimPrefix(h.Name, "./")
		look(h)
	}
}
