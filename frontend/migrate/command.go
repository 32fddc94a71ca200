package migrate

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"mvdan.cc/sh/v3/syntax"

	"github.com/pybuild/pybuild/llb/plan"
)

// command is what CMD or ENTRYPOINT start.
type command struct {
	// words are those of the exec form, or of the one command that a shell would start.
	words []string
	// script is the text of the shell form; "" for the exec form.
	script string
	// simple reports that the script is that one command.
	simple bool
	// needs reports that a variable has no value before the container has started, but
	// for PORT.
	needs bool
	text  string
	at    plan.Location
}

// exec is the command without pybuild's help: as it was, in the directory of the app that
// it started in.
func (c *command) exec(l layout) []string {
	if c.script == "" {
		return c.words
	}
	if c.simple && !c.needs && !strings.Contains(c.script, "$") {
		return c.words
	}
	script := c.script
	if c.simple && !strings.HasPrefix(script, "exec ") {
		script = "exec " + script
	}
	if l.cwd != "." && l.cwd != "" {
		script = "cd " + shellQuote(path.Join(l.root, l.cwd)) + " && " + script
	}
	return []string{"sh", "-c", script}
}

// command reads both forms. One command that a shell would start needs none.
func (s *stage) command(line instructions.ShellDependantCmdLine, at plan.Location, text string) *command {
	c := &command{words: line.CmdLine, text: text, at: at}
	if !line.PrependShell {
		if len(c.words) != 3 || !slices.Contains([]string{"sh", "bash", "ash", "dash"}, path.Base(c.words[0])) || !strings.HasPrefix(c.words[1], "-") || !strings.HasSuffix(c.words[1], "c") {
			return c
		}
		c.script = c.words[2]
	} else {
		c.script = strings.Join(line.CmdLine, " ")
	}
	c.words = nil
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(c.script), "CMD")
	if err != nil || len(file.Stmts) != 1 {
		return c
	}
	call, ok := file.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || len(call.Assigns) > 0 || len(file.Stmts[0].Redirs) > 0 || file.Stmts[0].Background {
		return c
	}
	c.simple, c.script = true, print(file.Stmts[0])
	r := &running{stage: s, at: at, dir: s.workdir, vars: map[string]string{}}
	if _, ok := s.vars["PORT"]; !ok {
		r.vars["PORT"] = or(s.exposed, "8000")
	}
	for _, word := range call.Args {
		fields, err := r.fields(word)
		if err != nil {
			c.needs = true
			fields = []string{print(word)}
		}
		c.words = append(c.words, fields...)
	}
	if len(c.words) > 1 && c.words[0] == "exec" {
		c.words = c.words[1:]
	}
	return c
}

// started is what the container starts: ENTRYPOINT and CMD together.
func (s *stage) started() *command {
	switch {
	case s.entry == nil:
		return s.cmd
	case s.cmd == nil || s.entry.script != "":
		return s.entry
	case s.cmd.script != "" && !s.cmd.simple:
		return &command{words: slices.Concat(s.entry.words, s.cmd.exec(s.layout)), text: s.cmd.text, at: s.cmd.at}
	}
	joined := *s.cmd
	joined.words = slices.Concat(s.entry.words, s.cmd.words)
	if s.cmd.script != "" {
		joined.script = ""
		joined.words = slices.Concat(s.entry.words, s.cmd.exec(s.layout))
	}
	return &joined
}

var (
	inits    = []string{"tini", "dumb-init", "catatonit"}
	isScript = regexp.MustCompile(`\.(sh|bash)$|entrypoint`)
)

// program takes away what only starts another program.
func program(words []string) []string {
	for len(words) > 1 {
		name := path.Base(words[0])
		if slices.Contains(inits, name) {
			words = words[1:]
			for len(words) > 1 && strings.HasPrefix(words[0], "-") {
				words = words[1:]
			}
			continue
		}
		if rest, ok := inner(words); ok {
			words = rest
			continue
		}
		if name == "exec" {
			words = words[1:]
			continue
		}
		if isPythonName(name) && words[1] == "-m" && len(words) > 2 && slices.Contains([]string{"uvicorn", "gunicorn", "granian", "hypercorn", "flask", "fastapi", "waitress", "streamlit"}, words[2]) {
			words = words[2:]
			if words[0] == "waitress" {
				words = append([]string{"waitress-serve"}, words[1:]...)
			}
			continue
		}
		return words
	}
	return words
}

func isPythonName(name string) bool { return regexp.MustCompile(`^python[0-9.]*$`).MatchString(name) }

// inApp is a path of the stage as the image of pybuild has it, or the word as it is.
func (s *stage) inApp(word string) string {
	if !strings.Contains(word, "/") || strings.Contains(word, "://") {
		return word
	}
	in := s.context(word)
	if in == "" || !s.exists(in) {
		return word
	}
	if path.IsAbs(word) {
		return path.Join(s.layout.root, in)
	}
	if strings.HasPrefix(word, "./") {
		return "./" + in
	}
	return in
}

func (s *stage) inAppAll(words []string) []string {
	all := make([]string, 0, len(words))
	for _, w := range words {
		all = append(all, s.inApp(w))
	}
	return all
}

// settings are the keys of [serve], or of a target, that start a command.
func (s *stage) settings(table string, words []string, at plan.Location) {
	if len(words) == 0 {
		return
	}
	rest := words[1:]
	if isPythonName(path.Base(words[0])) {
		for len(rest) > 1 && rest[0] == "-u" {
			rest = rest[1:]
		}
		switch {
		case len(rest) > 1 && rest[0] == "-m" && moduleName.MatchString(rest[1]):
			s.maybe(table, "module", rest[1], at)
			s.argsOf(table, rest[2:], at)
			return
		case len(rest) > 0 && strings.HasSuffix(rest[0], ".py"):
			in := s.context(rest[0])
			if in == "" || !s.exists(in) {
				in = path.Join(s.layout.cwd, rest[0])
			}
			if fsPath.MatchString(in) {
				s.maybe(table, "script", in, at)
				s.argsOf(table, rest[1:], at)
				return
			}
		}
	}
	s.maybe(table, "command", append(s.starter(words[0]), s.inAppAll(words)...), at)
}

// starter is the shell that starts a script of the project which is no program by its mode.
func (s *stage) starter(word string) []string {
	in := s.context(word)
	if in == "" || !strings.Contains(word, "/") || !s.exists(in) {
		return nil
	}
	s.scripts = append(s.scripts, in)
	if s.found.mode(in)&0o111 != 0 {
		return nil
	}
	return s.shellOf(in)
}

var (
	moduleName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)
	fsPath     = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*\.py$`)
)

func (s *stage) argsOf(table string, args []string, at plan.Location) {
	if len(args) > 0 {
		s.maybe(table, "args", s.inAppAll(args), at)
	}
}
