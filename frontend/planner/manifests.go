package planner

import (
	"path"

	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// manifests mounts the files that the resolver reads, and no other.
func (b *builder) manifests() []plan.Mount {
	var files []string
	switch b.Facts.Input {
	case project.InputUVLock:
		files = []string{"pyproject.toml", "uv.lock"}
		if b.Facts.Dir != "." {
			files = append(files, path.Join(b.Facts.Dir, "pyproject.toml"))
		}
		if b.Facts.UVConfig {
			files = append(files, project.UVConfigFile)
		}
	case project.InputPoetry, project.InputPDM, project.InputPipfile:
		return b.generated()
	case project.InputRequirements:
		switch {
		case b.Facts.Generated != "":
			return b.generated()
		case b.Facts.InstallsRoot():
			return wholeProject()
		}
		files = b.Facts.Requirements.Files()
	case project.InputScript:
		files = []string{b.Facts.InputFile}
		if b.Facts.ScriptLock != nil {
			files = append(files, b.Facts.ScriptLock.File.Name)
		}
	case project.InputSetup:
		return wholeProject()
	case project.InputPyproject:
		if p := b.Facts.Pyproject; !p.HasProject || p.IsDynamic("dependencies") || p.IsDynamic("optional-dependencies") {
			return wholeProject()
		}
		files = []string{"pyproject.toml"}
	default:
		files = []string{b.Facts.InputFile}
	}
	paths := make([]string, 0, len(files))
	for _, f := range files {
		paths = append(paths, path.Join("/", f))
	}
	return []plan.Mount{{
		Kind: plan.Bind, From: plan.Ref{Context: plan.Manifests, Paths: paths}, Target: projectDir,
		// Local sources are mounted inside.
		Scratch: true,
	}}
}

// generated mounts requirements that planning wrote.
func (b *builder) generated() []plan.Mount {
	return []plan.Mount{{
		Kind: plan.Bind, From: plan.Ref{Files: map[string]string{lockedFile: b.Facts.Generated}}, Target: projectDir, Scratch: true,
	}}
}

// wholeProject mounts all of the context, where what is read only the build
// backend knows.
func wholeProject() []plan.Mount {
	return []plan.Mount{{Kind: plan.Bind, From: plan.Ref{Context: plan.Project}, Target: projectDir, Scratch: true}}
}

// localSources mounts what the resolver asks for its metadata in the context.
// A lock has it already.
func (b *builder) localSources() []plan.Mount {
	if b.Facts.Input == project.InputUVLock || b.Facts.Input == project.InputPylock {
		return nil
	}
	var mounts []plan.Mount
	for _, l := range b.Facts.Locals {
		mounts = append(mounts, plan.Mount{
			Kind: plan.Bind, From: plan.Ref{Context: plan.Project, Paths: []string{path.Join("/", l.Path)}},
			Source: path.Join("/", l.Path), Target: path.Join(projectDir, l.Path), Scratch: true,
		})
	}
	return mounts
}
