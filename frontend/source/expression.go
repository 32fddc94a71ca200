package source

import (
	"slices"
	"strings"
)

const (
	// maxCalls is how deep calls may lie in the arguments of calls.
	maxCalls = 8
	// maxChain is how long a name may be.
	maxChain = 256
	// maxBrackets is how deep brackets may lie, which is Python's own limit.
	maxBrackets = 200
)

// isKeyword reports a word that is never a name within an expression.
func isKeyword(word string) bool {
	switch word {
	case "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
		"elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
		"not", "or", "pass", "raise", "return", "try", "while", "with", "yield":
		return true
	}
	return false
}

// expression reads one expression from left to right. A chain is a name with
// the attributes, calls and subscripts that follow it.
type expression struct {
	resolve func(dotted string) string
	where   Where

	value  Value
	calls  []*Call
	frames []frame // the open brackets
	depth  int     // how many of them are calls

	chain  string // the chain that ends at the last token, "" if none does
	start  token  // its first token
	whole  bool   // the outer level is nothing but one chain
	chains int    // that start there
}

// frame is an open bracket.
type frame struct {
	call  *Call    // nil if the bracket is no call
	arg   Argument // the current one
	from  int      // its first token
	chain string   // what stands before the bracket
	start token
}

// read reads the tokens of an expression.
func (e *expression) read(tokens []token) {
	e.whole = true
	for i, t := range tokens {
		if len(e.frames) > maxBrackets {
			tokens = tokens[:i]
			e.whole = false
			break
		}
		switch {
		case t.kind == name && !isKeyword(t.text):
			e.name(tokens, i)
		case t.is(".") && e.chain != "" && !strings.HasSuffix(e.chain, "."):
			e.chain += "."
		case opens(t):
			e.open(i, t)
		case closes(t):
			e.close(tokens[:i], t)
		case t.is("=") && e.keyword(tokens[:i]):
		default:
			e.other()
			if s, ok := literal(t); ok {
				e.string(s)
			}
			if t.is(",") && len(e.frames) > 0 {
				e.frames[len(e.frames)-1].next(tokens[:i], e.resolve)
			}
		}
	}
	last := strings.TrimSuffix(e.chain, ".")
	e.end()
	for i := range e.frames {
		e.frames[i].next(tokens, e.resolve)
	}
	e.finish(tokens, last)
}

// next ends an argument, before the token at the end of tokens.
func (f *frame) next(tokens []token, resolve func(string) string) {
	if f.call != nil && f.from < len(tokens) {
		f.arg.Literal = joined(tokens[f.from:])
		if ref := dotted(tokens[f.from:]); ref != "" {
			f.arg.Ref = resolve(ref)
		}
		f.call.Args = append(f.call.Args, f.arg)
	}
	f.arg, f.from = Argument{}, len(tokens)+1
}

func (e *expression) name(tokens []token, i int) {
	t := tokens[i]
	switch {
	case strings.HasSuffix(e.chain, ".") && len(e.chain) <= maxChain:
		e.chain += t.text
	case i > 0 && tokens[i-1].is("."):
		e.other() // an attribute of something without a name
	default:
		e.end()
		e.chain, e.start = t.text, t
		if len(e.frames) == 0 {
			e.chains++
		}
	}
}

// keyword takes the name before `=` for that of an argument.
func (e *expression) keyword(tokens []token) bool {
	if len(e.frames) == 0 {
		return false
	}
	f := &e.frames[len(e.frames)-1]
	if f.call == nil || f.from != len(tokens)-1 || e.chain != tokens[f.from].text {
		return false
	}
	f.arg.Name, f.from = e.chain, len(tokens)+1
	e.chain = ""
	return true
}

// other is a token that is part of no chain.
func (e *expression) other() {
	e.end()
	if len(e.frames) == 0 {
		e.whole = false
	}
}

// end records a chain as a reference. One with brackets was recorded before.
func (e *expression) end() {
	ref := strings.TrimSuffix(e.chain, ".")
	e.chain = ""
	if ref != "" && !strings.ContainsAny(ref, "([") {
		e.refer(ref)
	}
}

