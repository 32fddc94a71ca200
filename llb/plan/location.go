package plan

import "fmt"

// Position is a place in a text file. Lines and columns count from 1; columns
// count bytes, as the TOML and BuildKit positions do.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Location is the span of a file that asked for something. The zero Location
// means that nobody asked: the value is a default.
type Location struct {
	File  string   `json:"file,omitempty"`
	Start Position `json:"start,omitzero"`
	End   Position `json:"end,omitzero"`
}

// IsZero reports whether the location points nowhere.
func (l Location) IsZero() bool { return l == Location{} }

// String renders file:line:column, the form that editors and terminals link.
func (l Location) String() string {
	switch {
	case l.File == "":
		return ""
	case l.Start.Line == 0:
		return l.File
	}
	return fmt.Sprintf("%s:%d:%d", l.File, l.Start.Line, l.Start.Column)
}
