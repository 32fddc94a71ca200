package source

// block is a statement: a simple one, or the head of a compound one with what
// is indented below it.
type block struct {
	// word is the keyword of a compound statement, "" for a simple one.
	word string
	// async reports `async` before the keyword, which head has not.
	async bool
	// head is a simple statement, or what stands between keyword and colon.
	head []token
	// first is the first token.
	first token
	body  []*block
}

// nest makes a tree of lines by their indentation. A line belongs to the last
// statement that ends in a colon and is indented less.
func nest(lines []line) *block {
	root := &block{}
	type level struct {
		indent int
		*block
	}
	stack := []level{{-1, root}}
	for _, l := range lines {
		for len(stack) > 1 && l.indent <= stack[len(stack)-1].indent {
			stack = stack[:len(stack)-1]
		}
		parent := stack[len(stack)-1].block
		compound, simple := split(l.tokens, parent.word == "match")
		if compound == nil {
			parent.body = append(parent.body, simple...)
			continue
		}
		compound.body = simple
		parent.body = append(parent.body, compound)
		if len(simple) == 0 {
			stack = append(stack, level{l.indent, compound})
		}
	}
	return root
}

// split reads a line as a compound statement with what follows its colon, or
// as simple statements.
func split(tokens []token, inMatch bool) (*block, []*block) {
	b := &block{first: tokens[0]}
	rest := tokens
	if len(rest) > 1 && rest[0].word("async") {
		b.async, rest = true, rest[1:]
	}
	if !isCompound(rest, inMatch) {
		return nil, simple(tokens)
	}
	b.word = rest[0].text
	depth, lambdas := 0, 0
	for i, t := range rest {
		switch {
		case opens(t):
			depth++
		case closes(t):
			depth--
		case depth == 0 && t.word("lambda"):
			lambdas++
		case depth == 0 && t.is(":") && lambdas > 0:
			lambdas--
		case depth == 0 && t.is(":"):
			b.head = rest[1:i]
			return b, simple(rest[i+1:])
		}
	}
	// The colon is missing: take what there is for the head.
	b.head = rest[1:]
	return b, nil
}

func isCompound(tokens []token, inMatch bool) bool {
	if tokens[0].kind != name {
		return false
	}
	switch tokens[0].text {
	case "if", "elif", "else", "for", "while", "try", "except", "finally", "with", "def", "class":
		return true
	case "match":
		// A soft keyword: it may as well be the name of anything.
		return len(tokens) > 2 && tokens[len(tokens)-1].is(":") && !startsOther(tokens[1])
	case "case":
		return inMatch && len(tokens) > 2 && !startsOther(tokens[1])
	}
	return false
}

// startsOther reports a token after a soft keyword which makes it a name.
func startsOther(t token) bool {
	return t.is(":") || t.is("=") || t.is(".") || t.is(",") || t.is(":=")
}

// simple splits statements at semicolons.
func simple(tokens []token) []*block {
	var all []*block
	depth, start := 0, 0
	add := func(end int) {
		if end > start {
			all = append(all, &block{head: tokens[start:end], first: tokens[start]})
		}
		start = end + 1
	}
	for i, t := range tokens {
		switch {
		case opens(t):
			depth++
		case closes(t):
			depth--
		case depth == 0 && t.is(";"):
			add(i)
		}
	}
	add(len(tokens))
	return all
}
