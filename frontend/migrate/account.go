package migrate

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// account is a user or a group that a RUN makes.
type account struct {
	uid, gid string
	at       plan.Location
}

// useradd reads useradd, adduser, groupadd and addgroup of Debian and Alpine.
func (s *stage) useradd(c call) {
	var a account
	a.at = c.at
	name := ""
	args := c.words[1:]
	for i := 0; i < len(args); i++ {
		flag, value, inline := strings.Cut(args[i], "=")
		next := func() string {
			if !inline && i+1 < len(args) {
				i++
				value = args[i]
			}
			return value
		}
		switch flag {
		case "-u", "--uid":
			a.uid = next()
		case "-g", "--gid", "-G", "--groups", "--ingroup":
			if v := next(); isNumber(v) {
				a.gid = v
			} else if g, ok := s.accounts["group "+v]; ok && flag != "-G" && flag != "--groups" {
				a.gid = g.gid
			}
		case "-d", "-h", "--home", "--home-dir", "-s", "--shell", "-c", "--comment", "--gecos", "-k", "--skel", "-b", "-K":
			next()
		default:
			if strings.HasPrefix(flag, "-") {
				break
			}
			if name != "" {
				// `addgroup user group` of Alpine
				break
			}
			name = flag
		}
	}
	if strings.HasPrefix(c.words[0], "group") || c.words[0] == "addgroup" {
		name = "group " + name
	}
	s.accounts[name] = a
	s.leave(c.at, c.text, "the image has a user of its own, appuser")
}

func isNumber(s string) bool { return regexp.MustCompile(`^[0-9]{1,10}$`).MatchString(s) }

// userAt remembers the last USER of the image.
func (s *stage) userAt(user string, at plan.Location) {
	if s.lastUser != "" {
		s.leave(s.lastUserAt, "USER "+s.lastUser, "steps run as they need to, and the container as the last one says")
	}
	s.lastUser, s.lastUserAt = user, at
}

// account decides who runs the container: what has no number of its own is pybuild's.
func (f *found) account(image *stage) {
	user, group, _ := strings.Cut(f.lastUser, ":")
	at, what := f.lastUserAt, "USER "+f.lastUser
	switch {
	case f.lastUser == "":
		f.leave(image.at, image.SourceCode, "without USER the container ran as root; it runs as appuser, 1001 now, and user = \"root\" in [runtime] is for an app that needs root")
		return
	case user == "root" || user == "0":
		f.set("runtime", "user", "root", at)
		return
	case isNumber(user):
		f.number("uid", user, at)
		if isNumber(group) {
			f.number("gid", group, at)
		} else if group == "" {
			f.leave(at, what, "the group is pybuild's appgroup, 1001, where gid in [runtime] does not say otherwise")
		}
		return
	}
	a, ok := image.accounts[user]
	switch {
	case ok && a.uid != "":
		f.leave(at, what, "it runs as uid says")
		f.number("uid", a.uid, a.at)
		gid := a.gid
		if g, ok := image.accounts["group "+group]; ok && group != "" {
			gid = g.gid
		} else if g, ok := image.accounts["group "+user]; ok && gid == "" {
			gid = g.gid
		}
		if gid == "" {
			gid = a.uid // as useradd numbers it
		}
		f.number("gid", gid, a.at)
	default:
		f.leave(at, what, "it runs as pybuild's appuser, 1001; uid in [runtime] gives it another number, where a volume wants one")
	}
}

// number writes the number of an account, where it is not pybuild's own.
func (f *found) number(name, text string, at plan.Location) {
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n < 1<<31-2 {
		f.maybe("runtime", name, raw(strconv.Itoa(n)), at)
	} else {
		f.ask(at, name+" "+text, "write another number")
	}
}
