package frontend

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

type views map[plan.View]bk.State

// manifestPatterns are the files that planning may read.
func manifestPatterns() []string {
	return []string{
		"pybuild.toml", ".dockerignore", ".git/HEAD", ".git/packed-refs", ".git/refs/heads", "uv.lock", "uv.toml", "*.lock", "pylock.*", "**/pyproject.toml",
		"**/setup.py", "setup.cfg", "**/manage.py", "Pipfile", "Procfile", "**/.python-version", ".tool-versions",
		"*.txt", "*.TXT", "environment.yml", "environment.yaml", "*.in", "requirements", "**/*requirements*", "**/*constraints*",
	}
}

// builtinIgnores never belong into an image. They come before .dockerignore,
// whose own patterns, such as `!.env`, therefore win. A lock says nothing at run
// time, is larger than most apps, and would make a change of a dependency one of
// the app's layer as well.
func builtinIgnores() []string { return append(otherIgnores(), lockIgnores()...) }

// lockIgnores are the locks.
func lockIgnores() []string {
	var patterns []string
	for _, name := range []string{"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pylock.*.toml", "pybuild.lock"} {
		patterns = append(patterns, "**/"+name)
	}
	return patterns
}

// otherIgnores are all but the locks.
func otherIgnores() []string {
	names := []string{
		".git", ".hg", ".svn", ".venv", "venv", "__pycache__", "*.pyc", "*.egg-info", ".eggs", ".env", ".env.*",
		".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", ".coverage", "htmlcov", ".ipynb_checkpoints",
		".idea", ".vscode", ".DS_Store", "node_modules",
	}
	patterns := []string{"Dockerfile", "Dockerfile.*", "*.Dockerfile", ".dockerignore", "pybuild.toml", "docker-bake.*", ".devcontainer"}
	for _, name := range []string{"compose", "docker-compose"} {
		patterns = append(patterns, name+".yaml", name+".yml", name+".*.yaml", name+".*.yml")
	}
	for _, name := range names {
		patterns = append(patterns, "**/"+name)
	}
	return patterns
}

// manifests solves the view that planning reads and opens it. It is not
// filtered by .dockerignore: what the image leaves out can still be read. The
// configuration may name more files than those that have a name of their own.
func (in *inputs) manifests(ctx context.Context, named ...string) (fs.FS, error) {
	st, err := in.ui.MainContext(ctx,
		bk.IncludePatterns(append(manifestPatterns(), named...)), bk.ExcludePatterns(prunedDirs()),
		bk.SharedKeyHint("pybuild-manifests"), bk.WithCustomName("[internal] load the project's manifests"))
	if err != nil {
		return nil, err
	}
	in.views = views{plan.Manifests: *st}
	ref, err := in.solve(ctx, *st, in.buildPlatform())
	if err != nil {
		return nil, err
	}
	return project.Bounded(newTree(ctx, ref)), nil
}

// prunedDirs keeps the walk for manifests out of large directories.
func prunedDirs() []string {
	return []string{"**/.git/*", "!.git/HEAD", "!.git/packed-refs", "!.git/refs/heads", "**/.venv", "**/venv", "**/node_modules", "**/__pycache__", "**/.tox", "**/.nox"}
}

// contexts are all views of the build context.
func (in *inputs) contexts(ctx context.Context, manifests fs.FS) (views, error) {
	ignores, err := in.ignores(ctx, manifests)
	if err != nil {
		return nil, err
	}
	excludes := append(builtinIgnores(), ignores...)
	excludes = append(excludes, in.config.Runtime.Exclude...)
	include, files := in.included()
	all := views{plan.Manifests: in.views[plan.Manifests]}
	if dir := in.config.Build.Wheelhouse; dir != "" {
		if all[plan.Wheelhouse], err = in.wheelhouse(ctx, dir); err != nil {
			return nil, err
		}
		// What is installed from it is in the image already.
		excludes = append(excludes, dir)
	}
	if all[plan.Project], err = in.view(ctx, append(excludes, in.facts.ForeignMembers()...), include, "pybuild-project"); err != nil {
		return nil, err
	}
	// The history comes last, so that no pattern of .dockerignore leaves it out.
	repository := append(slices.Clone(excludes), "!.git")
	history := slices.Clone(include)
	if history != nil {
		history = append(history, ".git")
	}
	if all[plan.Repository], err = in.view(ctx, repository, history, "pybuild-repository"); err != nil {
		return nil, err
	}
	all[plan.Files] = all[plan.Project]
	if !slices.Equal(include, files) || len(in.facts.ForeignMembers()) > 0 {
		all[plan.Files], err = in.view(ctx, excludes, files, "pybuild-files")
	}
	return all, err
}

