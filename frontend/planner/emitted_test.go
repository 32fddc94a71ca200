package planner_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/explain"
	"github.com/pybuild/pybuild/llb"
	"github.com/pybuild/pybuild/llb/dockerfile"
	"github.com/pybuild/pybuild/llb/plan"
	"github.com/pybuild/pybuild/llb/scripts"
)

// TestMain lets garbage lie: ten thousand plans are looked at once, and nothing else is large.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	m.Run()
}

// checkEmitted holds that all that is made of a plan says what the plan says, and nothing
// in it more than it should: paths stay where they are, a shell reads no text but pybuild's,
// and what people see does not draw on their terminals.
func checkEmitted(t testing.TB, p *plan.Plan, o dockerfile.Options) {
	t.Helper()
	if seen(t, p, o) { // many texts are in no plan
		return
	}
	checkSteps(t, p)
	if !seen(t, "graph", p.Steps, p.Layers, p.Root, p.Images) {
		checkGraph(t, p)
	}
	checkExplained(t, p)
	checkDockerfile(t, p, o)
}

// emitted are the sums of what was looked at.
var emitted sync.Map

// seen reports whether something was looked at before: most texts change little of a plan.
func seen(t testing.TB, what ...any) bool {
	t.Helper()
	data, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	_, done := emitted.LoadOrStore(sha256.Sum256(data), true)
	return done
}

// imported are the modules that a script cannot start without.
var imported = regexp.MustCompile(`(?m)^import (\w+)$`)

// checkScripts holds that a step with a script has those that it imports.
func checkScripts(t testing.TB, step string, names []string) {
	t.Helper()
	if len(names) == 0 || seen(t, "scripts", names) {
		return
	}
	for _, name := range names {
		text, err := scripts.Text(name)
		if err != nil {
			t.Errorf("%s: %v", step, err)
		}
		for _, found := range imported.FindAllSubmatch(text, -1) {
			module := string(found[1]) + ".py"
			if _, err := scripts.Text(module); err == nil && !slices.Contains(names, module) {
				t.Errorf("%s has %s, which imports %s, and not that", step, name, module)
			}
		}
	}
}

// checkSteps looks at the paths of a plan, and at what its processes read as programs.
func checkSteps(t testing.TB, p *plan.Plan) {
	t.Helper()
	inside := func(what, name string) {
		if name != "" && (!path.IsAbs(name) || path.Clean(name) != strings.TrimSuffix(name, "/") && name != "/" || strings.ContainsFunc(name, plan.Hidden) || strings.Contains(name, "\n")) {
			t.Errorf("%s is %q", what, name)
		}
	}
	for _, s := range p.Steps {
		inside("the output of "+s.ID, s.Output)
		inside("the directory of "+s.ID, s.Dir)
		for _, m := range s.Mounts {
			inside("a target of "+s.ID, m.Target)
			inside("a source of "+s.ID, "/"+strings.TrimPrefix(m.Source, "/"))
			checkScripts(t, s.ID, m.From.Scripts)
			for _, one := range m.From.Paths {
				inside("a path of "+s.ID, "/"+strings.TrimPrefix(one, "/"))
			}
			for name := range m.From.Files {
				if !fs.ValidPath(name) {
					t.Errorf("a file of %s is %q", s.ID, name)
				}
			}
			if d := m.From.Download; d != nil && (path.Base(d.Name) != d.Name || d.Name == "..") {
				t.Errorf("a download of %s is %q", s.ID, d.Name)
			}
		}
		for i, word := range s.Args {
			if word == "-c" && i > 0 && program.MatchString(s.Args[i-1]) {
				t.Errorf("%s reads a program: %q", s.ID, s.Args)
			}
			if strings.Contains(word, "\x00") {
				t.Errorf("%s has the argument %q", s.ID, word)
			}
		}
		if base := path.Base(s.Args[0]); base == "sh" && (len(s.Args) < 2 || !strings.HasSuffix(s.Args[1], ".sh")) {
			t.Errorf("%s has a shell read %q", s.ID, s.Args)
		}
		for _, v := range s.Env {
			if !variable.MatchString(v.Name) || strings.Contains(v.Value, "\x00") {
				t.Errorf("%s has the variable %q = %q", s.ID, v.Name, v.Value)
			}
		}
	}
	for _, v := range p.Config.Env {
		if !variable.MatchString(v.Name) || strings.Contains(v.Value, "\x00") {
			t.Errorf("the image has the variable %q = %q", v.Name, v.Value)
		}
	}
	inside("the working directory", p.Config.Workdir)
}

