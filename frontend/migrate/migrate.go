// Package migrate reads how a project is built today, by a Dockerfile or a file of mopy,
// and proposes the pybuild.toml that builds it. It builds nothing and asks no engine:
// whatever it cannot carry over it says, with the place and with what to do.
package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/llb/plan"
)

// Note is something that a file says and the proposal does not.
type Note struct {
	At plan.Location
	// What is said, in short, without credentials.
	What string
	// Why nothing is lost, or what is to be done.
	Why string
}

// String is the note on one line.
func (n Note) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", n.At.File, n.At.Start.Line, n.What, n.Why)
}

// Proposal is what builds the project with pybuild.
type Proposal struct {
	// Text is that of a pybuild.toml.
	Text string
	// Requirements is the text of the requirements.txt that the project then needs, ""
	// where its own files list what to install.
	Requirements string
	// Left is what pybuild does by itself, Todo what somebody has to do.
	Left, Todo []Note
}

// Options say what to migrate, and how the project is read.
type Options struct {
	// File is the path of the file in the project; "" looks for the usual names.
	File string
	// Stage is the stage of a Dockerfile that is the image; "" is the last one.
	Stage string
	// Open reads the project for a configuration and a target, as a build does.
	Open func(fs.FS, *config.Config, string) (planner.Input, error)
}

// Propose reads a file of the project, and proposes a configuration that was read back and
// planned.
func Propose(fsys fs.FS, o Options) (*Proposal, error) {
	fsys = remember(fsys)
	name, data, err := find(fsys, o.File)
	if err != nil {
		return nil, err
	}
	f := &found{file: name, data: data, fsys: fsys}
	if mopyLine.Match(data) || strings.HasPrefix(path.Base(name), "Mopyfile") {
		err = f.mopy()
	} else {
		err = f.dockerfile(o.Stage)
	}
	if err != nil {
		return nil, err
	}
	return f.propose(o.Open)
}

// usual are the files that are looked for.
var usual = []string{"Dockerfile", "Mopyfile.yaml", "Mopyfile.yml", "Mopyfile", "Containerfile", "docker/Dockerfile"}

// mopyLine is the first line of mopy's files.
var mopyLine = regexp.MustCompile(`^#\s*syntax\s*=\s*(\S*/)?mopy\b`)

// most is how large a file may be that somebody wrote by hand.
const most = 1 << 20

func find(fsys fs.FS, named string) (name string, data []byte, err error) {
	names := usual
	if named != "" {
		names = []string{path.Clean(named)}
	}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && named == "":
			continue
		case len(diag.All(err)) > 0:
			return "", nil, err // one of a limit
		case err != nil:
			return "", nil, &diag.Error{Code: "PB408", Message: fmt.Sprintf("%s cannot be read: %v", name, errors.Unwrap(err)),
				Hint: "name a file of the project's directory, as in migrate docker/Dockerfile", Err: err}
		case len(data) > most:
			return "", nil, &diag.Error{Code: "PB408", Message: name + " is too large to be written by hand", Hint: "name another file, as in migrate docker/Dockerfile"}
		}
		return name, data, nil
	}
	return "", nil, &diag.Error{Code: "PB408", Message: "there is nothing to migrate: no " + strings.Join(names, ", no "),
		Hint: "name the file, as in migrate docker/Dockerfile; without one there is init"}
}

// found gathers what a file asks for.
type found struct {
	file string
	data []byte
	fsys fs.FS

	keys
	deps       dependencies
	left, todo []Note
	owners     []chowned // whose owner is the user
	dirs       []madeDir // made by mkdir
	volumes    []volume
	ports      []use          // that are exposed
	port       use            // ENV PORT
	withheld   []use          // variables that hold secrets
	fetched    []string       // programs that fetched no more than installers
	fetches    []string       // and those that fetched something else
	modes      []mode         // files that are made programs
	global     map[string]arg // ARG before FROM
	secrets    []string       // in TOML
	secretsAt  plan.Location
	pythonPath string
	exposed    string
	lastUser   string

	pythonPathAt, exposedAt, lastUserAt plan.Location
	// fallback writes what the container runs where app cannot be served.
	fallback func()
	// served is what is to be said where it can be.
	served Note
	// static is where collectstatic runs.
	static *call
	layout layout
	// scripts are files of the context that the container starts.
	scripts []string
	// wantsFile is the file whose app is served.
	wantsFile string
	wantsAt   plan.Location
	check     *instructions.HealthCheckCommand
	checkAt   plan.Location
	checkText string
	cmdText   string // CMD
	image     *stage
	// includes are the files of the app, whole that it has all.
	includes []placed
	whole    bool
}

func (f *found) leave(at plan.Location, what, why string, args ...any) {
	f.left = append(f.left, note(at, what, why, args...))
}

func (f *found) ask(at plan.Location, what, do string, args ...any) {
	f.todo = append(f.todo, note(at, what, do, args...))
}

func note(at plan.Location, what, why string, args ...any) Note {
	if len(args) > 0 {
		why = fmt.Sprintf(why, args...)
	}
	return Note{At: at, What: short(what), Why: diag.MaskText(why)}
}

// masked are values of what commonly holds a secret.
var masked = regexp.MustCompile(`(?i)([a-z0-9_]*(?:password|passwd|secret|token|api_?key|credentials?)[a-z0-9_]*)=[^\s,]+`)

// short is a text on one line, that tells which of several it is.
func short(text string) string {
	words := []rune(masked.ReplaceAllString(diag.MaskText(strings.Join(strings.Fields(strings.ReplaceAll(text, "\\\n", " ")), " ")), "$1=****"))
	if len(words) > 72 {
		return string(words[:70]) + " …"
	}
	return string(words)
}

// line is the place of a line of the file, from a column on.
func (f *found) line(line, column, length int) plan.Location {
	return plan.Location{File: f.file, Start: plan.Position{Line: line, Column: column}, End: plan.Position{Line: line, Column: column + length}}
}

func (f *found) refuse(at plan.Location, hint, format string, args ...any) error {
	return &diag.Error{Code: "PB409", At: at, Source: diag.Mask(f.data), Message: diag.MaskText(fmt.Sprintf(format, args...)), Hint: hint}
}

func (f *found) exists(name string) bool {
	if name == "" || !fs.ValidPath(name) {
		return false
	}
	_, err := fs.Stat(f.fsys, name)
	return err == nil
}

func (f *found) isDir(name string) bool {
	if !fs.ValidPath(name) {
		return false
	}
	info, err := fs.Stat(f.fsys, name)
	return err == nil && info.IsDir()
}

// madeDir is a directory that a mkdir makes.
type madeDir struct {
	path string
	call call
}

// mode is a file of the context that a chmod makes a program.
type mode struct {
	name string
	call call
}