// included narrows the views to the chosen member of a workspace and what it
// takes from the context, so that nothing else is sent.
func (in *inputs) included() (project, files []string) { return included(in.config, in.facts) }

func included(c *config.Config, facts *project.Facts) (chosen, files []string) {
	files = c.Runtime.Include
	if facts.Dir == "." {
		return nil, files
	}
	chosen = []string{facts.Dir}
	for _, l := range facts.Locals {
		chosen = append(chosen, l.Path)
	}
	if len(files) == 0 {
		files = []string{facts.Dir}
	}
	return chosen, files
}

// ignores are the patterns of .dockerignore. dockerui has them for a context
// that the client sends; a repository's or an archive's is among its files.
func (in *inputs) ignores(ctx context.Context, manifests fs.FS) ([]string, error) {
	if patterns, err := in.ui.DockerIgnorePatterns(ctx); err != nil || patterns != nil {
		return patterns, cmp.Or(err, checkIgnores(patterns))
	}
	data, err := fs.ReadFile(manifests, dockerui.DefaultDockerignoreName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, project.Unreadable(dockerui.DefaultDockerignoreName, err)
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(data))
	return patterns, cmp.Or(err, checkIgnores(patterns))
}

// checkIgnores refuses patterns of .dockerignore that no name can be compared with. Sending
// the context would fail of them, without a word of whose they are.
func checkIgnores(patterns []string) error {
	for _, p := range patterns {
		// As they are compared: "!/" is "!", which is none.
		if !config.Matches(strings.TrimPrefix(path.Clean(p), "!")) {
			return &diag.Error{Code: "PB123", At: plan.Location{File: dockerui.DefaultDockerignoreName}, Message: fmt.Sprintf("%.100q is no pattern", p),
				Hint: `write a path with * and ?, or with [a-z]; a bracket of a name is written \[`}
		}
	}
	return nil
}

// view filters the context: where it is local already when it is sent, where
// it is remote by a copy.
func (in *inputs) view(ctx context.Context, excludes, includes []string, key string) (bk.State, error) {
	st, err := in.ui.MainContext(ctx, bk.ExcludePatterns(excludes), bk.IncludePatterns(includes),
		bk.SharedKeyHint(key), bk.WithCustomName("[internal] load the build context"))
	if err != nil {
		return bk.State{}, err
	}
	local, err := isLocal(ctx, *st)
	if err != nil || local {
		return *st, err
	}
	if len(excludes)+len(includes) > 0 && !in.can(pb.CapFileCopyIncludeExcludePatterns) {
		return bk.State{}, unfiltered()
	}
	filter := &bk.CopyInfo{CopyDirContentsOnly: true, IncludePatterns: includes, ExcludePatterns: excludes}
	return bk.Scratch().File(bk.Copy(*st, "/", "/", filter), bk.WithCustomName("[internal] filter the build context")), nil
}

// isLocal reports whether a context is sent by the client.
func isLocal(ctx context.Context, st bk.State) (bool, error) {
	def, err := st.Marshal(ctx)
	if err != nil {
		return false, err
	}
	for _, data := range def.Def {
		var op pb.Op
		if err := op.Unmarshal(data); err != nil {
			return false, err
		}
		if strings.HasPrefix(op.GetSource().GetIdentifier(), "local://") {
			return true, nil
		}
	}
	return false, nil
}