var (
	program  = regexp.MustCompile(`(^|/)(ba|da|)sh$|(^|/)python[0-9.]*t?$`)
	variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// checkGraph compares BuildKit's graph with the plan.
func checkGraph(t testing.TB, p *plan.Plan) {
	t.Helper()
	linux := bk.Platform(ocispecs.Platform{OS: "linux", Architecture: "amd64"})
	src := llb.Sources{Images: map[string]bk.State{}, Contexts: map[plan.View]bk.State{}}
	for name := range p.Images {
		src.Images[name] = bk.Image("docker.io/library/"+name+":1", linux)
	}
	for _, view := range []plan.View{plan.Manifests, plan.Project, plan.Files, plan.Wheelhouse, plan.Repository} {
		src.Contexts[view] = bk.Local(string(view), bk.SessionID("session"))
	}
	st, err := llb.Image(p, src)
	if err != nil {
		t.Fatal(err)
	}
	def, err := st.Marshal(context.Background(), linux)
	if err != nil {
		t.Fatal(err)
	}
	var planned []string
	for _, s := range p.Steps {
		planned = append(planned, strings.Join(s.Args, "\x00"))
	}
	for _, data := range def.Def {
		op := &pb.Op{}
		if err := op.Unmarshal(data); err != nil {
			t.Fatal(err)
		}
		if exec := op.GetExec(); exec != nil && !slices.Contains(planned, strings.Join(exec.Meta.Args, "\x00")) {
			t.Errorf("the graph runs %q", exec.Meta.Args)
		}
		for _, action := range op.GetFile().GetActions() {
			for _, name := range []string{action.GetCopy().GetSrc(), action.GetCopy().GetDest(), action.GetMkfile().GetPath()} {
				if name != "" && (!path.IsAbs(name) || slices.Contains(strings.Split(name, "/"), "..")) {
					t.Errorf("the graph writes %q", name)
				}
			}
		}
	}
	for _, meta := range def.Metadata {
		if name := meta.Description["llb.customname"]; strings.ContainsFunc(name, plan.Hidden) || strings.Contains(name, "\n") || len(name) > 2000 {
			t.Errorf("the progress shows %q", name)
		}
	}
}

// dotLine is a line of a graph in DOT.
var dotLine = regexp.MustCompile(`^(digraph pybuild \{|\}|  rankdir=LR|  node \[.*\]|  n\d+ \[label="(?:[^"\\]|\\.)*", fillcolor="#[0-9a-f]{6}"\]|  n\d+ -> n\d+|  n\d+ \[label="(?:[^"\\]|\\.)*", fillcolor="white"\]|)$`)

// checkExplained reads all forms of the explanation.
func checkExplained(t testing.TB, p *plan.Plan) {
	t.Helper()
	e := explain.Of(p)
	if text := e.Text(); strings.ContainsFunc(text, plan.Hidden) {
		t.Errorf("the explanation has what a terminal obeys: %q", text)
	}
	data, err := e.JSON()
	var again plan.Plan
	if err == nil {
		err = json.Unmarshal(data, &again)
	}
	if err != nil || !slices.Equal(again.Config.Cmd, p.Config.Cmd) || !maps.Equal(again.Config.Labels, p.Config.Labels) {
		t.Errorf("the JSON says %q, %v", again.Config.Cmd, err)
	}
	dot := e.DOT()
	if seen(t, "graph", dot) { // SVG draws the same
		return
	}
	for line := range strings.Lines(dot) {
		if !dotLine.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("a line of DOT: %q", line)
		}
	}
	for d := xml.NewDecoder(strings.NewReader(e.SVG())); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Errorf("SVG: %v", err)
			break
		}
		if start, ok := token.(xml.StartElement); ok && !slices.Contains([]string{"svg", "defs", "marker", "path", "rect", "g", "title", "text"}, start.Name.Local) {
			t.Errorf("SVG has an element %s", start.Name.Local)
		}
	}
}

// checkDockerfile reads the Dockerfile as BuildKit does, and compares what it would run
// with the plan. What a Dockerfile has no form for it has to refuse.
func checkDockerfile(t testing.TB, p *plan.Plan, o dockerfile.Options) {
	t.Helper()
	text, err := dockerfile.Write(p, o)
	var unwritable *dockerfile.UnwritableError
	if errors.As(err, &unwritable) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	// All but the last stage has often been read: what follows it begins the same stage there.
	last := strings.LastIndex(text, "\nFROM ")
	known := seen(t, "Dockerfile", p.Steps, text[:last])
	if known {
		text = text[last+1:]
	}
	ast, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in the Dockerfile", err)
	}
	stages, _, err := instructions.Parse(ast.AST, nil)
	if err != nil {
		t.Fatalf("%v in the Dockerfile", err)
	}
	lex := shell.NewLex(ast.EscapeToken)
	none := shell.EnvsFromSlice([]string{"PATH=/bin"})
	expand := func(word string) (string, error) {
		result, _, err := lex.ProcessWord(word, none)
		return result, err
	}
	ran := 0
	for i, stage := range stages {
		w := written{t: t, mounts: map[string]string{}, labels: map[string]string{}, words: map[string][]string{}}
		for _, c := range stage.Commands {
			w.command(c, expand)
		}
		switch step := slices.IndexFunc(p.Steps, func(s plan.Step) bool { return slices.Equal(s.Args, w.run) }); {
		case i == len(stages)-1:
			w.image(p.Config)
		case step >= 0:
			w.step(p.Steps[step])
			ran++
		case w.run != nil:
			t.Errorf("the Dockerfile runs %q", w.run)
		}
	}
	if ran == 0 && len(p.Steps) > 0 && !known {
		t.Error("the Dockerfile runs nothing")
	}
}

