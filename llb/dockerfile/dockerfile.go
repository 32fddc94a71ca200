// Package dockerfile writes a plan as a Dockerfile: the way out for whoever wants to go
// on by hand. It decides nothing, like llb, and what it writes builds the same files.
package dockerfile

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pybuild/pybuild/llb/plan"
	"github.com/pybuild/pybuild/llb/scripts"
)

// Options are what a plan does not hold of its build.
type Options struct {
	// Include are the patterns that choose the app's files; none is all.
	Include []string
	// Exclude are the patterns of what the app does not get, and other steps do.
	Exclude []string
	// Wheelhouse is the directory of the context with the wheelhouse.
	Wheelhouse string
}

// Write returns the Dockerfile of a plan.
func Write(p *plan.Plan, o Options) (string, error) {
	w := &writer{plan: p, options: o, done: map[string]bool{}, programs: map[string]string{}}
	from, err := w.stage(p.Root)
	if err != nil {
		return "", err
	}
	var copies []string
	for _, layer := range p.Layers {
		stage, err := w.stage(layer)
		if err != nil {
			return "", err
		}
		copies = append(copies, "COPY --link --from="+stage+" "+w.output(layer)+" /")
	}
	w.line("FROM %s AS %s", from, p.Target)
	for _, c := range copies {
		w.line("%s", c)
	}
	w.config()
	stages := w.text.String()
	w.text.Reset()
	if err := w.written("scripts", w.programs); err != nil {
		return "", err
	}
	w.text.WriteString(stages)
	for line := range strings.Lines(w.text.String()) {
		if len(line) > longestLine {
			w.cannot("%s", plan.Shorten(line, 60))
		}
	}
	if w.err != nil {
		return "", w.err
	}
	return head + w.text.String(), nil
}

const head = `# syntax=docker/dockerfile:1
# Written by pybuild, and yours from here on: it builds what pybuild did. Most of its lines
# are the programs that pybuild's steps run, in the first stage: they are yours as well, and
# no release of pybuild mends them here. The stages below it are the build.
`

// longestLine is what BuildKit's parser takes.
const longestLine = 65535

// writer gathers stages, each before those that read it.
type writer struct {
	plan    *plan.Plan
	options Options
	text    strings.Builder
	done    map[string]bool
	// programs are the texts of the scripts that steps run.
	programs map[string]string
	files    int
	stacks   int
	err      error // the first text that has no form
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.text, format+"\n", args...) }

// stage writes the stage of a tree, unless it is there, and returns its name.
func (w *writer) stage(r plan.Ref) (string, error) {
	switch {
	case r.Image != "":
		return r.Image, w.image(r.Image)
	case r.Step != "":
		return w.step(r.Step)
	case len(r.Stack) > 0:
		return w.stack(r.Stack)
	case len(r.Scripts) > 0:
		return w.scripts(r.Scripts)
	case len(r.Files) > 0:
		w.files++
		name := fmt.Sprintf("files-%d", w.files)
		return name, w.written(name, r.Files)
	case r.Download != nil:
		return w.download(*r.Download), nil
	case r.Context == plan.Files:
		return w.app(), nil
	}
	return "", nil
}

// app is the stage with the files of the context that become the app.
func (w *writer) app() string {
	if !w.done["files"] {
		w.done["files"] = true
		copy, sources := "COPY", []string{"."}
		for _, pattern := range w.options.Exclude {
			copy += " --exclude=" + flag(pattern)
		}
		if len(w.options.Include) > 0 {
			copy, sources = copy+" --parents", w.options.Include
		}
		w.line("FROM scratch AS files\n%s %s\n", copy, paths(append(slices.Clone(sources), "/")...))
	}
	return "files"
}

func (w *writer) image(name string) error {
	if w.done[name] {
		return nil
	}
	w.done[name] = true
	img, ok := w.plan.Images[name]
	if !ok {
		return fmt.Errorf("plan: no image %q", name)
	}
	platform := ""
	if img.Platform != w.plan.Platform {
		platform = "--platform=" + img.Platform + " "
	}
	w.line("FROM %s%s AS %s\n", platform, img.Pinned(), name)
	return nil
}

// output is the path of a step's result in its stage.
func (w *writer) output(r plan.Ref) string {
	if s := w.plan.Step(r.Step); s != nil && s.Output != "" {
		return s.Output + "/"
	}
	return "/"
}

func (w *writer) stack(refs []plan.Ref) (string, error) {
	names := make([]string, 0, len(refs))
	for _, r := range refs {
		name, err := w.stage(r)
		if err != nil {
			return "", err
		}
		names = append(names, name)
	}
	w.stacks++
	name := fmt.Sprintf("stack-%d", w.stacks)
	w.line("FROM %s AS %s", names[0], name)
	for i, r := range refs[1:] {
		w.line("COPY --link --from=%s %s /", names[i+1], w.output(r))
	}
	w.line("")
	return name, nil
}

// scripts are in one stage for each set of them, so that a step runs again for its own
// alone. Their texts are in a stage that all sets copy from.
func (w *writer) scripts(names []string) (string, error) {
	stage := "scripts-" + strings.NewReplacer(".py", "", ".sh", "", "_", "-").Replace(strings.Join(names, "-"))
	if w.done[stage] {
		return stage, nil
	}
	w.done[stage] = true
	var files []string
	for _, name := range names {
		text, err := scripts.Text(name)
		if err != nil {
			return "", err
		}
		w.programs[name] = string(text)
		files = append(files, "/"+name)
	}
	w.line("FROM scratch AS %s\nCOPY --from=scripts %s\n", stage, paths(append(files, "/")...))
	return stage, nil
}

