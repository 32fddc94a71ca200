package config

import (
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
)

// workers reads a number of processes, or "auto".
func workers(s *Serve) func(value) {
	return func(v value) {
		if text, ok := v.raw.(string); ok && v.asNumber() == "" {
			if text == "auto" {
				s.WorkersAuto = true
				return
			}
			v.fail(mistake("PB010", `write workers = "auto", or a number`, "workers should be a number or \"auto\", but is %s", show(text)))
			return
		}
		integer(&s.Workers, 1, 1024)(v)
	}
}

// healthcheck reads false, a path, or the whole table.
func healthcheck(h *Healthcheck) func(value) {
	return func(v value) {
		h.Set = true
		switch raw := v.raw.(type) {
		case bool:
			h.Disabled = !raw
			if raw {
				v.fail(mistake("PB013", `leave it out, since web apps have one; or write healthcheck = "/health"`, "healthcheck = true says nothing"))
			}
		case string:
			text(&h.Path, checkHealthPath)(v)
		case map[string]any:
			v.table(*healthcheckTable(h))
			v.exclusive("host", "command")
			if v.exclusive("path", "command"); len(raw) == 0 {
				v.fail(mistake("PB013", "write a path, a command, or times; or leave it out", "healthcheck is empty"))
			}
		default:
			v.wrongType("a path, a table or false", `write healthcheck = "/health"`)
		}
	}
}

// Linux signals by number on every architecture that Python images exist for.
var signals = []string{1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL",
	10: "USR1", 11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 16: "STKFLT", 17: "CHLD", 18: "CONT",
	19: "STOP", 20: "TSTP", 21: "TTIN", 22: "TTOU", 23: "URG", 24: "XCPU", 25: "XFSZ", 26: "VTALRM", 27: "PROF",
	28: "WINCH", 29: "IO", 30: "PWR", 31: "SYS"}

// stopSignal reads the name or the number of a signal, as a string, and keeps
// the name.
func stopSignal(into *string) func(value) {
	return func(v value) {
		s, ok := v.line()
		if !ok {
			return
		}
		name := strings.TrimPrefix(strings.ToUpper(s), "SIG")
		if n, err := strconv.Atoi(name); err == nil && n > 0 && n < len(signals) {
			name = signals[n]
		}
		var names []string
		for _, known := range signals[1:] {
			if known == name {
				*into = "SIG" + name
				return
			}
			names = append(names, "SIG"+known)
		}
		hint := `write one such as "SIGTERM", "SIGINT" or "SIGQUIT"`
		if near := diag.Nearest("SIG"+name, names); near != "" {
			hint = "write stop-signal = " + quote(near)
		}
		v.fail(mistake("PB010", hint, "%s is not a signal", show(s)))
	}
}
