package migrate

import (
	"slices"
	"strings"
)

// layout is where the app lies, in the image and in the context.
type layout struct {
	// root is the directory of the image that has the context's root, was the one that had
	// it; cwd the directory of the context that commands start in, "." for the root.
	root, was, cwd string
}

// settle decides where the app lies, once all of the image is known.
func (s *stage) settle() {
	root, cwd, at, matched := s.workdir, ".", s.at, false
	for _, p := range slices.Backward(s.files) {
		rest := strings.TrimSuffix(p.to, "/"+p.in)
		switch {
		case p.in == ".":
			root, at = p.to, p.at
		case rest != p.to && (s.workdir == "/" || within(or(rest, "/"), s.workdir)) && !manifests.MatchString(p.in):
			root, at, matched = or(rest, "/"), p.at, true
		default:
			continue
		}
		break
	}
	switch inner, below := strings.CutPrefix(s.workdir, strings.TrimSuffix(root, "/")+"/"); {
	case s.workdir == root:
		for _, p := range s.files {
			rest, under := strings.CutPrefix(p.to, strings.TrimSuffix(s.workdir, "/")+"/")
			above, same := strings.CutSuffix(p.in, "/"+rest)
			switch {
			case matched || p.in == ".":
			case p.to == s.workdir && s.isDir(p.in):
				cwd = p.in
			case under && same && !manifests.MatchString(p.in):
				cwd = above
			}
		}
	case below:
		cwd = inner
	default:
		s.leave(at, "WORKDIR "+s.workdir, "commands start in the directory of the app, %s", root)
	}
	if !s.workdirAt.IsZero() {
		at = s.workdirAt
	}
	was := root
	if root == "/" || s.problem(key{table: "runtime", name: "workdir", value: root}) != nil {
		if len(s.files) > 0 {
			s.ask(at, "WORKDIR "+s.workdir, "%s is the system's, so what lay there lies in /app: paths that name it have to follow", root)
		}
		root = "/app"
	}
	s.layout = layout{root, was, cwd}
	s.maybe("runtime", "workdir", root, at)
	s.found.layout = s.layout
	s.writable(s)
	for _, o := range s.owners {
		if o.path == root || strings.HasPrefix(o.path, strings.TrimSuffix(root, "/")+"/") || within(o.path, s.workdir) && o.path != "/" {
			s.set("runtime", "owner", "user", o.at)
		}
	}
	s.account(s)
}
