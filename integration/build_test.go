package integration

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver/pb"
	spb "github.com/moby/buildkit/sourcepolicy/pb"
	"github.com/moby/buildkit/util/apicaps"
	apicapspb "github.com/moby/buildkit/util/apicaps/pb"
	"github.com/tonistiigi/fsutil"

	"github.com/pybuild/pybuild/frontend"
)

// build is one build of a directory by the frontend in this very process,
// against a real buildkitd.
type build struct {
	ctx   context.Context //nolint:containedctx // of the client; nil for one that stays
	dir   string
	host  string            // the engine, the bed's if empty
	file  string            // -f, pybuild.toml if empty
	attrs map[string]string // further attributes of the frontend
	out   string            // directory that the image's files go to, if any
	top   bool              // out gets no more than what is above slimBase
	push  string            // name that the image gets in a registry, if any
	read  []string          // files of the image that the trace then holds
	// without are capabilities that the engine shall not have.
	without []apicaps.CapID
	// session is what the client offers: secrets, agents.
	session []session.Attachable
	policy  *spb.Policy
	// look sees the result before it is exported.
	look func(context.Context, gateway.Client, *gateway.Result) error
}

// slimBase is what most projects of tests are built on.
const slimBase = "python:3.13-slim"

// trace is what a build did.
type trace struct {
	cached   map[string]bool
	warnings []string
	logs     string            // of every step
	files    map[string]string // what was read
	metadata map[string][]byte // of the result
	sent     int64             // bytes of the context that the client transferred
	err      error
}

func (tr *trace) ran(name string) bool { cached, ok := tr.cached[name]; return ok && !cached }

// step returns the full name of the one step that contains a text.
func (tr *trace) step(t *testing.T, text string) string {
	t.Helper()
	for name := range tr.cached {
		if strings.Contains(name, text) {
			return name
		}
	}
	t.Fatalf("no step %q among %v", text, tr.cached)
	return ""
}

func engine(t *testing.T) *client.Client {
	t.Helper()
	return engineAt(t, "")
}

// engineAt is the engine of an address, the bed's if that is "".
func engineAt(t *testing.T, host string) *client.Client {
	t.Helper()
	if host == "" {
		host = os.Getenv("BUILDKIT_HOST")
	}
	if host == "" {
		t.Skip("no engine: run `make test`, or eval the exports of `go run ./integration/bed env`")
	}
	c, err := client.New(context.Background(), host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (b build) run(t *testing.T) *trace {
	t.Helper()
	c := engineAt(t, b.host)
	local, err := fsutil.NewFS(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	file := b.file
	if file == "" {
		file = "pybuild.toml"
	}
	opt := client.SolveOpt{
		FrontendAttrs: map[string]string{"filename": file},
		LocalMounts:   map[string]fsutil.FS{"context": local, "dockerfile": local},
		Session:       b.session,
		SourcePolicy:  b.policy,
	}
	for k, v := range b.attrs {
		opt.FrontendAttrs[k] = v
	}
	if b.out != "" {
		// A tar: exporting a whole image with the local exporter can hang.
		opt.Exports = []client.ExportEntry{{Type: client.ExporterTar, Output: func(map[string]string) (io.WriteCloser, error) {
			return os.Create(b.out + ".tar")
		}}}
	}
	if b.push != "" {
		opt.Exports = []client.ExportEntry{{Type: client.ExporterImage, Attrs: map[string]string{"name": b.push, "push": "true"}}}
	}
	status := make(chan *client.SolveStatus)
	tr := &trace{cached: map[string]bool{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range status {
			for _, v := range s.Vertexes {
				if v.Completed != nil {
					tr.cached[v.Name] = v.Cached
				}
			}
			for _, v := range s.Statuses {
				if strings.HasPrefix(v.ID, "transferring ") && v.Completed != nil {
					tr.sent += v.Current
				}
			}
			for _, l := range s.Logs {
				tr.logs += string(l.Data)
			}
			for _, w := range s.Warnings {
				tr.warnings = append(tr.warnings, string(w.Short))
			}
		}
	}()
	ctx := b.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	_, tr.err = c.Build(ctx, opt, "", b.frontend(tr), status)
	<-done
	if b.out != "" && tr.err == nil {
		if text, err := exec.Command("tar", "-xf", b.out+".tar", "-C", b.out).CombinedOutput(); err != nil {
			t.Fatalf("unpack the image: %v\n%s", err, text)
		}
		// Who looks for what must not be there would find nothing in an empty directory.
		if _, err := os.Stat(filepath.Join(b.out, "etc/passwd")); b.top && err != nil {
			t.Fatalf("the top of the image: %v", err)
		}
	}
	return tr
}

func (b build) must(t *testing.T) *trace {
	t.Helper()
	tr := b.run(t)
	if tr.err != nil {
		t.Fatal(tr.err)
	}
	return tr
}

// frontend is the frontend, whose results are built and read at once: nothing
// is exported for that.
func (b build) frontend(tr *trace) gateway.BuildFunc {
	return func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		res, err := frontend.Build(ctx, older{c, b.without})
		if err != nil {
			return nil, err
		}
		tr.metadata = res.Metadata
		err = res.EachRef(func(ref gateway.Reference) error { return ref.Evaluate(ctx) })
		if err == nil && b.look != nil {
			err = b.look(ctx, c, res)
		}
		if err != nil || len(b.read) == 0 && !b.top {
			return res, err
		}
		ref, err := res.SingleRef()
		if err != nil {
			return nil, err
		}
		tr.files = map[string]string{}
		for _, name := range b.read {
			data, err := ref.ReadFile(ctx, gateway.ReadRequest{Filename: name})
			if err != nil {
				return nil, err
			}
			tr.files[name] = string(data)
		}
		if b.top {
			return above(ctx, c, ref)
		}
		return res, nil
	}
}

// above is what an image has on its base: to write all of it down takes longer than many builds.
func above(ctx context.Context, c gateway.Client, ref gateway.Reference) (*gateway.Result, error) {
	st, err := ref.ToState()
	if err != nil {
		return nil, err
	}
	added, err := solved(ctx, c, bk.Diff(bk.Image(slimBase, bk.WithMetaResolver(c)), st))
	if err != nil {
		return nil, err
	}
	res := gateway.NewResult()
	res.SetRef(added)
	return res, nil
}

// older is a client of an engine that lacks capabilities.
type older struct {
	gateway.Client
	without []apicaps.CapID
}

func (o older) BuildOpts() gateway.BuildOpts {
	opts := o.Client.BuildOpts()
	if len(o.without) > 0 {
		caps := slices.DeleteFunc(pb.Caps.All(), func(c *apicapspb.APICap) bool {
			return slices.Contains(o.without, apicaps.CapID(c.ID))
		})
		opts.LLBCaps = pb.Caps.CapSet(caps)
	}
	return opts
}

// project writes files into a directory of its own.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

// write writes a file, and the directories above it.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// example copies an example, which a test may then change.
func example(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "examples", name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// note appends to a file.
func note(t *testing.T, path, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, text...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace changes a text of a file.
func replace(t *testing.T, path, before, after string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), before) {
		t.Fatalf("%s has no %q", path, before)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), before, after, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
