package planner

import (
	"slices"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// stripFlags say which files an install step leaves out. The order of the
// configuration does not matter: the same kinds are the same step.
func (b *builder) stripFlags() []string {
	kinds := slices.Compact(slices.Sorted(slices.Values(b.Config.Build.Strip)))
	if len(kinds) == 0 {
		return nil
	}
	return []string{"--strip", strings.Join(kinds, ",")}
}

// shebangFlags say which interpreter scripts shall name, where they are installed
// by another than the image's.
func (b *builder) shebangFlags(on plan.Ref) []string {
	if by := b.interpreter(on); by != b.plan.Python.Executable {
		return []string{"--shebang", by + "=" + b.plan.Python.Executable}
	}
	return nil
}

// installScripts are the scripts of an install step.
func (b *builder) installScripts() []string {
	scripts := uvScripts("install.py", "overlap.py", "tree.py")
	if b.Builder != nil {
		scripts = append(scripts, "interpreter.py")
	}
	if len(b.Config.Build.Strip) > 0 {
		scripts = append(scripts, "slim.py")
	}
	return scripts
}
