package diag

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pybuild/pybuild/llb/plan"
)

// Encoding reports a text that is not UTF-8, which parsers would report as a stray
// character; nil where it is.
func Encoding(name string, data []byte) *Error {
	e := &Error{Code: "PB001", At: plan.Location{File: name, Start: plan.Position{Line: 1, Column: 1}, End: plan.Position{Line: 1, Column: 1}}, Source: data,
		Hint: "save the file as UTF-8"}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		e.Source, e.Message = fromUTF16(data), "the file is UTF-16, as Windows' PowerShell writes it, and not UTF-8"
		e.Hint = "save it as UTF-8, or in PowerShell write it anew with: COMMAND | Out-File -Encoding utf8 " + name
		return e
	}
	if utf8.Valid(data) {
		return nil
	}
	// A byte order mark is no column: the readers of files drop it.
	e.Source = bytes.TrimPrefix(data, []byte("\ufeff"))
	for i, line := range bytes.Split(e.Source, []byte("\n")) {
		for column := 0; column < len(line); {
			r, size := utf8.DecodeRune(line[column:])
			if r == utf8.RuneError && size == 1 {
				e.At.Start = plan.Position{Line: i + 1, Column: column + 1}
				e.At.End = plan.Position{Line: i + 1, Column: column + 2}
				e.Message = fmt.Sprintf("byte 0x%02x is not UTF-8", line[column])
				return e
			}
			column += size
		}
	}
	return e
}

// fromUTF16 is the text of a file that begins with its byte order mark.
func fromUTF16(data []byte) []byte {
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 0xfe {
		order = binary.BigEndian
	}
	var units []uint16
	for data = data[2:]; len(data) > 1; data = data[2:] {
		units = append(units, order.Uint16(data))
	}
	return []byte(string(utf16.Decode(units)))
}