// written is a stage with files in its root.
func (w *writer) written(stage string, files map[string]string) error {
	w.line("FROM scratch AS %s", stage)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		if strings.Contains("\n"+text, "\nPYBUILD\n") || text != "" && !strings.HasSuffix(text, "\n") || strings.Contains(text, "\r") {
			w.cannot("%s", name)
		}
		w.line("COPY --chmod=644 <<\"PYBUILD\" /%s\n%sPYBUILD", name, text)
	}
	w.line("")
	return nil
}

func (w *writer) download(d plan.Download) string {
	stage := "wheel-" + d.SHA256[:min(16, len(d.SHA256))]
	if !w.done[stage] {
		w.done[stage] = true
		w.line("FROM scratch AS %s\nADD --chmod=644 --checksum=sha256:%s %s\n", stage, d.SHA256, paths(d.URL, "/"+d.Name))
	}
	return stage
}

// step writes what a step reads, and then its stage.
func (w *writer) step(id string) (string, error) {
	name := stageName(id)
	s := w.plan.Step(id)
	if s == nil {
		return "", fmt.Errorf("plan: no step %q", id)
	}
	if w.done["step "+id] {
		return name, nil
	}
	w.done["step "+id] = true
	on, err := w.stage(s.On)
	if err != nil {
		return "", err
	}
	var mounts []string
	for _, m := range s.Mounts {
		lines, err := w.mount(m)
		if err != nil {
			return "", fmt.Errorf("step %s: %w", id, err)
		}
		mounts = append(mounts, lines...)
	}
	w.line("# %s\nFROM %s AS %s\nUSER 0", plan.Line(s.Name), on, name)
	for _, v := range s.Env {
		w.line("ENV %s=%s", v.Name, w.quote("the variable "+v.Name, v.Value))
	}
	if s.Output != "" {
		w.line("WORKDIR %s", word(s.Output))
	}
	if dir := s.Dir; dir != "" || s.Output != "" {
		w.line("WORKDIR %s", word(path.Join("/", dir)))
	}
	run := "RUN "
	if s.Offline {
		run += "--network=none "
	}
	for _, m := range mounts {
		run += "\\\n    " + m + " "
	}
	w.line("%s\\\n    %s\n", run, execForm(s.Args))
	return name, nil
}

// mount is a mount as flags of RUN: several, where the tree is narrowed to paths.
func (w *writer) mount(m plan.Mount) ([]string, error) {
	switch m.Kind {
	case plan.Cache:
		cache := "--mount=type=cache," + w.field("id", path.Join("/", m.ID)) + "," + w.field("target", m.Target)
		if m.Locked {
			cache += ",sharing=locked"
		}
		return []string{cache}, nil
	case plan.Secret:
		return []string{fmt.Sprintf("--mount=type=secret,%s,%s,required=%v", w.field("id", m.ID), w.field("target", m.Target), m.Required)}, nil
	case plan.SSH:
		return []string{fmt.Sprintf("--mount=type=ssh,%s,required=%v", w.field("id", m.ID), m.Required)}, nil
	}
	from, err := w.stage(m.From)
	if err != nil {
		return nil, err
	}
	bind := "--mount=type=bind"
	if from != "" {
		bind += ",from=" + from
	}
	if m.Scratch {
		bind += ",rw"
	}
	root := "/"
	if m.From.Step != "" {
		root = w.output(m.From)
	}
	if m.From.Context == plan.Wheelhouse {
		root = path.Join("/", w.options.Wheelhouse)
	}
	if len(m.From.Paths) > 0 && m.Source == "" {
		var flags []string
		for _, p := range m.From.Paths {
			flags = append(flags, bind+","+w.field("source", path.Join(root, p))+","+w.field("target", path.Join(m.Target, p)))
		}
		return flags, nil
	}
	return []string{bind + "," + w.field("source", path.Join(root, m.Source)) + "," + w.field("target", m.Target)}, nil
}

// config writes what the container runs and how.
func (w *writer) config() {
	c := w.plan.Config
	for _, v := range c.Env {
		w.line("ENV %s=%s", v.Name, w.quote("the variable "+v.Name, v.Value))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		w.line("LABEL %s=%s", w.quote("a label", name), w.quote("the label "+name, c.Labels[name]))
	}
	if c.Workdir != "" {
		w.line("WORKDIR %s", word(c.Workdir))
	}
	if c.User != "" {
		w.line("USER %s", c.User)
	} else {
		w.line("USER 0")
	}
	for _, port := range c.Ports {
		w.line("EXPOSE %d", port)
	}
	if len(c.Volumes) > 0 {
		w.line("VOLUME %s", execForm(c.Volumes))
	}
	if c.StopSignal != "" {
		w.line("STOPSIGNAL %s", c.StopSignal)
	}
	w.health(c.Healthcheck)
	for _, line := range []struct {
		name  string
		words []string
	}{{"ENTRYPOINT", c.Entrypoint}, {"CMD", c.Cmd}} {
		words := line.words
		if words == nil {
			words = []string{}
		}
		w.line("%s %s", line.name, execForm(words))
	}
}

func (w *writer) health(h *plan.Healthcheck) {
	if h == nil {
		return
	}
	if h.Command == nil {
		w.line("HEALTHCHECK NONE")
		return
	}
	flags := ""
	for _, f := range []struct {
		name string
		d    time.Duration
	}{{"interval", h.Interval}, {"timeout", h.Timeout}, {"start-period", h.StartPeriod}, {"start-interval", h.StartInterval}} {
		if f.d > 0 {
			flags += fmt.Sprintf("--%s=%s ", f.name, f.d)
		}
	}
	w.line("HEALTHCHECK %s--retries=%d CMD %s", flags, h.Retries, execForm(h.Command))
}