// written is what a stage of a Dockerfile says.
type written struct {
	t       testing.TB
	env     []plan.EnvVar
	labels  map[string]string
	run     []string
	mounts  map[string]string // source or id by target
	workdir string
	words   map[string][]string
}

func (w *written) command(c instructions.Command, expand instructions.SingleWordExpander) {
	w.t.Helper()
	if e, ok := c.(instructions.SupportsSingleWordExpansion); ok {
		if err := e.Expand(expand); err != nil {
			w.t.Fatalf("%v in %s", err, c)
		}
	}
	switch c := c.(type) {
	case *instructions.EnvCommand:
		for _, pair := range c.Env {
			w.env = append(w.env, plan.EnvVar{Name: pair.Key, Value: pair.Value})
		}
	case *instructions.LabelCommand:
		for _, pair := range c.Labels {
			w.labels[pair.Key] = pair.Value
		}
	case *instructions.WorkdirCommand:
		w.workdir = c.Path
	case *instructions.CmdCommand:
		w.exec("CMD", c.ShellDependantCmdLine)
	case *instructions.EntrypointCommand:
		w.exec("ENTRYPOINT", c.ShellDependantCmdLine)
	case *instructions.HealthCheckCommand:
		w.words["HEALTHCHECK"] = c.Health.Test
	case *instructions.RunCommand:
		w.exec("RUN", c.ShellDependantCmdLine)
		w.run = c.CmdLine
		for _, m := range instructions.GetMounts(c) {
			name := m.Source
			if m.Type != instructions.MountTypeBind {
				name = m.CacheID
			}
			w.mounts[m.Target] = name
		}
	}
}

func (w *written) exec(what string, c instructions.ShellDependantCmdLine) {
	if c.PrependShell || len(c.Files) > 0 {
		w.t.Errorf("a shell reads %s %q", what, c.CmdLine)
	}
	w.words[what] = c.CmdLine
}

func (w *written) step(s plan.Step) {
	w.t.Helper()
	if !slices.Equal(w.run, s.Args) {
		w.t.Errorf("%s runs\n%q, not\n%q", s.ID, w.run, s.Args)
	}
	if !slices.Equal(w.env, s.Env) {
		w.t.Errorf("%s has the variables %q, not %q", s.ID, w.env, s.Env)
	}
	for _, m := range s.Mounts {
		if len(m.From.Paths) > 0 && m.Source == "" || m.Kind == plan.SSH {
			continue
		}
		got, ok := w.mounts[m.Target]
		want := path.Join("/", m.ID)
		switch m.Kind {
		case plan.Secret:
			want = m.ID
		case plan.Bind:
			want = path.Join("/", m.Source)
			ok = ok && strings.HasSuffix(got, strings.TrimSuffix(want, "/"))
			got = want
		}
		if !ok || got != want {
			w.t.Errorf("%s has at %q %q, not %q", s.ID, m.Target, got, want)
		}
	}
}

func (w *written) image(c plan.Config) {
	w.t.Helper()
	if !slices.Equal(w.env, c.Env) || !maps.Equal(w.labels, c.Labels) && len(w.labels)+len(c.Labels) > 0 || w.workdir != c.Workdir {
		w.t.Errorf("the image has %q, %q, %q and not %q, %q, %q", w.env, w.labels, w.workdir, c.Env, c.Labels, c.Workdir)
	}
	if !slices.Equal(w.words["CMD"], c.Cmd) || !slices.Equal(w.words["ENTRYPOINT"], c.Entrypoint) {
		w.t.Errorf("the image runs %q %q, not %q %q", w.words["ENTRYPOINT"], w.words["CMD"], c.Entrypoint, c.Cmd)
	}
	if h := c.Healthcheck; h != nil && h.Command != nil && !slices.Equal(w.words["HEALTHCHECK"], append([]string{"CMD"}, h.Command...)) {
		w.t.Errorf("the image is healthy by %q, not %q", w.words["HEALTHCHECK"], h.Command)
	}
}

// checkSaid wants diagnostics that people can read, whose places are in a file.
func checkSaid(t testing.TB, err error, texts map[string]string) {
	t.Helper()
	if len(diag.All(err)) == 0 {
		t.Errorf("not a diagnostic: %v", err)
	}
	for _, e := range diag.All(err) {
		said := e.Error()
		if e.Code == "" || strings.ContainsFunc(said, plan.Hidden) || len(said) > 8000 || diag.HasCredential(said) {
			t.Errorf("%.300q has the code %q and %d bytes", said, e.Code, len(said))
		}
		lines := strings.Split(strings.TrimPrefix(texts[e.At.File], "\ufeff"), "\n")
		if at := e.At.Start; at.Line != 0 && texts[e.At.File] != "" && (at.Line < 1 || at.Line > len(lines) || at.Column < 1 || at.Column > len(lines[at.Line-1])+1) {
			t.Errorf("outside of the file: %v", e)
		}
	}
}
