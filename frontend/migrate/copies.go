package migrate

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/pybuild/pybuild/llb/plan"
)

// placed is a file or directory of the context, where a stage has it.
type placed struct {
	in, to string
	at     plan.Location
}

// copies follows COPY.
func (s *stage) copies(c *instructions.CopyCommand, at plan.Location, text string, stages []*stage) {
	for range c.SourceContents {
		s.ask(at, text, "write %s into the context, as a file of its own", path.Base(s.abs(c.DestPath)))
	}
	if c.From != "" {
		s.copiesFrom(c, at, text, stages)
		return
	}
	s.owned(c.Chown, c.DestPath, at)
	for _, source := range c.SourcePaths {
		s.place(source, c.DestPath, len(c.SourcePaths) > 1, at)
	}
}

// owned is the owner that COPY gives the app's files.
func (s *stage) owned(chown, to string, at plan.Location) {
	owner, _, _ := strings.Cut(chown, ":")
	if s.role == makes && owner != "" && owner != "root" && owner != "0" {
		s.owners = append(s.owners, chowned{s.abs(to), at, nil})
	}
}

// place notes where the stage has a path of the context.
func (s *stage) place(source, dest string, several bool, at plan.Location) {
	in := path.Clean("./" + strings.TrimPrefix(source, "/"))
	to := s.abs(dest)
	names := []string{in}
	if strings.ContainsAny(in, "*?[") {
		names, _ = fs.Glob(s.fsys, in)
		if len(names) == 0 && s.role == makes {
			s.leave(at, "COPY "+source, "the context has no such file")
		}
		several = true
	}
	for _, name := range names {
		where := to
		dir := s.isDir(name) || !s.exists(name) && (strings.HasSuffix(source, "/") || path.Ext(name) == "")
		if !dir && (several || strings.HasSuffix(dest, "/") || dest == "." || to == s.workdir || strings.HasSuffix(dest, "/.")) {
			where = path.Join(to, path.Base(name))
		}
		if !s.exists(name) && name != "." {
			s.ask(at, "COPY "+source, "the context has no %s: where something makes it before the build, let it do so before pybuild's", name)
		}
		s.files = append(s.files, placed{name, where, at})
	}
}

var ofInstall = regexp.MustCompile(`venv|/install|/(wheels|wheelhouse)|\.whl|site-packages|dist-packages|\.local|/usr/local/?$|/usr/local/(bin|lib|lib/python[0-9.]*)/?$|^/python|/root/?$|pypackages|requirements|/deps|/packages|/dist`)

// copiesFrom follows COPY --from.
func (s *stage) copiesFrom(c *instructions.CopyCommand, at plan.Location, text string, stages []*stage) {
	from := named(stages, c.From)
	switch {
	case from == nil && uvImage.MatchString(imageName(c.From)), from != nil && uvImage.MatchString(imageName(from.root().image)) && len(from.Commands) == 0:
		s.leave(at, text, "uv is mounted where it installs, and no layer has it")
		return
	case from == nil:
		s.ask(at, text, "pybuild copies from no other image: put the files into the context, or into an image that is the base")
		return
	case !from.isPython():
		s.ask(at, text, "no step of pybuild's builds what is not Python: put the files into the context before the build, as with docker build --target %s --output . -f %s .", or(from.Name, c.From), s.file)
		return
	}
	s.owned(c.Chown, c.DestPath, at)
	carried := false
	for _, source := range c.SourcePaths {
		src, to := path.Clean("/"+source), s.abs(c.DestPath)
		if strings.HasSuffix(c.DestPath, "/") && path.Ext(src) != "" || len(c.SourcePaths) > 1 {
			to = path.Join(to, path.Base(src))
		}
		for _, p := range from.files {
			switch {
			case p.to == src:
				s.files, carried = append(s.files, placed{p.in, to, at}), true
			case strings.HasPrefix(p.to, strings.TrimSuffix(src, "/")+"/"):
				s.files, carried = append(s.files, placed{p.in, path.Join(to, strings.TrimPrefix(p.to, src)), at}), true
			case strings.HasPrefix(src, strings.TrimSuffix(p.to, "/")+"/") && s.exists(path.Join(p.in, strings.TrimPrefix(src, p.to))):
				s.files, carried = append(s.files, placed{path.Join(p.in, strings.TrimPrefix(src, p.to)), to, at}), true
			}
		}
		if ofInstall.MatchString(src) || src == from.workdir && from.installs {
			carried = true
			s.installed = append(s.installed, to)
		}
	}
	if s.role != makes {
		return
	}
	if carried {
		s.leave(at, text, "what is installed, and the app's files, come into the image as layers of their own")
		return
	}
	s.ask(at, text, "it is not known what made this: put it into the context, or into an image that is the base")
}

// adds follows ADD, which is COPY where it takes no archive and asks no server.
func (s *stage) adds(c *instructions.AddCommand, at plan.Location, text string) {
	for _, source := range c.SourcePaths {
		switch {
		case strings.Contains(source, "://") || strings.HasPrefix(source, "git@"):
			s.ask(at, text, "pybuild downloads nothing but packages: put the file into the context, or into an image that is the base")
		case regexp.MustCompile(`\.(tar|tgz|tar\.\w+)$`).MatchString(source):
			s.ask(at, text, "pybuild unpacks no archives: put the files into the context")
		default:
			s.owned(c.Chown, c.DestPath, at)
			s.place(source, c.DestPath, len(c.SourcePaths) > 1, at)
		}
	}
	for range c.SourceContents {
		s.ask(at, text, "write %s into the context, as a file of its own", path.Base(s.abs(c.DestPath)))
	}
}

// context is the path in the context of a path in the stage; "" where it has none.
func (s *stage) context(p string) string {
	p = s.abs(p)
	best := ""
	for _, f := range slices.Backward(s.files) {
		in := ""
		switch {
		case f.to == p:
			in = f.in
		case strings.HasPrefix(p, strings.TrimSuffix(f.to, "/")+"/"):
			in = path.Join(f.in, strings.TrimPrefix(p, f.to))
		default:
			continue
		}
		if s.exists(in) || in == "." {
			return in
		}
		best = or(best, in)
	}
	// What a RUN mounts, or is mounted from, the context has under its own name.
	if rel, ok := strings.CutPrefix(p, strings.TrimSuffix(s.workdir, "/")+"/"); ok && best == "" && s.exists(rel) && len(s.files) == 0 {
		return rel
	}
	return best
}

func (f *found) mode(name string) fs.FileMode {
	if info, err := fs.Stat(f.fsys, name); err == nil {
		return info.Mode()
	}
	return 0
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