func (e *expression) refer(ref string) {
	ref = e.resolve(ref)
	e.value.Refs = append(e.value.Refs, ref)
	for i := range e.frames {
		if f := &e.frames[i]; f.call != nil {
			f.arg.Refs = append(f.arg.Refs, ref)
		}
	}
}

func (e *expression) string(s string) {
	e.value.Strings = append(e.value.Strings, s)
	for i := range e.frames {
		if f := &e.frames[i]; f.call != nil {
			f.arg.Strings = append(f.arg.Strings, s)
		}
	}
}

func (e *expression) open(i int, t token) {
	chain := strings.TrimSuffix(e.chain, ".")
	if t.is("{") || chain == "" {
		e.other()
		e.frames = append(e.frames, frame{})
		return
	}
	e.end()
	f := frame{chain: chain, start: e.start, from: i + 1}
	if t.is("(") && e.depth < maxCalls {
		e.depth++
		f.call = &Call{Callee: e.qualify(chain), Where: e.where}
		f.call.At = e.start.at()
		e.calls = append(e.calls, f.call)
	}
	e.frames = append(e.frames, f)
}

func (e *expression) close(before []token, t token) {
	e.end()
	if len(e.frames) == 0 {
		e.whole = false
		return
	}
	f := &e.frames[len(e.frames)-1]
	f.next(before, e.resolve)
	if f.call != nil {
		e.depth--
	}
	e.start = f.start
	if f.chain != "" && len(f.chain) <= maxChain {
		e.chain = f.chain + "()"
		if !t.is(")") {
			e.chain = f.chain + "[]"
		}
	}
	e.frames = e.frames[:len(e.frames)-1]
}

// qualify resolves the part of a chain before the first bracket.
func (e *expression) qualify(chain string) string {
	if i := strings.IndexAny(chain, "(["); i >= 0 {
		return e.resolve(strings.TrimSuffix(chain[:i], ".")) + chain[i:]
	}
	return e.resolve(chain)
}

// finish tells what the whole expression is, from the chain that it ends in.
func (e *expression) finish(tokens []token, last string) {
	e.value.Literal = joined(tokens)
	e.value.True = len(tokens) == 1 && tokens[0].kind == name && tokens[0].text == "True"
	if !e.whole || e.chains != 1 || last == "" {
		return
	}
	callee, isCall := strings.CutSuffix(last, "()")
	switch {
	case !strings.ContainsAny(last, "(["):
		e.value.Ref = e.resolve(last)
	case isCall:
		callee = e.qualify(callee)
		for _, c := range slices.Backward(e.calls) {
			if c.Callee == callee && c.At == e.start.at() {
				e.value.Call = c
				return
			}
		}
	}
}

// joined is the value of strings that stand side by side; nil for anything else.
func joined(tokens []token) *string {
	var b strings.Builder
	for _, t := range tokens {
		s, ok := literal(t)
		if !ok {
			return nil
		}
		b.WriteString(s)
	}
	if len(tokens) == 0 {
		return nil
	}
	whole := b.String()
	return &whole
}

// dotted is the name that the tokens are, "" if they are anything else.
func dotted(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i%2 == 0 && (t.kind != name || isKeyword(t.text)) || i%2 == 1 && !t.is(".") || b.Len() > maxChain {
			return ""
		}
		b.WriteString(t.text)
	}
	if len(tokens)%2 == 0 {
		return ""
	}
	return b.String()
}

// outerIndex is the index of the first token outside of brackets that fits.
func outerIndex(tokens []token, fits func(token) bool) int {
	depth := 0
	for i, t := range tokens {
		switch {
		case depth == 0 && fits(t):
			return i
		case opens(t):
			depth++
		case closes(t):
			depth--
		}
	}
	return -1
}

// splitOuter splits tokens at the commas outside of brackets.
func splitOuter(tokens []token) [][]token {
	var parts [][]token
	for len(tokens) > 0 {
		i := outerIndex(tokens, func(t token) bool { return t.is(",") })
		if i < 0 {
			return append(parts, tokens)
		}
		parts = append(parts, tokens[:i])
		tokens = tokens[i+1:]
	}
	return parts
}
