package planner

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// hermetic reports the promise that everything comes in by a hash of a lock, and that no
// step but those of the distribution's packages has a network. The targets lock and
// wheelhouse fetch what the promise is then about.
func (b *builder) hermetic() bool { return Hermetic(b.Input) }

// Hermetic reports whether a build is one.
func Hermetic(in Input) bool {
	return in.Config.Build.Hermetic && in.Target != Locking && in.Target != Wheelhouse
}

// checkHermetic refuses, before any step runs, what could not be locked.
func (b *builder) checkHermetic() error {
	if !b.hermetic() {
		return nil
	}
	var errs []error
	refuse := func(code string, at plan.Location, hint, format string, args ...any) {
		errs = append(errs, b.refusal(code, at, hint, format, args...))
	}
	for _, name := range sortedKeys(b.plan.Images) {
		img := b.plan.Images[name]
		if img.Digest == "" && !strings.Contains(img.Ref, "@") && !b.Replaced[name] && !strings.HasPrefix(name, "native") && name != "uv-target" {
			refuse("PB603", img.At, "pin it: "+project.LockCommand("pybuild.toml"), "the image %s has no digest", img.Ref)
		}
	}
	if b.Config.Build.Wheels == "cache" {
		refuse("PB604", b.Config.At("build", "wheels"), `leave the key out, or write wheels = "sources"`, "uv would download over its cache, and not by the hashes of the lock alone")
	}
	const convert = "write one that has both: uv pip compile --format pylock.toml -o pylock.toml "
	switch f := b.Facts; {
	case f.Input == project.InputNone || f.Input == project.InputUVLock || f.Input == project.InputPylock, f.ScriptLock != nil:
	case f.Input == project.InputRequirements && !f.Requirements.AllHashed():
		unhashed := 0
		for _, e := range f.Requirements.Unhashed() {
			if unhashed++; unhashed > 10 {
				break
			}
			refuse("PB603", e.Location, convert+f.InputFile, "%s has no hash", e.Requirement)
		}
	case b.locked():
		refuse("PB604", b.inputAt(), convert+"FILE, from the requirements that your tool exports", "%s has hashes and no addresses, so an index would be asked for them", f.InputFile)
	default:
		refuse("PB603", b.inputAt(), "lock it: "+project.LockCommand("pybuild.toml"), "%s pins nothing by a hash", b.inputName())
	}
	return errors.Join(errs...)
}

// refusal is one mistake of a hermetic build.
func (b *builder) refusal(code string, at plan.Location, hint, format string, args ...any) error {
	if at.IsZero() {
		at = b.Config.At("build", "hermetic")
	}
	e := &diag.Error{Code: code, At: at, Message: "a hermetic build: " + fmt.Sprintf(format, args...), Hint: hint}
	if file, source := b.Config.Source(); at.File == file {
		e.Source = source
	}
	return e
}

// checkRest refuses packages that are no wheel, where they or what they are built with
// have no hash.
func (b *builder) checkRest() error {
	if !b.hermetic() || b.Resolved == nil {
		return nil
	}
	var errs []error
	for _, p := range b.Resolved.Rest {
		at := b.lockedAt(p.Name)
		_, found := b.hashedFile(p)
		switch built := slices.ContainsFunc(b.Resolved.MustBuild, func(m Package) bool { return m.Name == p.Name }); {
		case p.VCS != nil:
			errs = append(errs, b.refusal("PB603", at, "build a wheel of it once, and lock that", "%s comes from a repository, and a commit is no hash of its files", p.Name))
		case !found:
			errs = append(errs, b.refusal("PB603", at, "lock it from an index that has hashes", "%s %s has no file with a SHA-256 in %s", p.Name, p.Version, b.inputName()))
		case built && b.BuildLock == nil:
			errs = append(errs, b.refusal("PB603", at, lockRequires, "%s has no wheel for %s, and nothing locks what it is built with", p.Name, b.Platform))
		}
	}
	for _, l := range b.Facts.Locals {
		if !l.Archive {
			errs = append(errs, b.checkBuildSystem(l.Path, b.Facts.Members[l.Path]))
		}
	}
	if b.installsProject() {
		errs = append(errs, b.checkBuildSystem(b.Facts.Dir, b.Facts.Project))
	}
	return errors.Join(errs...)
}

