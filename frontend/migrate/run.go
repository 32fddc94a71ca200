package migrate

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/pybuild/pybuild/llb/plan"
)

// call is one command of a RUN.
type call struct {
	words []string
	// vars are set for it alone.
	vars map[string]string
	// text is the command as it is written, with what its output goes to.
	text string
	// writes is the file that its output goes to, "" for none.
	writes string
	// open reports that words are not known before the build.
	open bool
	dir  string
	at   plan.Location
}

// run carries the commands of a RUN over.
func (s *stage) run(c *instructions.RunCommand, at plan.Location, stages []*stage) error {
	s.last = at.Start
	installed := len(s.deps.uses)
	defer func(files []placed) { s.files = files }(s.files)
	for _, m := range mounts(c) {
		// What is mounted is there for this RUN.
		if m.Type == instructions.MountTypeBind && m.From == "" {
			s.files = append(slices.Clone(s.files), placed{path.Clean("./" + m.Source), s.abs(m.Target), at})
		}
	}
	r := &running{stage: s, at: at, dir: s.workdir, vars: map[string]string{}}
	switch script, ok := script(c); {
	case !ok:
		s.ask(at, code(c), "only scripts of a shell are read: put what it does into the project's own build, or into an image that is the base")
	case !c.PrependShell && len(c.Files) == 0:
		r.do(call{words: c.CmdLine, text: strings.Join(c.CmdLine, " "), at: at, dir: s.workdir})
	default:
		file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "RUN")
		if err != nil {
			s.ask(at, code(c), "it is no script of a shell (%v): what it does is not known", err)
			break
		}
		r.statements(file.Stmts)
	}
	if err := r.refused; err != nil {
		return err
	}
	s.mounted(c, at, len(s.deps.uses) > installed, stages)
	return nil
}

// script is the text that a shell reads; not ok if another program does.
func script(c *instructions.RunCommand) (text string, ok bool) {
	text = strings.Join(c.CmdLine, " ")
	if len(c.Files) == 0 {
		return text, true
	}
	if len(c.CmdLine) == 1 && parser.MustParseHeredoc(c.CmdLine[0]) != nil {
		data := c.Files[0].Data
		first, _, _ := strings.Cut(data, "\n")
		return data, !strings.HasPrefix(first, "#!") || shebang.MatchString(first)
	}
	for _, f := range c.Files {
		text += "\n" + f.Data + f.Name
	}
	return text + "\n", true
}

var shebang = regexp.MustCompile(`^#!\s*(/usr)?/bin/(env\s+(-S\s+)?)?(ba|da|a)?sh\b`)

// running is a RUN that is being read.
type running struct {
	*stage
	at      plan.Location
	dir     string
	vars    map[string]string // of this shell
	refused error
}

func (r *running) statements(stmts []*syntax.Stmt) {
	for _, st := range stmts {
		r.statement(st)
	}
}

func (r *running) statement(st *syntax.Stmt) {
	switch cmd := st.Cmd.(type) {
	case nil:
	case *syntax.CallExpr:
		r.simple(st, cmd)
	case *syntax.BinaryCmd:
		switch cmd.Op {
		case syntax.AndStmt:
			r.statement(cmd.X)
			r.statement(cmd.Y)
		case syntax.OrStmt:
			r.statement(cmd.X)
			if !harmless(cmd.Y) {
				r.ask(r.place(cmd.Y), print(cmd.Y), "it runs where the command before it fails, which a step of pybuild's has no answer to")
			}
		default:
			r.pipe(cmd)
		}
	case *syntax.Subshell:
		dir := r.dir
		r.statements(cmd.Stmts)
		r.dir = dir
	case *syntax.Block:
		r.statements(cmd.Stmts)
	case *syntax.DeclClause:
		for _, a := range cmd.Args {
			r.assign(r.vars, a)
		}
	default:
		r.ask(r.place(st), print(st), "what runs under a condition has no key: decide it, and put it into the project or into an image that is the base")
	}
}

// harmless reports what is written after || to go on, or to stop.
func harmless(st *syntax.Stmt) bool {
	call, ok := st.Cmd.(*syntax.CallExpr)
	return ok && len(call.Args) > 0 && slices.Contains([]string{"true", ":", "exit", "echo"}, call.Args[0].Lit())
}

