package source

import "strings"

// scope is where an import stands.
type scope struct {
	nested bool
	// names collects what is bound within a function, nil elsewhere.
}

// imports reads the imports of a tree, those of functions too, though these
// bind names only there.
func (r *reader) imports(body []*block, s scope) {
	for _, b := range body {
		switch {
		case b.word == "def" || b.word == "class":
			r.imports(b.body, scope{nested: true})
		case b.word != "":
			r.imports(b.body, s)
		case b.first.word("import") || b.first.word("from"):
			for _, imp := range r.statement(b, s.nested) {
				r.module.Imports = append(r.module.Imports, imp)
				if !s.nested {
					bind(r.global, imp)
				}
			}
		}
	}
}

// bindLocal binds the imports of a function.
func (r *reader) bindLocal(body []*block) {
	for _, b := range body {
		switch {
		case b.word == "def" || b.word == "class":
		case b.word != "":
			r.bindLocal(b.body)
		case b.first.word("import") || b.first.word("from"):
			for _, imp := range r.statement(b, true) {
				bind(r.local, imp)
			}
		}
	}
}

func bind(names map[string]string, imp Import) {
	switch {
	case imp.Local == "" || imp.Module == "":
	case imp.Name != "":
		names[imp.Local] = imp.Module + "." + imp.Name
	case imp.Local != imp.Module && strings.HasPrefix(imp.Module, imp.Local+"."):
		names[imp.Local] = imp.Local // `import a.b` binds a
	default:
		names[imp.Local] = imp.Module
	}
}

// statement reads one import statement.
func (r *reader) statement(b *block, nested bool) []Import {
	tokens := b.head[1:]
	if b.first.word("import") {
		var all []Import
		for _, part := range splitOuter(tokens) {
			module, local, at := alias(part)
			if module == "" {
				continue
			}
			if local == "" {
				local, _, _ = strings.Cut(module, ".")
			}
			all = append(all, Import{Module: module, Local: local, Nested: nested, At: at.at()})
		}
		return all
	}
	dots, i := 0, 0
	for ; i < len(tokens) && (tokens[i].is(".") || tokens[i].is("...")); i++ {
		dots += len(tokens[i].text)
	}
	from := i
	for i < len(tokens) && !tokens[i].word("import") {
		i++
	}
	module := dotted(tokens[from:i])
	if i >= len(tokens)-1 || module == "" && (dots == 0 || i > from) {
		return nil
	}
	if dots > 0 {
		module = r.absolute(module, dots)
	}
	rest := tokens[i+1:]
	if rest[0].is("(") {
		rest = rest[1:]
		if end := len(rest) - 1; end >= 0 && rest[end].is(")") {
			rest = rest[:end]
		}
	}
	var all []Import
	for _, part := range splitOuter(rest) {
		imp := Import{Module: module, Relative: dots > 0, Nested: nested}
		if len(part) > 0 && part[0].is("*") {
			imp.Name, imp.At = "*", part[0].at()
			all = append(all, imp)
			continue
		}
		var at token
		imp.Name, imp.Local, at = alias(part)
		if imp.Name == "" || strings.Contains(imp.Name, ".") {
			continue
		}
		if imp.At = at.at(); imp.Local == "" {
			imp.Local = imp.Name
		}
		all = append(all, imp)
	}
	return all
}

// alias reads `name` or `name as local`.
func alias(tokens []token) (module, local string, at token) {
	if len(tokens) == 0 {
		return "", "", token{}
	}
	at = tokens[0]
	if n := len(tokens); n > 2 && tokens[n-2].word("as") {
		local = dotted(tokens[n-1:])
		tokens = tokens[:n-2]
	}
	return dotted(tokens), local, at
}

// absolute resolves a relative import; "" if it leads out of the tree.
func (r *reader) absolute(module string, dots int) string {
	parts := strings.Split(r.options.Name, ".")
	if !r.options.Package {
		dots++
	}
	keep := len(parts) - dots + 1
	if r.options.Name == "" || keep < 1 {
		return ""
	}
	base := strings.Join(parts[:keep], ".")
	if module == "" {
		return base
	}
	return base + "." + module
}
