package project

import (
	"slices"
	"strings"
)

// Tool is what a project's dependencies are kept with.
type Tool string

// The tools that change a manifest by a command.
const (
	ToolUV     Tool = "uv"
	ToolPoetry Tool = "poetry"
	ToolPDM    Tool = "pdm"
	ToolPipenv Tool = "pipenv"
)

// Tool is the one whose lock decides, else the one that the manifest is written for; "" where
// none is, as of a requirements file or a script.
func (f *Facts) Tool() Tool {
	switch f.Input {
	case InputUVLock:
		return ToolUV
	case InputPoetry:
		return ToolPoetry
	case InputPDM:
		return ToolPDM
	case InputPipfile:
		return ToolPipenv
	case InputPyproject, InputNone:
		if f.OnlyPipfile {
			return ToolPipenv
		}
		if f.Pyproject != nil {
			return f.Pyproject.tool()
		}
	}
	return ""
}

// tool is the one that has a table of its own, or whose build backend it is. uv builds with any
// backend, so its table counts first.
func (p *Pyproject) tool() Tool {
	switch {
	case p.HasPoetry && !p.HasProject:
		return ToolPoetry
	case p.File.Has("tool", "uv"):
		return ToolUV
	case p.HasPoetry || strings.HasPrefix(p.BuildBackend, "poetry."):
		return ToolPoetry
	case p.File.Has("tool", "pdm") || strings.HasPrefix(p.BuildBackend, "pdm."):
		return ToolPDM
	}
	return ToolUV
}

// Add is the command with which a tool adds a dependency.
func (t Tool) Add(name string) string {
	if t == ToolPipenv {
		return "pipenv install " + name
	}
	return string(t) + " add " + name
}

// lockFile is what a tool locks in.
func (t Tool) lockFile() string {
	switch t {
	case ToolPoetry:
		return PoetryLockFile
	case ToolPDM:
		return PdmLockFile
	case ToolPipenv:
		return PipfileLockFile
	}
	return UVLockFile
}

// LockHint says how a tool locks.
func (t Tool) LockHint() string { return "run `" + string(t) + " lock` and commit " + t.lockFile() }

// PylockSource is the file that a pylock.toml was made of, and the command that does it again;
// "" where that is not known.
func (f *Facts) PylockSource() (file, again string) {
	i := slices.IndexFunc(f.pylockListed, func(l listed) bool { return !l.limit })
	if i < 0 {
		return "", ""
	}
	return f.pylockListed[i].At.File, f.pylockListed[i].again
}
