package integration

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// dist is a small distribution that a test makes.
type dist struct {
	name, version string
	requires      []string
	files         map[string]string // of the wheel; a module of its name if nil
	tag           string            // of the wheel, py3-none-any if empty
	sdist         bool              // a source archive, with a backend of its own
}

func (d dist) file() string {
	if d.sdist {
		return d.name + "-" + d.version + ".tar.gz"
	}
	tag := d.tag
	if tag == "" {
		tag = "py3-none-any"
	}
	return d.name + "-" + d.version + "-" + tag + ".whl"
}

func (d dist) metadata() string {
	text := "Metadata-Version: 2.1\nName: " + d.name + "\nVersion: " + d.version + "\n"
	for _, r := range d.requires {
		text += "Requires-Dist: " + r + "\n"
	}
	return text
}

// bytes is the wheel or the archive, the same every time.
func (d dist) bytes(t *testing.T) []byte {
	t.Helper()
	if d.sdist {
		return d.archive(t)
	}
	files := d.files
	if files == nil {
		files = map[string]string{d.name + ".py": "VERSION = '" + d.version + "'\n"}
	}
	info := d.name + "-" + d.version + ".dist-info/"
	all := map[string]string{
		info + "METADATA": d.metadata(),
		info + "WHEEL":    "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
	}
	for name, text := range files {
		all[name] = text
	}
	record := ""
	for _, name := range sorted(all) {
		sum := sha256.Sum256([]byte(all[name]))
		record += fmt.Sprintf("%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(all[name]))
	}
	all[info+"RECORD"] = record + info + "RECORD,,\n"
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range sorted(all) {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(all[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// archive is a source distribution whose backend is in its own tree.
func (d dist) archive(t *testing.T) []byte {
	t.Helper()
	root := d.name + "-" + d.version + "/"
	files := map[string]string{
		root + "PKG-INFO":       d.metadata(),
		root + "pyproject.toml": strings.NewReplacer(`"probe"`, `"`+d.name+`"`, `"1"`, `"`+d.version+`"`).Replace(probeManifest),
		root + "backend.py":     strings.NewReplacer("probe-1", d.name+"-"+d.version, "Name: probe", "Name: "+d.name, "Version: 1", "Version: "+d.version, "probe.", d.name+".").Replace(backend),
	}
	for name, text := range d.files {
		files[root+name] = text
	}
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	w := tar.NewWriter(z)
	for _, name := range sorted(files) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// index is a package index (PEP 503) on the loopback interface. URL has a path of its own, since
// engines and uv remember files by where they were, and ports come round again.
type index struct {
	*httptest.Server
	// user and password are asked for, if set.
	user, password string
	// immutable files are never asked for again, as those of PyPI: uv asks for others each time.
	immutable bool
	// fault answers instead of the index, if it reports that it did.
	fault atomic.Pointer[fault]

	path  string
	files map[string]map[string][]byte // by project, by file name
}

func newIndex(t *testing.T, dists ...dist) *index {
	t.Helper()
	ix := &index{files: map[string]map[string][]byte{}}
	for _, d := range dists {
		name := strings.ReplaceAll(d.name, "_", "-")
		if ix.files[name] == nil {
			ix.files[name] = map[string][]byte{}
		}
		ix.files[name][d.file()] = d.bytes(t)
	}
	ix.path = "/" + strings.ToLower(rand.Text()[:8])
	ix.Server = httptest.NewServer(http.StripPrefix(ix.path, ix))
	ix.URL += ix.path
	t.Cleanup(ix.Close)
	return ix
}

// secure has the index answer over TLS alone, with a certificate of ca's.
func (ix *index) secure(t *testing.T, ca authority) {
	t.Helper()
	ix.Server = ca.serve(t, http.StripPrefix(ix.path, ix))
	ix.URL += ix.path
}

// breaks has the index fail from now on, or work again for nil.
func (ix *index) breaks(f fault) {
	ix.fault.Store(&f)
	if f == nil {
		ix.fault.Store(nil)
	}
}

// simple is the URL to write into a project.
func (ix *index) simple() string { return ix.URL + "/simple" }

// address is the host and the port.
func (ix *index) address() string { return ix.Listener.Addr().String() }

// hash is "sha256:..." of a file.
func (ix *index) hash(file string) string {
	for _, files := range ix.files {
		if data, ok := files[file]; ok {
			sum := sha256.Sum256(data)
			return "sha256:" + hex.EncodeToString(sum[:])
		}
	}
	return ""
}

func (ix *index) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if user, password, _ := r.BasicAuth(); ix.password != "" && (user != ix.user || password != ix.password) {
		w.Header().Set("WWW-Authenticate", `Basic realm="index"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	if f := ix.fault.Load(); f != nil && (*f)(w, r) {
		return
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(parts) == 2 && parts[0] == "simple" && ix.files[parts[1]] != nil:
		w.Header().Set("Content-Type", "text/html")
		for _, file := range sorted(ix.files[parts[1]]) {
			_, _ = fmt.Fprintf(w, "<a href=\"../../files/%s/%s#%s\">%s</a>\n", parts[1], file, strings.Replace(ix.hash(file), ":", "=", 1), file)
		}
	case len(parts) == 3 && parts[0] == "files" && ix.files[parts[1]][parts[2]] != nil:
		if ix.immutable {
			w.Header().Set("Cache-Control", "max-age=365000000, immutable, public")
		}
		_, _ = w.Write(ix.files[parts[1]][parts[2]])
	default:
		http.NotFound(w, r)
	}
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
