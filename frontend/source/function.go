package source

import "strings"

// function reads a function of the top level.
func (r *reader) function(b *block, decorators []*block, where Where) {
	if len(b.head) < 2 || b.head[0].kind != name {
		return
	}
	f := Function{Name: b.head[0].text, Async: b.async, Where: where}
	for _, d := range decorators {
		ref := d.head[1:]
		if i := outerIndex(ref, func(t token) bool { return t.is("(") }); i > 0 {
			ref = ref[:i]
		}
		if ref := dotted(ref); ref != "" {
			f.Decorators = append(f.Decorators, r.resolve(ref))
		}
	}
	open := outerIndex(b.head, func(t token) bool { return t.is("(") })
	if open < 0 {
		return
	}
	end := outerIndex(b.head, func(t token) bool { return t.is("->") })
	if end < 0 {
		end = len(b.head)
	} else {
		f.Annotation = r.annotation(b.head[end+1:])
	}
	r.local = map[string]string{}
	defer func() { r.local = nil }()
	f.Bare = r.parameters(b.head[open+1 : max(open+1, end-1)])
	r.bindLocal(b.body)
	body := &functionBody{reader: r, where: where}
	body.read(b.body)
	f.Calls, f.Returned = body.calls, body.results()
	r.module.Functions = append(r.module.Functions, f)
}

// parameters binds them and reports whether none must be given.
func (r *reader) parameters(tokens []token) (bare bool) {
	bare = true
	for _, p := range splitOuter(tokens) {
		if len(p) == 0 || p[0].is("/") || p[0].is("*") && len(p) == 1 {
			continue
		}
		variadic := p[0].is("*") || p[0].is("**")
		if variadic {
			p = p[1:]
		}
		if len(p) > 0 && p[0].kind == name {
			r.local[p[0].text] = "." + p[0].text
		}
		if !variadic && outerIndex(p, func(t token) bool { return t.is("=") }) < 0 {
			bare = false
		}
	}
	return bare
}

// functionBody collects what a function does.
type functionBody struct {
	*reader
	where       Where
	assignments []Assignment
	calls       []Call
	returned    []Value
}

func (f *functionBody) read(body []*block) {
	for _, b := range body {
		where := f.where
		where.At = b.first.at()
		switch {
		case b.first.is("@"):
		case b.word == "def" || b.word == "class":
		case b.word == "with":
			f.calls = append(f.calls, f.with(b, where, &f.assignments)...)
			f.read(b.body)
		case b.word != "":
			_, calls := f.expression(b.head, where)
			f.calls = append(f.calls, calls...)
			f.read(b.body)
		case b.first.word("import") || b.first.word("from"):
		case b.first.word("return"):
			_, calls := f.expression(b.head[1:], where)
			f.calls = append(f.calls, calls...)
			f.returned = append(f.returned, f.value(b.head[1:], where))
		default:
			assignments, calls := f.assign(b.head, where)
			f.assignments = append(f.assignments, assignments...)
			f.calls = append(f.calls, calls...)
		}
	}
}

// results are the returned values, with those of local names in their place.
func (f *functionBody) results() []Value {
	var all []Value
	for _, v := range f.returned {
		local, isLocal := strings.CutPrefix(v.Ref, ".")
		found := false
		for _, a := range f.assignments {
			// Of a tuple the first is taken, as fast_app and its like have it.
			if isLocal && !a.Augmented && len(a.Names) > 0 && a.Names[0] == local {
				value := a.Value
				if value.Call == nil && value.Ref == "" && a.Annotation != "" {
					value.Ref = a.Annotation + "()"
				}
				all = append(all, value)
				found = true
			}
		}
		if !found {
			all = append(all, v)
		}
	}
	return all
}
