package migrate

import (
	"slices"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// sort brings notes into the order of the file, each once.
func (f *found) sort() {
	for _, list := range []*[]Note{&f.left, &f.todo} {
		slices.SortStableFunc(*list, func(a, b Note) int {
			if a.At.File != b.At.File {
				return strings.Compare(a.At.File, b.At.File)
			}
			if a.At.Start.Line != b.At.Start.Line {
				return a.At.Start.Line - b.At.Start.Line
			}
			return a.At.Start.Column - b.At.Start.Column
		})
		*list = slices.CompactFunc(*list, func(a, b Note) bool { return a.At.Start == b.At.Start && a.What == b.What && a.Why == b.Why })
	}
}

// text is the file.
func (f *found) text() string {
	var b strings.Builder
	b.WriteString("# syntax=org/pybuild\n#\n# Migrated from " + plan.Printable(f.file) + ", whose lines stand behind the keys. What is missing here pybuild finds by\n# itself. All keys are in docs/reference.md.\n")
	b.WriteString(f.keys.text())
	if len(f.todo) > 0 {
		b.WriteString("\n# To do by hand, since there is no key for it:\n")
	}
	for _, n := range f.todo {
		b.WriteString("#\n# " + plan.Printable(n.At.File) + ":" + itoa(n.At.Start.Line) + ": " + n.What + "\n")
		for _, line := range strings.Split(strings.TrimSpace(n.Why), "\n") {
			for _, part := range wrapped(line, 96) {
				b.WriteString("#   " + part + "\n")
			}
		}
	}
	return b.String()
}

// wrapped breaks a line between words.
func wrapped(line string, width int) []string {
	var lines []string
	last := ""
	for _, word := range strings.Split(line, " ") {
		switch {
		case last == "":
			last = word
		case len(last)+1+len(word) > width:
			lines, last = append(lines, last), word
		default:
			last += " " + word
		}
	}
	return append(lines, last)
}
