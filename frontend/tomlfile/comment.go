package tomlfile

import "strings"

// Comment is what somebody wrote on the lines right above a key or the header of a
// table, joined; "" where there is nothing, or the key is not the first of its line.
func (f *File) Comment(path ...string) string {
	at := f.KeyAt(path...).Start
	if at.Line < 1 {
		return ""
	}
	lines := strings.Split(string(f.Data), "\n")
	if before := strings.TrimSpace(lines[at.Line-1][:at.Column-1]); before != "" && !strings.HasPrefix(before, "[") {
		return ""
	}
	var words []string
	for i := at.Line - 2; i >= 0; i-- {
		text, ok := strings.CutPrefix(strings.TrimSpace(lines[i]), "#")
		if !ok || directive(text) {
			break
		}
		words = append(strings.Fields(text), words...)
	}
	return strings.Join(words, " ")
}

// directive reports a comment that is for a program.
func directive(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "syntax=") || strings.HasPrefix(text, "check=") || strings.HasPrefix(text, ":")
}
