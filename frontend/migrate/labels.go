package migrate

import (
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

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

func (s *stage) expose(c *instructions.ExposeCommand, at plan.Location, text string) {
	for _, spec := range c.Ports {
		spec, _ = s.expand(spec)
		port, proto, _ := strings.Cut(spec, "/")
		switch {
		case proto != "" && proto != "tcp" || !isPort(port):
			s.ask(at, text, "pybuild exposes one TCP port: publish others when the container starts, as with docker run --publish %s", spec)
		case s.exposed != "" && s.exposed != port:
			s.ask(at, text, "pybuild exposes one port, which is %s: publish others when the container starts, as with docker run --publish %s", s.exposed, port)
		default:
			s.exposed, s.exposedAt = port, at
		}
	}
}

func isPort(s string) bool {
	return regexp.MustCompile(`^[1-9][0-9]{0,4}$`).MatchString(s) && (len(s) < 5 || s <= "65535")
}
