package project

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// jsonFile is a JSON file whose keys know their places.
type jsonFile struct {
	name   string
	data   []byte
	places map[string]int // offsets behind the keys, by their path
	lines  []int          // offsets of the starts of lines
}

// maxJSONPlaces is how deep keys are told apart.
const maxJSONPlaces = 3

// parseJSON decodes a file into v. Mistakes are *diag.Error values.
func parseJSON(name string, data []byte, v any, hint string) (*jsonFile, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	f := &jsonFile{name: name, data: data, places: map[string]int{}, lines: []int{0}}
	for i, c := range data {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	if wrong := diag.Encoding(name, data); wrong != nil {
		return nil, wrong
	}
	if err := json.Unmarshal(data, v); err != nil {
		if conflict := diag.Conflict(name, data); conflict != nil {
			return nil, conflict
		}
		offset := int64(0)
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			offset = syntax.Offset - 1
		case errors.As(err, &kind):
			offset = kind.Offset - 1
		}
		if strings.Contains(err.Error(), "exceeded max depth") {
			return nil, &diag.Error{Code: "PB701", At: f.at(int(offset), 1), Source: data, Message: name + " has lists and tables nested deeper than any real file's", Hint: limitHint}
		}
		return nil, &diag.Error{Code: "PB108", At: f.at(int(offset), 1), Source: data, Message: fmt.Sprintf("%s cannot be read: %v", name, err), Hint: hint}
	}
	f.index(json.NewDecoder(bytes.NewReader(data)), nil)
	return f, nil
}

// index records the places of keys, for text that parses.
func (f *jsonFile) index(d *json.Decoder, path []string) {
	token, err := d.Token()
	if err != nil {
		return
	}
	switch token {
	case json.Delim('{'):
		for d.More() {
			key, err := d.Token()
			name, ok := key.(string)
			if err != nil || !ok {
				return
			}
			at := append(path[:len(path):len(path)], name)
			if len(at) > maxJSONPlaces {
				var skip json.RawMessage
				if d.Decode(&skip) != nil {
					return
				}
				continue
			}
			f.places[strings.Join(at, "\x00")] = int(d.InputOffset())
			f.index(d, at)
		}
		_, _ = d.Token()
	case json.Delim('['):
		for d.More() {
			var skip json.RawMessage
			if d.Decode(&skip) != nil {
				return
			}
		}
		_, _ = d.Token()
	}
}

// keyAt is the place of the key at path, or of the nearest one above it.
func (f *jsonFile) keyAt(path ...string) plan.Location {
	for ; len(path) > 0; path = path[:len(path)-1] {
		if end, ok := f.places[strings.Join(path, "\x00")]; ok {
			start := bytes.LastIndexByte(f.data[:max(0, end-1)], '"')
			return f.at(start, end-start)
		}
	}
	return f.at(0, 1)
}

// at is the location of some bytes of one line.
func (f *jsonFile) at(offset, length int) plan.Location {
	offset = max(0, min(offset, len(f.data)))
	line := sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > offset })
	start := plan.Position{Line: line, Column: offset - f.lines[line-1] + 1}
	return plan.Location{File: f.name, Start: start, End: plan.Position{Line: start.Line, Column: start.Column + length}}
}
