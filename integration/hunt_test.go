package integration

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/tonistiigi/fsutil"

	"github.com/pybuild/pybuild/frontend"
)

// hunt looks for secrets in everything that a build leaves or says.
type hunt struct {
	marker string // that every planted value has within
	// needles are the forms that a secret may have, by what they are.
	needles map[string][]byte
	said    string // the progress of the last build
}

// newHunt makes a marker that no other build has ever seen.
func newHunt(t *testing.T) *hunt {
	t.Helper()
	random := make([]byte, 9)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	h := &hunt{marker: "planted" + hex.EncodeToString(random), needles: map[string][]byte{}}
	h.seek("secret", h.marker)
	return h
}

// plant is a value with the marker within, and with characters that URLs, shells
// and JSON write in other ways.
func (h *hunt) plant(role string) string { return role + "/+%$'" + h.marker + "\"&=" + role }

// plain is a value that a netrc file, a URL and a shell take as it is.
func (h *hunt) plain(role string) string { return role + "." + h.marker + "." + role }

// seek adds a text to what is looked for, and the forms that it is commonly written in.
func (h *hunt) seek(what, text string) {
	h.needles[what] = []byte(text)
	h.needles[what+" in hexadecimal"] = []byte(hex.EncodeToString([]byte(text)))
	if escaped := url.QueryEscape(text); escaped != text {
		h.needles[what+" in a URL"] = []byte(escaped)
	}
	if escaped, err := json.Marshal(text); err == nil && string(escaped) != `"`+text+`"` {
		h.needles[what+" in JSON"] = escaped[1 : len(escaped)-1]
	}
	for shift := range 3 {
		// In base64 a text looks different by what is before it, and its first and
		// last characters share theirs with its neighbours.
		padded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + text))
		inner := padded[(8*shift+5)/6 : len(padded)-2]
		h.needles[fmt.Sprintf("%s in base64 (%d)", what, shift)] = []byte(inner)
		if safe := strings.NewReplacer("+", "-", "/", "_").Replace(inner); safe != inner {
			h.needles[fmt.Sprintf("%s in base64 for URLs (%d)", what, shift)] = []byte(safe)
		}
	}
}

// in reports each secret within some bytes, or within what they are an archive of.
func (h *hunt) in(t *testing.T, where string, data []byte) {
	t.Helper()
	for _, found := range h.look(where, data) {
		t.Error(found)
	}
}

// look tells of each secret, and of what cannot be opened.
func (h *hunt) look(where string, data []byte) []string {
	var found []string
	for what, needle := range h.needles {
		if i := bytes.Index(data, needle); i >= 0 {
			found = append(found, fmt.Sprintf("%s holds the %s: ...%q...", where, what, data[max(0, i-60):min(len(data), i+len(needle)+20)]))
		}
	}
	var plain []byte
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(data)); err == nil {
			plain, err = io.ReadAll(z)
		}
	case bytes.HasPrefix(data, []byte("\x28\xb5\x2f\xfd")):
		var z *zstd.Decoder
		if z, err = zstd.NewReader(bytes.NewReader(data)); err == nil {
			plain, err = io.ReadAll(z)
			z.Close()
		}
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		found = append(found, h.inZip(where, data)...)
	case len(data) > 262 && string(data[257:262]) == "ustar":
		found = append(found, h.inArchive(where, data)...)
	}
	if err != nil {
		found = append(found, fmt.Sprintf("%s: %v", where, err))
	}
	if plain != nil {
		found = append(found, h.look(where+", decompressed", plain)...)
	}
	return found
}

// inArchive looks into the compressed files and the archives of an archive; the others, and
// all names, were among its bytes.
func (h *hunt) inArchive(where string, data []byte) (found []string) {
	archive := tar.NewReader(bytes.NewReader(data))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			return append(found, fmt.Sprintf("%s: %v", where, err))
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			found = append(found, fmt.Sprintf("%s: %s: %v", where, header.Name, err))
		}
		for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "PK\x03\x04"} {
			if bytes.HasPrefix(content, []byte(magic)) {
				found = append(found, h.look(where+": "+header.Name, content)...)
			}
		}
	}
}

// inZip looks into all files of a zip, as wheels are; all names were among its bytes.
func (h *hunt) inZip(where string, data []byte) (found []string) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return []string{fmt.Sprintf("%s: %v", where, err)}
	}
	for _, file := range archive.File {
		r, err := file.Open()
		if err != nil {
			found = append(found, fmt.Sprintf("%s: %s: %v", where, file.Name, err))
			continue
		}
		content, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			found = append(found, fmt.Sprintf("%s: %s: %v", where, file.Name, err))
		}
		found = append(found, h.look(where+": "+file.Name, content)...)
	}
	return found
}

