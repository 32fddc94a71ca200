package project

import (
	"regexp"
	"strings"
)

// The rules of pip for the text of a requirements file
// (pip/_internal/req/req_file.py): lines are joined first, then comments go,
// then variables are expanded.
var (
	reqComment = regexp.MustCompile(`(^|\s+)#.*$`)
	envVar     = regexp.MustCompile(`\$\{([A-Z0-9_]+)\}`)
)

// reqLine is a logical line of a requirements file.
type reqLine struct {
	text       string
	first, end int // lines of the file
	// column is where the first line starts, endColumn is after the last.
	column, endColumn int
}

// reqLines splits a requirements file into logical lines: a backslash at the
// end joins the next line, except from a comment.
func reqLines(data []byte) []reqLine {
	var lines []reqLine
	var joined strings.Builder
	first, column := 0, 1
	flush := func(end int, last string) {
		text := joined.String()
		if strings.Contains(text, "#") {
			text = reqComment.ReplaceAllString(text, "")
		}
		text = strings.TrimSpace(text)
		if text != "" {
			lines = append(lines, reqLine{text: text, first: first, end: end, column: column, endColumn: len(strings.TrimRight(last, " \t")) + 1})
		}
		joined.Reset()
		first = 0
	}
	all := strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n")
	for i, line := range all {
		line = strings.TrimSuffix(line, "\r")
		if first == 0 {
			first = i + 1
			column = len(line) - len(strings.TrimLeft(line, " \t")) + 1
		}
		written := line
		comment := strings.HasPrefix(strings.TrimLeft(line, " \t"), "#")
		if comment {
			// pip puts a space in front, lest it glue to what was joined.
			line = " " + line
		}
		if !comment && strings.HasSuffix(line, `\`) {
			joined.WriteString(strings.TrimRight(line, `\`))
			continue
		}
		joined.WriteString(line)
		flush(i+1, written)
	}
	if joined.Len() > 0 {
		flush(len(all), all[len(all)-1])
	}
	return lines
}

// reqOption is an option in a line, such as --hash=sha256:....
type reqOption struct{ name, value string }

// reqOptions are the options of pip's requirements files, by every spelling,
// with whether they take a value.
var reqOptions = map[string]struct {
	name  string
	value bool
}{
	"-i": {"index-url", true}, "--index-url": {"index-url", true}, "--pypi-url": {"index-url", true},
	"--extra-index-url": {"extra-index-url", true},
	"--no-index":        {"no-index", false},
	"-c":                {"constraint", true}, "--constraint": {"constraint", true},
	"-r": {"requirement", true}, "--requirement": {"requirement", true},
	"-e": {"editable", true}, "--editable": {"editable", true},
	"-f": {"find-links", true}, "--find-links": {"find-links", true},
	"--no-binary":       {"no-binary", true},
	"--only-binary":     {"only-binary", true},
	"--prefer-binary":   {"prefer-binary", false},
	"--require-hashes":  {"require-hashes", false},
	"--pre":             {"pre", false},
	"--trusted-host":    {"trusted-host", true},
	"--use-feature":     {"use-feature", true},
	"--hash":            {"hash", true},
	"--config-settings": {"config-settings", true}, "--config-setting": {"config-settings", true}, "-C": {"config-settings", true},
	"--global-option":  {"global-option", true},
	"--install-option": {"install-option", true},
}

// splitOptions takes a line apart: what comes before the first option, and the
// options. unknown is an option that pip does not know; of one that lacks its
// value, the value is "".
func splitOptions(text string) (requirement string, options []reqOption, unknown string) {
	words := splitWords(text)
	i := 0
	for i < len(words) && !strings.HasPrefix(words[i], "-") {
		i++
	}
	requirement = strings.Join(words[:i], " ")
	for i < len(words) {
		word := words[i]
		i++
		spelling, value, hasValue := strings.Cut(word, "=")
		if !strings.HasPrefix(word, "--") && len(word) > 2 {
			// Short options may have their value attached: -rbase.txt.
			spelling, value, hasValue = word[:2], strings.TrimPrefix(word[2:], "="), true
		}
		option, ok := reqOptions[spelling]
		if !ok {
			return requirement, options, spelling
		}
		if option.value && !hasValue && i < len(words) {
			value = words[i]
			i++
		}
		options = append(options, reqOption{option.name, value})
	}
	return requirement, options, ""
}

// splitWords splits at spaces outside of quotes, as a shell would. Quotes in
// the requirement stay, since markers need them.
func splitWords(text string) []string {
	var words []string
	var word strings.Builder
	var quote byte
	inOption := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
				if inOption {
					continue
				}
			}
			word.WriteByte(c)
		case c == '"' || c == '\'':
			quote = c
			if !inOption {
				word.WriteByte(c)
			}
		case c == ' ' || c == '\t':
			if word.Len() > 0 {
				words = append(words, word.String())
			}
			word.Reset()
		default:
			if word.Len() == 0 && c == '-' {
				inOption = true
			}
			word.WriteByte(c)
		}
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words
}
