package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/pybuild/pybuild/frontend"
)

// profile builds a directory with the frontend in this process and prints where
// the milliseconds go: each call to the engine, what lies between them, each
// step that ran, and the export. A build through the image has the start of the
// frontend's container on top.
func profile(ctx context.Context, b *bed, dir, image string, w io.Writer) error {
	c, err := client.New(ctx, b.buildkit)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	local, err := fsutil.NewFS(dir)
	if err != nil {
		return err
	}
	opt := client.SolveOpt{
		FrontendAttrs: map[string]string{"filename": "pybuild.toml"},
		LocalMounts:   map[string]fsutil.FS{"context": local, "dockerfile": local},
		Exports: []client.ExportEntry{{Type: client.ExporterImage,
			Attrs: map[string]string{"name": image, "push": "true", "registry.insecure": "true"}}},
	}
	line := &timeline{begin: time.Now()}
	status, done := make(chan *client.SolveStatus), make(chan struct{})
	go func() { defer close(done); line.follow(status) }()
	_, err = c.Build(ctx, opt, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		line.mark("session", line.begin)
		res, err := frontend.Build(ctx, &timedClient{c, line})
		line.last = time.Now()
		if err != nil {
			return nil, err
		}
		return untimed(res), nil
	}, status)
	<-done
	if err != nil {
		return err
	}
	line.mark("build and export", line.last)
	return line.write(w)
}

// timeline is what took how long, in the order of its end.
type timeline struct {
	sync.Mutex
	begin, last time.Time
	spans       []span
	steps       map[digest.Digest]span
	order       []digest.Digest
}

type span struct {
	name        string
	start, took time.Duration
}

func (l *timeline) mark(name string, from time.Time) {
	l.Lock()
	defer l.Unlock()
	l.spans = append(l.spans, span{name, from.Sub(l.begin), time.Since(from)})
}

// follow keeps the steps that were not cached.
func (l *timeline) follow(status chan *client.SolveStatus) {
	l.steps = map[digest.Digest]span{}
	for s := range status {
		for _, v := range s.Vertexes {
			if v.Started == nil || v.Completed == nil || v.Cached {
				continue
			}
			if _, ok := l.steps[v.Digest]; !ok {
				l.order = append(l.order, v.Digest)
			}
			l.steps[v.Digest] = span{v.Name, v.Started.Sub(l.begin), v.Completed.Sub(*v.Started)}
		}
	}
}

func (l *timeline) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	milli := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	_, _ = fmt.Fprintf(t, "at (ms)\ttook\t  call of the frontend\n")
	for _, s := range l.spans {
		_, _ = fmt.Fprintf(t, "%.1f\t%.1f\t  %s\n", milli(s.start), milli(s.took), s.name)
	}
	_, _ = fmt.Fprintf(t, "at (ms)\ttook\t  step of the engine, more than 1 ms\n")
	for _, d := range l.order {
		if s := l.steps[d]; s.took > time.Millisecond {
			_, _ = fmt.Fprintf(t, "%.1f\t%.1f\t  %s\n", milli(s.start), milli(s.took), s.name)
		}
	}
	_, _ = fmt.Fprintf(t, "%.1f\t\t  end\n", milli(time.Since(l.begin)))
	return t.Flush()
}

// timedClient notes every call.
type timedClient struct {
	gateway.Client
	line *timeline
}

func (c *timedClient) Solve(ctx context.Context, req gateway.SolveRequest) (*gateway.Result, error) {
	defer c.line.mark(fmt.Sprintf("solve %d vertices", len(req.Definition.GetDef())), time.Now())
	res, err := c.Client.Solve(ctx, req)
	if err != nil || res.Ref == nil {
		return res, err
	}
	res.Ref = &timedRef{res.Ref, c.line}
	return res, nil
}

func (c *timedClient) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	defer c.line.mark("resolve "+ref, time.Now())
	return c.Client.ResolveImageConfig(ctx, ref, opt)
}

type timedRef struct {
	gateway.Reference
	line *timeline
}

// untimed is the result with the references that the engine knows.
func untimed(res *gateway.Result) *gateway.Result {
	inner := func(ref gateway.Reference) gateway.Reference {
		if t, ok := ref.(*timedRef); ok {
			return t.Reference
		}
		return ref
	}
	res.Ref = inner(res.Ref)
	for name, ref := range res.Refs {
		res.Refs[name] = inner(ref)
	}
	return res
}

func (r *timedRef) Evaluate(ctx context.Context) error {
	defer r.line.mark("evaluate", time.Now())
	return r.Reference.Evaluate(ctx)
}

func (r *timedRef) ReadFile(ctx context.Context, req gateway.ReadRequest) ([]byte, error) {
	defer r.line.mark("read "+req.Filename, time.Now())
	return r.Reference.ReadFile(ctx, req)
}

func (r *timedRef) ReadDir(ctx context.Context, req gateway.ReadDirRequest) ([]*fstypes.Stat, error) {
	defer r.line.mark("list "+req.Path, time.Now())
	return r.Reference.ReadDir(ctx, req)
}

func (r *timedRef) StatFile(ctx context.Context, req gateway.StatRequest) (*fstypes.Stat, error) {
	defer r.line.mark("stat "+req.Path, time.Now())
	return r.Reference.StatFile(ctx, req)
}

// runProfile is `bench -profile DIR`.
func runProfile(dir string) error {
	b, err := findBed()
	if err != nil {
		return err
	}
	defer b.close()
	return profile(context.Background(), b, dir, b.registry+"/bench/profile:"+filepath.Base(dir), os.Stdout)
}
