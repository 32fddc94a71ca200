package migrate

import (
	"regexp"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

var labelName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`)

func (s *stage) label(name, value string, at plan.Location) {
	what := "LABEL " + name
	switch {
	case diag.HasCredential(value):
		s.ask(at, what, "it has a credential, which whoever pulls the image reads: leave it out, and change it")
	case !labelName.MatchString(name):
		s.ask(at, what, "a label is letters, digits, and - _ . / within: rename it")
	default:
		s.maybe("runtime.labels", name, value, at)
	}
}

func (s *stage) expose(at plan.Location, text string) {
	// As they are written: the parser sorts them.
	for _, spec := range strings.Fields(text)[1:] {
		spec, _ = s.expand(spec)
		port, proto, _ := strings.Cut(spec, "/")
		if proto != "" && proto != "tcp" || !isPort(port) {
			s.ask(at, text, "pybuild exposes one TCP port: publish others when the container starts, as with docker run --publish %s", spec)
			continue
		}
		s.ports = append(s.ports, use{text: port, at: at})
		if s.exposed == "" {
			s.exposed, s.exposedAt = port, at
		}
	}
}

// others are the ports that are exposed beside the server's.
func (f *found) others() {
	own, _ := f.get("serve", "port").(raw)
	for _, u := range f.ports {
		if u.text != string(own) {
			f.ask(u.at, "EXPOSE "+u.text, "pybuild exposes one port, which is %s: publish others when the container starts, as with docker run --publish %s", or(string(own), "8000"), u.text)
		}
	}
}

func isPort(s string) bool {
	return regexp.MustCompile(`^[1-9][0-9]{0,4}$`).MatchString(s) && (len(s) < 5 || s <= "65535")
}