var installer = regexp.MustCompile(`install\.python-poetry\.org|get-poetry|astral\.sh/uv|astral-sh/uv|pdm[-.].*/install-pdm|pdm-project\.org|get-pip\.py|sh\.rustup\.rs`)

// pipe is two commands, of which the last one counts, unless it reads a script.
func (r *running) pipe(cmd *syntax.BinaryCmd) {
	text := print(cmd)
	last, ok := cmd.Y.Cmd.(*syntax.CallExpr)
	switch {
	case installer.MatchString(text):
		r.fetched = append(r.fetched, strings.Fields(text)[0])
		r.leave(r.place(cmd), text, "pybuild brings what installs packages")
	case ok && len(last.Args) > 0 && (isApt(last.Args[0].Lit()) || strings.HasPrefix(last.Args[0].Lit(), "pip")):
		r.statement(cmd.Y)
	default:
		r.fetches = append(r.fetches, strings.Fields(text)[0])
		r.ask(r.place(cmd), text, elsewhere)
	}
}

const elsewhere = "there is no key for it: put its files into the context, or do it in an image that is the base"

// simple is one command with its variables.
func (r *running) simple(st *syntax.Stmt, cmd *syntax.CallExpr) {
	if len(cmd.Args) == 0 {
		for _, a := range cmd.Assigns {
			r.assign(r.vars, a)
		}
		return
	}
	c := call{text: print(st), dir: r.dir, vars: map[string]string{}, at: r.place(st)}
	for _, a := range cmd.Assigns {
		r.assign(c.vars, a)
	}
	for _, word := range cmd.Args {
		fields, err := r.fields(word)
		if err != nil {
			c.open = true
			fields = []string{strings.Trim(print(word), `"'`)}
		}
		c.words = append(c.words, fields...)
	}
	for _, redirect := range st.Redirs {
		if redirect.Op == syntax.RdrOut || redirect.Op == syntax.AppOut {
			if to, err := r.fields(redirect.Word); err == nil && len(to) == 1 && to[0] != "/dev/null" && !strings.HasPrefix(to[0], "&") {
				c.writes = to[0]
			}
		}
	}
	if len(c.words) > 0 {
		r.do(c)
	}
}

// fields expands a word as the shell does, with no command run and no file looked for.
func (r *running) fields(word *syntax.Word) ([]string, error) {
	if strings.Contains(print(word), "..") && strings.Contains(print(word), "{") {
		return []string{print(word)}, nil // a sequence may be of any length
	}
	return expand.Fields(&expand.Config{Env: environ{r}, NoUnset: true}, word)
}

func (r *running) assign(vars map[string]string, a *syntax.Assign) {
	if a.Name == nil || a.Value == nil {
		return
	}
	fields, err := r.fields(a.Value)
	if err != nil {
		vars[a.Name.Value] = print(a.Value)
		return
	}
	vars[a.Name.Value] = strings.Join(fields, " ")
}

// environ are the variables of a RUN.
type environ struct{ r *running }

func (e environ) Get(name string) expand.Variable {
	set := func(value string) expand.Variable {
		return expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: value}
	}
	if value, ok := e.r.vars[name]; ok {
		return set(value)
	}
	if value, ok := (variables{e.r.stage}).Get(name); ok {
		return set(value)
	}
	if strings.HasPrefix(name, "HOME") {
		return set("/root") // of another user as well: nobody is looked up
	}
	return expand.Variable{}
}

func (e environ) Each(func(string, expand.Variable) bool) {}

func print(node syntax.Node) string {
	var b bytes.Buffer
	_ = syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, node)
	return b.String()
}

// place finds a command in the lines of its instruction: the shell's parser saw them
// joined.
func (r *running) place(node syntax.Node) plan.Location {
	first, _, _ := strings.Cut(strings.TrimSpace(print(node)), " ")
	first, _, _ = strings.Cut(first, "\n")
	lines := strings.Split(string(r.data), "\n")
	from := r.last
	for n := from.Line; n <= min(r.at.End.Line, len(lines)); n++ {
		line, offset := lines[n-1], 0
		if n == from.Line {
			offset = min(from.Column-1, len(line))
		}
		if i := strings.Index(line[offset:], first); i >= 0 && first != "" {
			r.last = plan.Position{Line: n, Column: offset + i + 1 + len(first)}
			return r.line(n, offset+i+1, len(first))
		}
	}
	return r.at
}