// TestHunt hides a secret in archives within archives, in the ways that layers, caches and
// wheels are packed.
func TestHunt(t *testing.T) {
	t.Parallel()
	h := newHunt(t)
	// What can be deflated is not there in the clear.
	text := []byte(strings.Repeat("a line of a file\n", 100) + h.plain("login"))
	zipped := func(name string, data []byte) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	tarred := func(name string, data []byte) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), Format: tar.FormatPAX})
		if err == nil {
			_, err = w.Write(data)
		}
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	compressed := func(data []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write(data)
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, data := range map[string][]byte{
		"a text":                          text,
		"a wheel":                         zipped("login.py", text),
		"a wheel in a layer":              tarred("root/login.whl", zipped("login.py", text)),
		"a wheel in a compressed layer":   compressed(tarred("root/login.whl", zipped("login.py", text))),
		"a wheel in a wheel":              zipped("bundled/login.whl", zipped("login.py", text)),
		"a source archive in a layer":     tarred("login.tar.gz", compressed(tarred("login.py", text))),
		"a source archive within a wheel": zipped("login.tar.gz", compressed(tarred("login.py", text))),
	} {
		if found := h.look(name, data); len(found) != 1 || !strings.Contains(found[0], "holds the secret: ") {
			t.Errorf("in %s is found %q", name, found)
		}
		if name != "a text" && bytes.Contains(data, []byte(h.marker)) {
			t.Errorf("%s shows it in the clear", name)
		}
	}
	if found := h.look("a wheel", zipped("clean.py", []byte("1"))); len(found) > 0 {
		t.Errorf("in a clean wheel is found %q", found)
	}
	if found := h.look("a broken wheel", zipped("clean.py", text)[:60]); len(found) != 1 {
		t.Errorf("of a broken wheel is said %q", found)
	}
}

// below looks into all files below a directory.
func (h *hunt) below(t *testing.T, where, dir string) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		found++
		name, _ := filepath.Rel(dir, path)
		h.in(t, where+"/"+name, data)
		return err
	})
	if err != nil || found == 0 {
		t.Errorf("%s: %d files, %v", where, found, err)
	}
}

// heard is what a build said while it ran, and the graphs that it gave to the engine.
type heard struct {
	gateway.Client
	mu     sync.Mutex
	graphs bytes.Buffer
}

func (c *heard) BuildOpts() gateway.BuildOpts { return c.Client.BuildOpts() }

// Solve keeps each graph as the engine gets it.
func (c *heard) Solve(ctx context.Context, req gateway.SolveRequest) (*gateway.Result, error) {
	c.mu.Lock()
	for _, op := range req.Definition.GetDef() {
		c.graphs.Write(op)
	}
	if data, err := req.Definition.Marshal(); err == nil {
		c.graphs.Write(data)
	}
	c.graphs.WriteString(fmt.Sprint(req.FrontendOpt))
	c.mu.Unlock()
	return c.Client.Solve(ctx, req)
}

