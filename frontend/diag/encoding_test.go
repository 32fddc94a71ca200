package diag_test

import (
	"testing"

	"github.com/pybuild/pybuild/frontend/diag"
)

// TestEncoding points at what is not UTF-8, and shows UTF-16 as text.
func TestEncoding(t *testing.T) {
	for data, want := range map[string]string{
		"flask # caf\u00e9\n":        "",
		"\ufeffflask\n":              "",
		"a\nflask # caf\xe9\n":       "x:2:12: byte 0xe9 is not UTF-8 [PB001]",
		"\xff\xfef\x00l\x00\n\x00":   "x:1:1: the file is UTF-16",
		"\xfe\xff\x00f\x00l\x00\n":   "x:1:1: the file is UTF-16",
		"\ufeffa: b\xe9\n":           "x:1:5: byte 0xe9",
		"\xff\xfe\x00":               "x:1:1: the file is UTF-16",
		"\xed\xa0\x80 no surrogates": "x:1:1: byte 0xed",
	} {
		err := diag.Encoding("x", []byte(data))
		switch {
		case want == "" && err != nil, want != "" && (err == nil || len(err.Error()) < len(want) || err.Error()[:len(want)] != want):
			t.Errorf("%q: got %v, want %s", data, err, want)
		case err != nil && len(data) == 8 && string(err.Source) != "fl\n":
			t.Errorf("%q shows %q", data, err.Source)
		}
	}
}