// word is the place of a word of a command, from the command on.
func (s *stage) word(c call, word string) plan.Location {
	lines := strings.Split(string(s.data), "\n")
	bound := regexp.MustCompile(`(^|[\s"'=])` + regexp.QuoteMeta(word) + `($|[\s"';&\\])`)
	for n := max(c.at.Start.Line, 1); n <= min(c.at.Start.Line+60, len(lines)); n++ {
		if m := bound.FindStringIndex(lines[n-1]); m != nil {
			return s.line(n, m[0]+1, len(word))
		}
	}
	return c.at
}

// mounts are those of a RUN, with nil where it has none.
func mounts(c *instructions.RunCommand) []*instructions.Mount {
	_ = c.Expand(func(word string) (string, error) { return word, nil })
	return instructions.GetMounts(c)
}

// mounted carries mounts and what else a RUN may use over.
func (s *stage) mounted(c *instructions.RunCommand, at plan.Location, installs bool, stages []*stage) {
	for _, m := range mounts(c) {
		switch m.Type {
		case instructions.MountTypeSecret:
			s.secret(m, at, installs)
		case instructions.MountTypeSSH:
			id := m.CacheID
			if id == "" {
				id = "default"
			}
			if s.get("build", "ssh") == nil && id == "default" {
				s.maybe("build", "ssh", raw("true"), at)
			} else if _, isDefault := s.get("build", "ssh").(raw); !isDefault {
				s.add("build", "ssh", id, at)
			}
		case instructions.MountTypeBind:
			if from := named(stages, m.From); m.From != "" && from == nil {
				s.ask(at, "--mount=from="+m.From, "pybuild mounts no other image: put what is used of it into the context, or into an image that is the base")
			}
		}
	}
	if n := instructions.GetNetwork(c); n != "" && n != instructions.NetworkDefault {
		s.leave(at, "--network="+n, "steps that install from locked wheels have no network")
	}
	if v := instructions.GetSecurity(c); v != "" && v != instructions.SecuritySandbox {
		s.ask(at, "--security="+v, "no step of pybuild's is privileged")
	}
	if len(instructions.GetDevices(c)) > 0 {
		s.ask(at, "--device", "no step of pybuild's has a device")
	}
}

// secret is a secret that a RUN reads.
func (s *stage) secret(m *instructions.Mount, at plan.Location, installs bool) {
	id := m.CacheID
	if id == "" {
		id = path.Base(m.Target)
	}
	what := "--mount=type=secret,id=" + id
	target := m.Target
	if target == "" && m.Env == nil {
		target = "/run/secrets/" + id
	}
	switch {
	case !installs:
		s.ask(at, what, "the command that reads it has no key, so no step gets it")
		return
	case strings.HasSuffix(target, "pip.conf"), strings.HasSuffix(target, "pip/pip.conf"), strings.HasSuffix(target, "poetry/auth.toml"):
		s.ask(at, what, "uv installs, and reads no %s: name the index in the project's files, and pass its login as secrets: "+
			"docker build --secret id=UV_INDEX_<NAME>_USERNAME --secret id=UV_INDEX_<NAME>_PASSWORD", path.Base(target))
		return
	case target == "/root/.netrc" && id == "netrc" && !m.Required:
		s.secrets, s.secretsAt = append(s.secrets, quote("netrc")), at
		return
	case strings.HasPrefix(target, "/run/secrets/"):
		s.ask(at, what, "nothing that installs reads %s: pass the login of an index as the secret netrc, or as UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD for one that has a name", target)
		return
	}
	if !secretID.MatchString(id) {
		s.ask(at, what, "an id is letters, digits, and - _ . within: rename it")
		return
	}
	entry := "{ id = " + quote(id)
	if m.Env != nil {
		name := *m.Env
		if name == "" {
			name = id
		}
		if target == "" && name == id && !m.Required {
			s.secrets, s.secretsAt = append(s.secrets, quote(id)), at
			return
		}
		entry += ", env = " + quote(name)
	} else {
		entry += ", target = " + quote(s.abs(target))
	}
	if m.Required {
		entry += ", required = true"
	}
	s.secrets, s.secretsAt = append(s.secrets, entry+" }"), at
}

var secretID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
