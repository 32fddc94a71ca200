package source

import "strings"

// top reads the statements of the top level.
func (r *reader) top(body []*block, where Where) {
	var decorators []*block
	for _, b := range body {
		where.At = b.first.at()
		if b.first.is("@") {
			decorators = append(decorators, b)
			continue
		}
		switch b.word {
		case "":
			r.simple(b, where)
		case "def":
			r.function(b, decorators, where)
		case "class":
			r.class(b, where)
		default:
			r.compound(b, where)
		}
		decorators = nil
	}
}

func (r *reader) compound(b *block, where Where) {
	inner := where
	switch b.word {
	case "with":
		r.with(b, where, &r.module.Assignments)
	case "if", "elif":
		if isGuard(b.head) {
			inner.Guarded = true
			if r.module.Guard.Line == 0 {
				r.module.Guard = b.first.at()
			}
			break
		}
		inner.Conditional = true
	case "for", "while", "except", "else", "case":
		inner.Conditional = true
	}
	if b.word != "with" {
		_, calls := r.expression(b.head, where)
		r.module.Calls = append(r.module.Calls, calls...)
	}
	r.top(b.body, inner)
}

// isGuard reports a condition of `__name__ == "__main__"`.
func isGuard(head []token) bool {
	for i := 1; i+1 < len(head); i++ {
		if !head[i].is("==") {
			continue
		}
		left, right := head[i-1], head[i+1]
		if left.kind == text {
			left, right = right, left
		}
		if s, ok := literal(right); ok && s == "__main__" && left.word("__name__") {
			return true
		}
	}
	return false
}

// with reads `with f() as a, g() as b`, which binds like assignments do.
func (r *reader) with(b *block, where Where, into *[]Assignment) []Call {
	head := b.head
	if len(head) > 1 && head[0].is("(") && closesLast(head) {
		head = head[1 : len(head)-1]
	}
	var all []Call
	for _, item := range splitOuter(head) {
		as := outerIndex(item, func(t token) bool { return t.word("as") })
		target := []token(nil)
		if as >= 0 {
			item, target = item[:as], item[as+1:]
		}
		value, calls := r.expression(item, where)
		all = append(all, calls...)
		if local := dotted(target); local != "" && !strings.Contains(local, ".") {
			*into = append(*into, Assignment{Names: []string{local}, Value: value, Where: where})
		}
	}
	if where.At.Line > 0 && into == &r.module.Assignments {
		r.module.Calls = append(r.module.Calls, all...)
	}
	return all
}

// simple reads an assignment or an expression of the top level.
func (r *reader) simple(b *block, where Where) {
	if b.first.word("import") || b.first.word("from") {
		return
	}
	assignments, calls := r.assign(b.head, where)
	r.module.Assignments = append(r.module.Assignments, assignments...)
	r.module.Calls = append(r.module.Calls, calls...)
}

// assign reads a simple statement as assignments, with all calls in it.
func (r *reader) assign(tokens []token, where Where) ([]Assignment, []Call) {
	eq := outerIndex(tokens, func(t token) bool { return t.is("=") || isAugmented(t) })
	if eq <= 0 || eq == len(tokens)-1 {
		_, calls := r.expression(tokens, where)
		return nil, calls
	}
	a := Assignment{Augmented: !tokens[eq].is("="), Where: where}
	target, rest := tokens[:eq], tokens[eq+1:]
	if colon := outerIndex(target, func(t token) bool { return t.is(":") }); colon > 0 {
		a.Annotation = r.annotation(target[colon+1:])
		target = target[:colon]
	}
	targets := [][]token{target}
	for {
		i := outerIndex(rest, func(t token) bool { return t.is("=") })
		if i < 0 || i == len(rest)-1 {
			break
		}
		targets = append(targets, rest[:i])
		rest = rest[i+1:]
	}
	_, calls := r.expression(rest, where)
	a.Value = r.value(rest, where)
	var all []Assignment
	// The rightmost target gets the value, and the others its name.
	for i := len(targets) - 1; i >= 0; i-- {
		a.Names = names(targets[i])
		switch {
		case len(a.Names) > 0:
			all = append(all, a)
			if len(a.Names) == 1 {
				a.Value = Value{Ref: "." + a.Names[0], Refs: []string{"." + a.Names[0]}}
			}
		default:
			calls = append(calls, r.item(targets[i], a.Value, where)...)
		}
	}
	return all, calls
}

func isAugmented(t token) bool {
	if t.kind != operator || len(t.text) < 2 || !strings.HasSuffix(t.text, "=") {
		return false
	}
	switch t.text {
	case "==", "!=", "<=", ">=", ":=":
		return false
	}
	return true
}

// names are the targets of an assignment; nil if one is no plain name.
func names(tokens []token) []string {
	if len(tokens) > 2 && opens(tokens[0]) && closesLast(tokens) {
		tokens = tokens[1 : len(tokens)-1]
	}
	var all []string
	for _, part := range splitOuter(tokens) {
		if len(part) > 0 && part[0].is("*") {
			part = part[1:]
		}
		if len(part) != 1 || part[0].kind != name || isKeyword(part[0].text) {
			return nil
		}
		all = append(all, part[0].text)
	}
	return all
}

// item reads `a.b["key"] = value` as a call of a.b.__setitem__, since it sets
// variables of the environment.
func (r *reader) item(target []token, value Value, where Where) []Call {
	i := outerIndex(target, func(t token) bool { return t.is("[") })
	if i <= 0 || !target[len(target)-1].is("]") {
		return nil
	}
	object, key := dotted(target[:i]), joined(target[i+1:len(target)-1])
	if object == "" || key == nil {
		return nil
	}
	value.Call = nil
	return []Call{{Callee: r.resolve(object) + ".__setitem__", Where: where,
		Args: []Argument{{Value: Value{Literal: key, Strings: []string{*key}}}, {Value: value}}}}
}

// annotation qualifies a type, which may be written as a string.
func (r *reader) annotation(tokens []token) string {
	if s := joined(tokens); s != nil {
		lines := scan(*s)
		if len(lines) != 1 {
			return ""
		}
		tokens = lines[0].tokens
	}
	if ref := dotted(tokens); ref != "" {
		return r.resolve(ref)
	}
	return ""
}

// class reads a class and what its body assigns.
func (r *reader) class(b *block, where Where) {
	if len(b.head) == 0 {
		return
	}
	c := Class{Name: b.head[0].text, Where: where}
	if i := outerIndex(b.head, func(t token) bool { return t.is("(") }); i > 0 && len(b.head) > i+1 {
		end := len(b.head)
		if b.head[end-1].is(")") {
			end--
		}
		for _, base := range splitOuter(b.head[i+1 : end]) {
			if ref := dotted(base); ref != "" {
				c.Bases = append(c.Bases, r.resolve(ref))
			}
		}
	}
	for _, s := range b.body {
		if s.word != "" {
			continue
		}
		assignments, _ := r.assign(s.head, where)
		for _, a := range assignments {
			c.Names = append(c.Names, a.Names...)
		}
	}
	r.module.Classes = append(r.module.Classes, c)
}
