package scripts_test

import "testing"

// undefined prints the names that scripts take from one another, and that are not there.
const undefined = `
import ast, pathlib, sys
trees = {path.stem: ast.parse(path.read_text()) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.py"))}
def defined(tree):
    for node in tree.body:
        for part in ast.walk(node) if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) else ():
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id
            elif isinstance(part, ast.alias):
                yield part.asname or part.name.split(".")[0]
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
names = {name: set(defined(tree)) for name, tree in trees.items()}
for name, tree in trees.items():
    imported = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names} & set(trees)
    local = {a.arg for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for a in node.args.args}
    local |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in trees and node.value.id not in local:
            used.add(node.value.id)
            if node.value.id not in imported:
                print(f"{name}.py:{node.lineno}: {node.value.id} is not imported")
            elif node.attr not in names[node.value.id]:
                print(f"{name}.py:{node.lineno}: {node.value.id} has no {node.attr}")
    for spare in sorted(imported - used):
        print(f"{name}.py: {spare} is imported and not used")
`

// TestNames looks for what one script wants of another, and that has none: a step would tell
// only when it runs.
func TestNames(t *testing.T) {
	t.Parallel()
	out, err := python(t, undefined, ".").CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
