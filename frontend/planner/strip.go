package planner

import (
	"slices"
	"strings"
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

// installScripts are the scripts of an install step.
func (b *builder) installScripts() []string {
	scripts := []string{"install.py", "tree.py", "uv.py"}
	if len(b.Config.Build.Strip) > 0 {
		scripts = append(scripts, "slim.py")
	}
	return scripts
}
