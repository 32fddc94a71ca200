package migrate

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
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
