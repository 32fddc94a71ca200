package source

import "github.com/pybuild/pybuild/llb/plan"

// Module is the structure of one file. Names in it are qualified: "fastapi.FastAPI"
// for what the module imports, with a leading dot, such as ".app", for what it
// does not. A call within a longer name reads "()", a subscript "[]".
type Module struct {
	// Name is the dotted name that the module was read as.
	Name string
	// Imports are all imports, those within functions and classes too.
	Imports []Import
	// Assignments, Functions, Classes and Calls are those of the top level,
	// which includes the bodies of if, try, with, for and while.
	Assignments []Assignment
	Functions   []Function
	Classes     []Class
	Calls       []Call
	// Guard is the place of `if __name__ == "__main__":`, zero without one.
	Guard plan.Position
	// Inline is the place of inline script metadata (PEP 723), zero without.
	Inline plan.Position
}

// Import is one imported name.
type Import struct {
	// Module is the dotted module, absolute; "" where a relative import leads
	// out of the tree. Name is what is taken from it: "" for `import module`,
	// "*" for everything.
	Module, Name string
	// Local is the name that is bound, "" for a star.
	Local string
	// Relative reports an import that starts with a dot in the source.
	Relative bool
	// Nested reports an import within a function or a class.
	Nested bool
	At     plan.Position
}

// Assignment binds names to a value at the top level. `a = b = f()` is two: b
// to the call, then a to the name b. `with f() as a` counts as well.
type Assignment struct {
	// Names are the targets, several for a tuple.
	Names []string
	Value Value
	// Annotation is the qualified type, if it is a plain name.
	Annotation string
	// Augmented reports `+=` and the like.
	Augmented bool
	Where
}

// Where says under which circumstances a statement of the top level runs.
type Where struct {
	At plan.Position
	// Guarded reports the body of `if __name__ == "__main__":`.
	Guarded bool
	// Conditional reports the body of any other `if`, `for`, `while`, `except`.
	Conditional bool
}

// Value is what can be told about an expression.
type Value struct {
	// Call is set if the whole expression is a call, Ref if it is a name,
	// Literal if it is a plain string.
	Call    *Call
	Ref     string
	Literal *string
	// True reports that it is the word.
	True bool
	// Strings and Refs are all plain strings and names within the expression.
	Strings []string
	Refs    []string
}

// Call is a call of something that has a name.
type Call struct {
	// Callee is the qualified name, such as "uvicorn.run", ".app.run" or
	// "gradio.Interface().launch".
	Callee string
	Args   []Argument
	Where
}

// Argument is one argument of a call.
type Argument struct {
	// Name is the keyword, "" for a positional argument.
	Name string
	Value
}

// Function is a function at the top level.
type Function struct {
	Name  string
	Async bool
	// Bare reports that the function can be called without arguments.
	Bare bool
	// Decorators are their qualified names, Annotation that of the result.
	Decorators []string
	Annotation string
	// Returned are the values of all return statements. Where a local name is
	// returned they are what was assigned to it, in order.
	Returned []Value
	// Calls are those of the body, without those of nested functions.
	Calls []Call
	Where
}

// Class is a class at the top level.
type Class struct {
	Name  string
	Bases []string
	// Names are what is assigned in its body.
	Names []string
	Where
}

// Imported is what the name is bound to by an import of the top level.
func (m *Module) Imported(local string) (Import, bool) {
	for i := len(m.Imports) - 1; i >= 0; i-- {
		if imp := m.Imports[i]; imp.Local == local && !imp.Nested {
			return imp, true
		}
	}
	return Import{}, false
}

// Stars are the modules from which everything is imported.
func (m *Module) Stars() []string {
	var stars []string
	for _, imp := range m.Imports {
		if imp.Name == "*" && imp.Module != "" {
			stars = append(stars, imp.Module)
		}
	}
	return stars
}
