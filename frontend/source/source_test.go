package source_test

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/golden"

	"github.com/pybuild/pybuild/frontend/source"
)

// snippets are the corners of Python's grammar that matter to a reader of
// structure.
func snippets() []string {
	return []string{
		"import a.b as c, d.e\nfrom f import (g as h,\n  i)\nx = c.y()\ny = d.e.z()\nz = h(); w = i",
		"from . import a\nfrom .b import c\nfrom ..d import e\nfrom .... import f\n",
		"app, rt = fast_app(live=True)\n(a, b) = c = f()\n",
		"app: FastAPI = FastAPI()\nother: int\n",
		"# app = X()\n\"\"\"\napp = X()\n\"\"\"\nt = 'app = X()'\nu = r\"\\\"; v = X()\"\n",
		"x = f'{a!r:>{width}} = {X()}'\ny = rb'#' # app = X()\n",
		"app = \\\n  X(1,\n    # inner\n    name='v', *args, **kw)\n",
		"if a:\n    app = X()\nelif b:\n    app = Y()\nelse:\n    app = Z()\ntry:\n    q = W()\nexcept E:\n    q = V()\nfinally:\n    pass\nwith open(f) as fh:\n    r = S()\n",
		"def f(a, /, b=1, *, c=2, **d) -> T:\n    x = Y()\n    def g():\n        return N()\n    return x\n\ndef needs(a): return Z()\n\nasync def h(): return Y()\n\n@deco.rator(1)\n@other\ndef i(): pass\n",
		"class A(B, c.D):\n    functions = [1]\n    app = X()\n    def m(self): return Y()\n",
		"if __name__ == '__main__':\n    app = X()\n    run(app, port=80)\nif '__main__' == __name__: run2()\n",
		"match = X()\ntype = Y()\nmatch value:\n    case 1:\n        app = Z()\ntype Alias = int\n",
		"print(y := X())\nif (n := len(a)) > 10: app = Y()\n",
		"def generic[T: int](x: T = 1) -> list[T]: return X()\nclass G[T]: pass\n",
		"app = X() if a else Y()\nb = Z() or W()\nc = lambda: X()\nd = [X() for _ in y]\n",
		"L = ['a', \"b\" 'c'] + ['d']\nS = 'x' 'y'\nN = None\n",
		"\ufeffapp = X()\r\nb = Y()\r\n", "if a:\n\tapp = X()\n\tif b:\n\t\tc = Y()\n", "a = (X())\nb = await Z()\n",
		"from x import *\nfrom .y import *\n", "app = X(\n", "def f(:\n  return )\napp = Y()\n", "print 'old', X\nexec 'x'\napp = Y()\n", "\x00\xff\xfe = X()\n",
		"# /// script\n# dependencies = []\n# ///\n", "a.b = X()\na['c'] = Y()\nd += Z()\n", "x = y = X()\n", "gr.Interface(f).launch(server_port=1)\n",
	}
}

func TestRead(t *testing.T) {
	var got strings.Builder
	for _, s := range snippets() {
		fmt.Fprintf(&got, "%q\n%s\n", s, describe(source.Read([]byte(s), source.Options{Name: "p.q.r"})))
	}
	golden.Assert(t, got.String(), "read.txt")
}

func describe(m *source.Module) string {
	var b strings.Builder
	for _, i := range m.Imports {
		fmt.Fprintf(&b, "  %d:%d import %s %s as %s nested=%v\n", i.At.Line, i.At.Column, i.Module, i.Name, i.Local, i.Nested)
	}
	for _, a := range m.Assignments {
		fmt.Fprintf(&b, "  %d:%d %v%s = %s%s\n", a.At.Line, a.At.Column, a.Names, a.Annotation, value(a.Value), where(a.Where))
	}
	for _, f := range m.Functions {
		fmt.Fprintf(&b, "  %d:%d def %s bare=%v async=%v %v -> %s:", f.At.Line, f.At.Column, f.Name, f.Bare, f.Async, f.Decorators, f.Annotation)
		for _, v := range f.Returned {
			b.WriteString(" return " + value(v))
		}
		b.WriteString("\n")
	}
	for _, c := range m.Classes {
		fmt.Fprintf(&b, "  %d:%d class %s %v %v\n", c.At.Line, c.At.Column, c.Name, c.Bases, c.Names)
	}
	for _, c := range m.Calls {
		fmt.Fprintf(&b, "  %d:%d call %s%s\n", c.At.Line, c.At.Column, call(&c), where(c.Where))
	}
	if m.Guard.Line > 0 {
		fmt.Fprintf(&b, "  guard %d\n", m.Guard.Line)
	}
	if m.Inline.Line > 0 {
		fmt.Fprintf(&b, "  inline %d\n", m.Inline.Line)
	}
	return b.String()
}

func where(w source.Where) string {
	return map[bool]string{true: " guarded"}[w.Guarded] + map[bool]string{true: " conditional"}[w.Conditional]
}

func value(v source.Value) string {
	switch {
	case v.Call != nil:
		return call(v.Call)
	case v.Literal != nil:
		return fmt.Sprintf("%q", *v.Literal)
	case v.Ref != "":
		return v.Ref
	}
	return fmt.Sprintf("? %q %v", v.Strings, v.Refs)
}

func call(c *source.Call) string {
	var args []string
	for _, a := range c.Args {
		args = append(args, strings.TrimPrefix(a.Name+"=", "=")+value(a.Value))
	}
	return c.Callee + "(" + strings.Join(args, ", ") + ")"
}

// FuzzRead holds that no text is too strange to be read.
func FuzzRead(f *testing.F) {
	for _, s := range snippets() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := source.Read(data, source.Options{Name: "a.b", Package: len(data)%2 == 0})
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + strings.Count(string(data), "\f") + 1
		for _, a := range m.Assignments {
			if a.At.Line < 1 || a.At.Line > lines || a.At.Column < 1 {
				t.Errorf("an assignment at %v of %d lines", a.At, lines)
			}
		}
	})
}
