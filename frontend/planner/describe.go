package planner

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// Described is something that a caller of the build can name, for people.
type Described struct {
	Name, Description string
	// Value is the default of a build argument.
	Value string
	// At is where the configuration has it; zero for what is pybuild's own.
	At plan.Location
}

// DescribeTargets are the targets that --target takes, the default first. The comment
// above the table of one says what it is for, else what it runs does.
func DescribeTargets(in Input) ([]Described, error) {
	// Which image's Python it is nobody asked yet.
	b := &builder{Input: in, plan: &plan.Plan{Python: plan.Python{Executable: "python"}}, defaults: map[string]string{}}
	processes, err := b.processes()
	if err != nil {
		return nil, err
	}
	var all []Described
	for _, name := range builtinTargets() {
		all = append(all, Described{Name: name, Description: builtinDoes(name, in.Facts)})
	}
	for _, p := range processes {
		all = append(all, Described{Name: p.name, Description: strings.TrimPrefix(strings.Join(p.command, " "), "/bin/sh -c ") + " (" + p.reason + ")"})
	}
	for _, name := range sortedKeys(in.Config.Targets) {
		own := Described{Name: name, Description: cmp.Or(in.Config.Comment("target", name), runs(in.Config.Targets[name].Serve)), At: in.Config.At("target", name)}
		i := slices.IndexFunc(all, func(d Described) bool { return d.Name == name })
		if i < 0 {
			all = append(all, own)
			continue
		}
		own.Description = cmp.Or(own.Description, all[i].Description)
		all[i] = own
	}
	return all, nil
}

// builtinDoes says what a target of every project is.
func builtinDoes(name string, f *project.Facts) string {
	switch name {
	case Runtime:
		return "the image of the app"
	case "builder":
		return "where the build compiles, with what is installed there"
	case "debug":
		return "the runtime under debugpy, which listens on port 5678"
	case "dev":
		return "all files, and a server that starts again when one changes"
	case "test":
		return "runs the tests; --output leaves their reports"
	case Locking:
		if f != nil && slices.Contains([]project.Input{project.InputPoetry, project.InputPDM, project.InputPipfile, project.InputScript, project.InputSetup}, f.Input) && LockSource(f) == "" {
			return "writes pybuild.lock, the digests of the images, with --output . (another tool locks the packages)"
		}
		return "writes a fresh lock, and pybuild.lock, with --output ."
	case Wheelhouse:
		return "gathers the wheels of what is installed, with --output DIRECTORY"
	case Dockerfile:
		return "writes the build as a Dockerfile, with --output ."
	}
	return ""
}

// runs is what the table of a target starts, in a few words.
func runs(s config.Serve) string {
	switch {
	case s.App != "":
		return "serves " + s.App
	case s.Module != "":
		return strings.Join(append([]string{"python -m " + s.Module}, s.Args...), " ")
	case s.Script != "":
		return strings.Join(append([]string{s.Script}, s.Args...), " ")
	}
	return strings.Join(slices.Concat(s.Entrypoint, s.Command), " ")
}

// SecretAt is where the configuration names a secret; zero where it does not.
func SecretAt(c *config.Config, id string) plan.Location {
	for i, s := range c.Build.Secrets {
		if s.ID == id {
			return c.At("build", "secrets", strconv.Itoa(i))
		}
	}
	if c.Build.CA == id {
		return c.At("build", "ca")
	}
	return plan.Location{}
}

// DescribeArgs are the build arguments that a caller can pass, with their defaults.
func DescribeArgs(in Input) []Described {
	var all []Described
	for _, name := range sortedKeys(in.Config.Build.Args) {
		all = append(all, Described{Name: name, Value: in.Config.Build.Args[name],
			Description: in.Config.Comment("build", "args", name), At: in.Config.At("build", "args", name)})
	}
	if in.Target == Locking {
		all = append(all, Described{Name: upgradeArg, Description: "what to lock anew: all, or the names of packages and images"})
	}
	return append(all,
		Described{Name: RevisionArg, Description: "the commit that the image's labels name, where git does not tell"},
		Described{Name: SourceArg, Description: "the repository that the image's labels name, where git does not tell"},
		Described{Name: "SOURCE_DATE_EPOCH", Description: "when the image was created, in seconds since 1970"},
		Described{Name: "BUILDKIT_DOCKERFILE_CHECK", Description: "which checks count: skip=NAME,...;error=true"},
	)
}