const lockRequires = "lock that as well: uv pip compile --format pylock.toml -o pylock.build.toml build.in, and\n[build]\nrequires = \"pylock.build.toml\""

// checkBuildSystem wants what a directory of the context is built with in the lock for
// that.
func (b *builder) checkBuildSystem(dir string, p *project.Pyproject) error {
	wants, at := []string{"setuptools"}, plan.Location{}
	if p != nil && p.HasBuildSystem {
		wants, at = p.BuildRequires, p.File.KeyAt("build-system", "requires")
		if at.IsZero() {
			at = p.File.At("build-system")
		}
	}
	for _, text := range wants {
		r, err := project.ParseRequirement(text)
		if err != nil || !b.environment508().Holds(r.Marker, nil) {
			continue
		}
		if b.BuildLock == nil || !slices.ContainsFunc(b.BuildLock.Packages, func(l project.PylockPackage) bool { return l.Name == r.Name }) {
			e := b.refusal("PB603", at, lockRequires, "%s is built with %s, which no lock pins", cmp.Or(map[string]string{".": "the project"}[dir], dir), r.Name)
			if d := (*diag.Error)(nil); p != nil && errors.As(e, &d) && at.File == p.File.Name {
				d.Source = p.File.Data
			}
			return e
		}
	}
	return nil
}

// lockedAt is the place of a package in the lock.
func (b *builder) lockedAt(name string) plan.Location {
	switch f := b.Facts; {
	case f.Input == project.InputUVLock:
		return f.Lock.At(name)
	case f.Pylock != nil:
		return f.Pylock.At(name)
	}
	return b.inputAt()
}

// snapshot is the time in the address of a mirror that keeps the archive of one moment.
var snapshot = regexp.MustCompile(`/\d{8}T\d{6}Z(/|$)`)

// ofDistribution reports a step that installs packages of the distribution.
func ofDistribution(s plan.Step) bool {
	return s.Args[0] == "apk" || len(s.Args) > 1 && s.Args[1] == scriptsDir+"/apt.sh"
}

// ofOneMoment reports a mirror whose packages are the same for ever.
func (b *builder) ofOneMoment() bool { return snapshot.MatchString(b.Config.Build.AptMirror) }

// NoLogins is what to do in a hermetic build where the engine itself cannot log in.
const NoLogins = "this engine logs in nowhere to download: take one of BuildKit 0.21 (Docker 28.1) or later, or build from a wheelhouse"

// checkSteps refuses steps that have a network, but for those of the distribution's
// packages, which have to be those of one moment.
func (b *builder) checkSteps() error {
	if !b.hermetic() {
		return nil
	}
	var errs []error
	var online []string
	remedy := "a company's CA, a proxy and logins other than those of BuildKit (HTTP_AUTH_HEADER_<host>) need a step that downloads:\na wheelhouse needs none"
	if !b.Engine.HTTPAuth && slices.ContainsFunc(b.Config.Build.Secrets, func(s config.Secret) bool { return strings.HasPrefix(s.ID, config.AuthHeader) }) {
		remedy = NoLogins
	}
	for _, s := range b.plan.Steps {
		switch {
		case s.Offline:
		case !ofDistribution(s):
			errs = append(errs, b.refusal("PB604", s.At, remedy, "the step %q needs a network", s.Name))
		case s.Args[0] == "apk" || !b.ofOneMoment():
			errs = append(errs, b.refusal("PB605", s.At, "name the archive of one moment: apt-mirror = \"https://snapshot.example/archive/{archive}/20260101T000000Z\" in [build],\n"+
				"or build a base that has the packages, and pin it", "the step %q installs what the distribution has on the day", s.Name))
		default:
			online = append(online, s.Name)
		}
	}
	reason := "no step has a network"
	if len(online) > 0 {
		reason = "no step has a network but those that install Debian's packages of one moment: " + strings.Join(online, ", ")
	}
	b.decide("hermetic", "yes", "everything comes in by a hash, and "+reason, "build", "hermetic")
	return errors.Join(errs...)
}
