package migrate

import (
	"bytes"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/pybuild/pybuild/llb/plan"
)

// fields expands a word as the shell does, with no command run and no file looked for.
func (r *running) fields(word *syntax.Word) ([]string, error) {
	if strings.Contains(print(word), "..") && strings.Contains(print(word), "{") {
		return []string{print(word)}, nil // a sequence may be of any length
	}
	return expand.Fields(&expand.Config{Env: environ{r}, NoUnset: true, ProcSubst: noProcess}, word)
}

// noProcess is <(command), which is a file while a command runs.
func noProcess(p *syntax.ProcSubst) (string, error) {
	return "", expand.UnexpectedCommandError{Node: &syntax.CmdSubst{Left: p.Pos(), Right: p.End(), Stmts: p.Stmts}}
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
