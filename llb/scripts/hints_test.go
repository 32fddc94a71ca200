package scripts_test

import "testing"

// hinted prints the code of what a text is known to mean.
const hinted = `
import sys
import hints
found = hints.find(sys.argv[1])
print(found.code if found else "none", end="")
`

// TestHints has failures of uv that depend on which of its threads comes first, so that no
// build shows them at will.
func TestHints(t *testing.T) {
	t.Parallel()
	const wheel = "error: Failed to read `evil @ file:///run/pybuild/wheels/evil-1.0-py3-none-any.whl`\n" +
		"  cause: Failed to extract archive: /run/pybuild/wheels/evil-1.0-py3-none-any.whl\n  cause: I/O operation failed during extraction\n"
	for text, want := range map[string]string{
		wheel + "  cause: failed to create directory `/install/.cache/.tmp1/out`: File exists (os error 17)\n":     "PB606",
		wheel + "  cause: failed to create directory `/install/.cache/.tmp1/out`: Not a directory (os error 20)\n": "PB606",
		wheel + "  cause: failed to create file `/install/.cache/.tmp1/out`: Is a directory (os error 21)\n":       "PB606",
		wheel + "  cause: No space left on device (os error 28)\n":                                                 "PB512",
		wheel + "  cause: failed to create file `/install/.cache/.tmp1/out`: Permission denied (os error 13)\n":    "none",
	} {
		out, err := python(t, hinted, text).Output()
		if err != nil {
			t.Fatal(err)
		}
		if string(out) != want {
			t.Errorf("%s\nis %s, want %s", text, out, want)
		}
	}
}
