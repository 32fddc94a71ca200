package project

import (
	"errors"
	"regexp"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// InlineScript is the metadata block of a single-file script (PEP 723).
type InlineScript struct {
	// Name is the script's path in the context, Data its text.
	Name string
	Data []byte
	// File is the TOML of the block. Its places are those of the script, whose
	// text File.Data is not: see Data.
	File *tomlfile.File
	// RequiresPython is requires-python as written, Dependencies what to install.
	RequiresPython string
	Dependencies   []Requirement
	// Indexes and Sources are those of [tool.uv].
	Indexes []Index
	Sources map[string][]Source
	// At is the place of the block's first line.
	At plan.Location

	table *Pyproject // the block, read for its [tool.uv]
}

// scriptBlock is the expression of PEP 723, of which Go has no multiline $
// before the end of the text, nor back references.
var scriptBlock = regexp.MustCompile(`(?m)^# /// ([a-zA-Z0-9-]+)\r?$\n((?:^#(?:| .*)\r?$\n?)+)`)

// ParseInlineScript reads the block of a script; nil if it has none. Blocks of
// other types are for other tools. Mistakes are *diag.Error values at the lines
// of the script.
func ParseInlineScript(name string, data []byte) (*InlineScript, error) {
	s := &InlineScript{Name: name, Data: data}
	start, content, err := s.findBlock()
	if content == nil || err != nil {
		return nil, err
	}
	// The lines before and the comment signs become blank, so that every place
	// in the TOML is one in the script.
	lines := strings.Count(string(data[:start]), "\n")
	text := []byte(strings.Repeat("\n", lines+1))
	for _, line := range strings.SplitAfter(string(content), "\n") {
		switch {
		case strings.HasPrefix(line, "# "):
			line = "  " + line[2:]
		case strings.HasPrefix(line, "#"):
			line = " " + line[1:]
		}
		text = append(text, line...)
	}
	if s.File, err = tomlfile.Parse(name, text); err != nil {
		return nil, s.inScript(err)
	}
	s.At = plan.Location{File: name, Start: plan.Position{Line: lines + 1, Column: 1}, End: plan.Position{Line: lines + 1, Column: len("# /// script") + 1}}
	if err := s.read(); err != nil {
		return nil, s.inScript(err)
	}
	return s, nil
}

// findBlock returns the offset of the block `script` and its lines.
func (s *InlineScript) findBlock() (start int, content []byte, err error) {
	found := false
	// The text is taken up to each block's end, as the expression of the PEP
	// does: the last line of a run of comments that closes it.
	for at := 0; at < len(s.Data); {
		m := scriptBlock.FindSubmatchIndex(s.Data[at:])
		if m == nil {
			break
		}
		kind, body := string(s.Data[at+m[2]:at+m[3]]), s.Data[at+m[4]:at+m[5]]
		end := lastClosing(body)
		if end < 0 {
			if kind == "script" {
				return 0, nil, s.mistake(at+m[0], "end the block with a line # ///", "the block of metadata does not end")
			}
			at += m[3] // not a block
			continue
		}
		if kind == "script" {
			if found {
				return 0, nil, s.mistake(at+m[0], "join the two blocks", "there is a second block of metadata")
			}
			found, start, content = true, at+m[0], body[:end]
		}
		at += m[4] + end + len("# ///")
	}
	if found && content == nil {
		content = []byte{}
	}
	return start, content, nil
}

// closing is the end of a block.
var closing = regexp.MustCompile(`(?m)^# ///\r?$`)

// lastClosing is the offset of the last line that ends a block; -1 if none
// does. A block within the comments of another is part of that one.
func lastClosing(body []byte) int {
	all := closing.FindAllIndex(body, -1)
	if len(all) == 0 {
		return -1
	}
	return all[len(all)-1][0]
}

func (s *InlineScript) mistake(offset int, hint, message string) *diag.Error {
	line := strings.Count(string(s.Data[:offset]), "\n") + 1
	return &diag.Error{Code: "PB118", At: plan.Location{File: s.Name, Start: plan.Position{Line: line, Column: 1}, End: plan.Position{Line: line, Column: 1}},
		Source: s.Data, Message: message, Hint: hint}
}

// inScript gives errors about the TOML the text of the script.
func (s *InlineScript) inScript(err error) error {
	for _, e := range diag.All(err) {
		e.Source = s.Data
	}
	return err
}

// read takes the fields of PEP 723, and [tool.uv] as in a pyproject.toml.
func (s *InlineScript) read() error {
	var fields struct {
		RequiresPython string   `toml:"requires-python"`
		Dependencies   []string `toml:"dependencies"`
	}
	if err := s.File.Decode(&fields); err != nil {
		return err
	}
	p := &Pyproject{File: s.File, Managed: true}
	var errs []error
	if _, err := parsePythonRange(fields.RequiresPython); err != nil {
		errs = append(errs, mistake("PB105", s.File, s.File.At("requires-python"), "write a range such as \">=3.12\"", "requires-python: %v", err))
	}
	s.RequiresPython = fields.RequiresPython
	dependencies, err := p.parseList(fields.Dependencies, "dependencies")
	if err := errors.Join(append(errs, err, p.readUV())...); err != nil {
		return err
	}
	s.Dependencies, s.Indexes, s.Sources, s.table = dependencies, p.Indexes, p.Sources, p
	return nil
}