// through builds with everything kept: the image with all attestations, the cache with
// all steps, the progress, the graphs and the error; then it looks into all of it.
// The error is the build's.
func (h *hunt) through(t *testing.T, dir string, attrs map[string]string, offered []session.Attachable) error {
	t.Helper()
	c := engine(t)
	local, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	kept := t.TempDir()
	opt := client.SolveOpt{
		FrontendAttrs: map[string]string{
			"filename": "pybuild.toml", "attest:provenance": "mode=max", "build-arg:BUILDKIT_CACHE_MOUNT_NS": h.namespace(),
		},
		LocalMounts:  map[string]fsutil.FS{"context": local, "dockerfile": local},
		Session:      offered,
		CacheExports: []client.CacheOptionsEntry{{Type: "local", Attrs: map[string]string{"dest": filepath.Join(kept, "cache"), "mode": "max", "compression": "uncompressed", "force-compression": "true"}}},
		Exports: []client.ExportEntry{{
			Type: client.ExporterOCI, Attrs: map[string]string{"compression": "uncompressed", "annotation.example": "1"},
			Output: func(map[string]string) (io.WriteCloser, error) { return os.Create(filepath.Join(kept, "image.tar")) },
		}},
	}
	if attrs == nil {
		opt.FrontendAttrs["attest:sbom"] = ""
	}
	maps.Copy(opt.FrontendAttrs, attrs)
	var said bytes.Buffer
	status, done := make(chan *client.SolveStatus), make(chan struct{})
	go func() {
		defer close(done)
		for s := range status {
			for _, v := range s.Vertexes {
				fmt.Fprintln(&said, v.Name, v.Error)
			}
			for _, l := range s.Logs {
				said.Write(l.Data)
			}
			for _, w := range s.Warnings {
				fmt.Fprintf(&said, "%s %s %s\n", w.Short, w.Detail, w.URL)
				if w.SourceInfo != nil {
					said.Write(w.SourceInfo.Data)
				}
			}
		}
	}()
	var graphs *heard
	var meta map[string][]byte
	var caches []byte
	res, err := c.Build(context.Background(), opt, "", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		graphs = &heard{Client: g}
		res, err := frontend.Build(ctx, graphs)
		if res != nil {
			meta = res.Metadata
			if err = res.EachRef(func(ref gateway.Reference) error { return ref.Evaluate(ctx) }); err != nil {
				return nil, err
			}
		}
		if attrs == nil {
			var failed error
			if caches, failed = h.caches(ctx, g); failed != nil {
				return nil, failed
			}
		}
		return res, err
	}, status)
	<-done
	h.in(t, "the progress", said.Bytes())
	h.said = said.String()
	if graphs != nil {
		h.in(t, "the graph", graphs.graphs.Bytes())
	}
	for name, data := range meta {
		h.in(t, "the result's "+name, data)
	}
	h.in(t, "the caches", caches)
	if res != nil {
		h.in(t, "the exporter's response", []byte(fmt.Sprint(res.ExporterResponse)))
	}
	if err != nil {
		h.in(t, "the error", []byte(fmt.Sprintf("%v\n%+v\n%#v", err, err, err)))
		return err
	}
	if attrs == nil {
		archive, err := os.ReadFile(filepath.Join(kept, "image.tar"))
		if err != nil {
			t.Fatal(err)
		}
		h.in(t, "the image", archive)
		for _, within := range []string{"in-toto", "slsa.dev/provenance", "spdxVersion", "rootfs"} {
			if !bytes.Contains(archive, []byte(within)) {
				t.Errorf("the image has no %s to look into", within)
			}
		}
		// Steps that see secrets share no cache of uv's. An archive of nothing has a size, too.
		if len(caches) < 10<<10 {
			t.Errorf("there are no caches to look into: %d bytes", len(caches))
		}
		h.below(t, "the exported cache", filepath.Join(kept, "cache"))
	}
	return nil
}

// everything builds a project, asks for its plan and its checks, has it written down,
// and has a secret in none of that.
func (h *hunt) everything(t *testing.T, dir string, offered []session.Attachable) error {
	t.Helper()
	if err := h.through(t, dir, nil, offered); err != nil {
		return err
	}
	for _, call := range []string{"explain", "outline", "lint", "targets"} {
		if err := h.through(t, dir, map[string]string{"requestid": "frontend." + call}, offered); err != nil {
			return err
		}
	}
	return h.through(t, dir, map[string]string{"target": "dockerfile"}, offered)
}

// namespace is of cache mounts that no other build sees.
func (h *hunt) namespace() string { return "hunt-" + h.marker[len("planted"):][:8] }

// caches are the cache mounts that the next build on the engine will see, as an archive.
// They are read within the build: an engine may prune them when it ends.
func (h *hunt) caches(ctx context.Context, g gateway.Client) ([]byte, error) {
	run := bk.Image("python:3.13-slim").Run(bk.Args([]string{"tar", "-C", "/caches", "-cf", "/out/caches.tar", "."}),
		// To ignore the step's cache would empty the mounts.
		bk.AddEnv("ONCE", rand.Text()))
	for i, path := range []string{"/root/.cache/uv", "/root/.cache/pybuild/wheels"} {
		run.AddMount(fmt.Sprintf("/caches/%d", i), bk.Scratch(), bk.AsPersistentCacheDir(h.namespace()+"/"+path, bk.CacheMountShared))
	}
	ref, err := solved(ctx, g, run.AddMount("/out", bk.Scratch()))
	if err != nil {
		return nil, err
	}
	return ref.ReadFile(ctx, gateway.ReadRequest{Filename: "caches.tar"})
}
