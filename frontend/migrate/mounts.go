package migrate

import (
	"path"
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/pybuild/pybuild/llb/plan"
)

// mounts are those of a RUN, with nil where it has none.
func mounts(c *instructions.RunCommand) []*instructions.Mount {
	_ = c.Expand(func(word string) (string, error) { return word, nil })
	return instructions.GetMounts(c)
}

// mounted carries mounts and what else a RUN may use over.
func (s *stage) mounted(c *instructions.RunCommand, at plan.Location, installs bool, stages []*stage) {
	for _, m := range mounts(c) {
		switch m.Type {
		case instructions.MountTypeSecret:
			s.secret(m, at, installs)
		case instructions.MountTypeSSH:
			id := m.CacheID
			if id == "" {
				id = "default"
			}
			if s.get("build", "ssh") == nil && id == "default" {
				s.maybe("build", "ssh", raw("true"), at)
			} else if _, isDefault := s.get("build", "ssh").(raw); !isDefault {
				s.add("build", "ssh", id, at)
			}
		case instructions.MountTypeBind:
			if from := named(stages, m.From); m.From != "" && from == nil {
				s.ask(at, "--mount=from="+m.From, "pybuild mounts no other image: put what is used of it into the context, or into an image that is the base")
			}
		}
	}
	if n := instructions.GetNetwork(c); n != "" && n != instructions.NetworkDefault {
		s.leave(at, "--network="+n, "steps that install from locked wheels have no network")
	}
	if v := instructions.GetSecurity(c); v != "" && v != instructions.SecuritySandbox {
		s.ask(at, "--security="+v, "no step of pybuild's is privileged")
	}
	if len(instructions.GetDevices(c)) > 0 {
		s.ask(at, "--device", "no step of pybuild's has a device")
	}
}

// secret is a secret that a RUN reads.
func (s *stage) secret(m *instructions.Mount, at plan.Location, installs bool) {
	id := m.CacheID
	if id == "" {
		id = path.Base(m.Target)
	}
	what := "--mount=type=secret,id=" + id
	target := m.Target
	if target == "" && m.Env == nil {
		target = "/run/secrets/" + id
	}
	switch {
	case !installs:
		s.ask(at, what, "the command that reads it has no key, so no step gets it")
		return
	case strings.HasSuffix(target, "pip.conf"), strings.HasSuffix(target, "pip/pip.conf"), strings.HasSuffix(target, "poetry/auth.toml"):
		s.ask(at, what, "uv installs, and reads no %s: name the index in the project's files, and pass its login as secrets: "+
			"docker build --secret id=UV_INDEX_<NAME>_USERNAME --secret id=UV_INDEX_<NAME>_PASSWORD", path.Base(target))
		return
	case target == "/root/.netrc" && id == "netrc" && !m.Required:
		s.secrets, s.secretsAt = append(s.secrets, quote("netrc")), at
		return
	case strings.HasPrefix(target, "/run/secrets/"):
		s.ask(at, what, "nothing that installs reads %s: pass the login of an index as the secret netrc, or as UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD for one that has a name", target)
		return
	}
	if !secretID.MatchString(id) {
		s.ask(at, what, "an id is letters, digits, and - _ . within: rename it")
		return
	}
	entry := "{ id = " + quote(id)
	if m.Env != nil {
		name := *m.Env
		if name == "" {
			name = id
		}
		if target == "" && name == id && !m.Required {
			s.secrets, s.secretsAt = append(s.secrets, quote(id)), at
			return
		}
		entry += ", env = " + quote(name)
	} else {
		entry += ", target = " + quote(s.abs(target))
	}
	if m.Required {
		entry += ", required = true"
	}
	s.secrets, s.secretsAt = append(s.secrets, entry+" }"), at
}

var secretID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
