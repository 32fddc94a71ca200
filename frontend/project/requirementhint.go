package project

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	installed    = regexp.MustCompile(`^(?:python3? -m )?(?:uv )?pip3? install (?:-U |--upgrade )?(.+)$`)
	singleEquals = regexp.MustCompile(`^([A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s*=\s*["']?([\w.]+)["']?$`)
	poetrys      = regexp.MustCompile(`^([A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s*([~^])\s*(\d+)(?:\.(\d+))?([\w.]*)$`)
)

// requirementHint says what to write in place of something that is no requirement; like is
// an example of one where nobody can tell.
func requirementHint(text, like string) string {
	quote := func(s string) string {
		if strings.HasPrefix(like, `"`) {
			return strconv.Quote(s)
		}
		return s
	}
	text = strings.TrimSpace(text)
	if m := installed.FindStringSubmatch(text); m != nil {
		return "leave out the command: write " + quote(m[1])
	}
	if m := singleEquals.FindStringSubmatch(text); m != nil {
		return "write " + quote(m[1]+"=="+m[2])
	}
	if m := poetrys.FindStringSubmatch(text); m != nil {
		if bounds := caret(m[2], m[3], m[4]); bounds != "" {
			version := strings.TrimSuffix(m[3]+"."+m[4], ".") + m[5]
			return "write " + quote(m[1]+">="+version+",<"+bounds) + ": " + m[2] + " is Poetry's"
		}
	}
	return "write it like " + like + " (PEP 508)"
}

// caret is the version below which ^ or ~ of Poetry's allow.
func caret(operator, major, minor string) string {
	first, _ := strconv.Atoi(major)
	second, err := strconv.Atoi(minor)
	switch {
	case operator == "^" && first > 0, operator == "~" && minor == "":
		return strconv.Itoa(first + 1)
	case err != nil:
		return ""
	case operator == "~" || second > 0:
		return strconv.Itoa(first) + "." + strconv.Itoa(second+1)
	}
	return "" // ^0.0.3 is next to an exact version
}
