package planner

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	// largeApp is more than code takes, and what data or a model commonly has.
	largeApp = 100_000_000
	// listedDirs are the directories that are looked into, those near the root first: the
	// engine is asked for each of them.
	listedDirs = 100
)

// LargeApp warns of files that would make the image large, out of the view of the context
// that the app is made of.
func LargeApp(in Input, app fs.FS) []diag.Warning {
	if b := (&builder{Input: in}); b.withoutFiles() {
		return nil
	}
	m := measure(app)
	total := m.sizes["."]
	if total < largeApp {
		return nil
	}
	var named, patterns []string
	for _, name := range m.largest(".") {
		if len(named) == 3 || m.sizes[name] < total/10 {
			break
		}
		for next := m.largest(name); len(next) > 0 && m.sizes[next[0]] > m.sizes[name]*8/10; next = m.largest(name) {
			name = next[0]
		}
		named = append(named, name+" ("+plan.Megabytes(m.sizes[name])+")")
		patterns = append(patterns, name)
	}
	w := diag.Warning{Rule: "LargeApp", At: in.Config.At("runtime", "include"),
		Message: plan.Megabytes(total) + " of the build context become part of the image",
		Hint:    "leave out what the app does without: in .dockerignore, or with exclude in [runtime]"}
	if m.partly {
		w.Message = "more than " + w.Message
	}
	if len(named) > 0 {
		w.Message += ": " + strings.Join(named, ", ")
		w.Hint = fmt.Sprintf("leave out what the app does without: in .dockerignore, or with exclude = [%q] in [runtime]", patterns[0])
	}
	return []diag.Warning{w}
}

// measured are the sizes of files, and of directories with all that is below.
type measured struct {
	sizes  map[string]int64
	below  map[string][]string // by directory
	partly bool                // not all directories were listed
}

func measure(fsys fs.FS) measured {
	m := measured{sizes: map[string]int64{}, below: map[string][]string{}}
	queue := []string{"."}
	for n := 0; len(queue) > 0; n++ {
		if n == listedDirs {
			m.partly = true
			break
		}
		dir := queue[0]
		queue = queue[1:]
		entries, err := fs.ReadDir(fsys, dir)
		if err != nil {
			continue // it may be worth a warning, and nothing more
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			m.below[dir] = append(m.below[dir], name)
			if e.IsDir() {
				queue = append(queue, name)
				continue
			}
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			m.sizes[name] = info.Size()
			for up := dir; ; up = path.Dir(up) {
				if m.sizes[up] += info.Size(); up == "." {
					break
				}
			}
		}
	}
	return m
}

// largest is what a directory has, the largest first.
func (m measured) largest(dir string) []string {
	return slices.SortedFunc(slices.Values(m.below[dir]), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.sizes[b], m.sizes[a]), cmp.Compare(a, b))
	})
}
