package frontend

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/pybuild/pybuild/llb/plan"
)

type views map[plan.View]bk.State

// manifestPatterns are the files that planning may read.
func manifestPatterns() []string {
	return []string{
		"pyproject.toml", "pybuild.toml", "uv.lock", ".python-version", ".dockerignore",
		"**/pyproject.toml", "*.txt", "*.in", "requirements", "**/*requirements*", "**/*constraints*",
	}
}

// builtinIgnores never belong into an image. They come before .dockerignore,
// whose own patterns, such as `!.env`, therefore win.
func builtinIgnores() []string {
	names := []string{
		".git", ".hg", ".svn", ".venv", "venv", "__pycache__", "*.pyc", "*.egg-info", ".eggs", ".env", ".env.*",
		".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", ".coverage", "htmlcov", ".ipynb_checkpoints",
		".idea", ".vscode", ".DS_Store", "node_modules",
	}
	patterns := []string{"Dockerfile", "Dockerfile.*", "*.Dockerfile", ".dockerignore", "pybuild.toml", "compose.yaml", "docker-compose.yml"}
	for _, name := range names {
		patterns = append(patterns, "**/"+name)
	}
	return patterns
}

// manifests solves the view that planning reads and opens it. It is not
// filtered by .dockerignore: what the image leaves out can still be read.
func (in *inputs) manifests(ctx context.Context) (*tree, error) {
	st, err := in.ui.MainContext(ctx,
		bk.IncludePatterns(manifestPatterns()), bk.ExcludePatterns(prunedDirs()),
		bk.SharedKeyHint("pybuild-manifests"), bk.WithCustomName("[internal] load the project's manifests"))
	if err != nil {
		return nil, err
	}
	in.views = views{plan.Manifests: *st}
	ref, err := in.solve(ctx, *st, in.buildPlatform())
	if err != nil {
		return nil, err
	}
	return newTree(ctx, ref), nil
}

// prunedDirs keeps the walk for manifests out of large directories.
func prunedDirs() []string {
	return []string{"**/.git", "**/.venv", "**/venv", "**/node_modules", "**/__pycache__", "**/.tox", "**/.nox"}
}

// contexts are all views of the build context.
func (in *inputs) contexts(ctx context.Context, manifests fs.FS) (views, error) {
	ignores, err := in.ignores(ctx, manifests)
	if err != nil {
		return nil, err
	}
	excludes := append(builtinIgnores(), ignores...)
	excludes = append(excludes, in.config.Runtime.Exclude...)
	all := views{plan.Manifests: in.views[plan.Manifests]}
	if all[plan.Project], err = in.view(ctx, excludes, nil, "pybuild-project"); err != nil {
		return nil, err
	}
	all[plan.Files], err = in.view(ctx, excludes, in.config.Runtime.Include, "pybuild-files")
	return all, err
}

// ignores are the patterns of .dockerignore. dockerui has them for a context
// that the client sends; a repository's or an archive's is among its files.
func (in *inputs) ignores(ctx context.Context, manifests fs.FS) ([]string, error) {
	if patterns, err := in.ui.DockerIgnorePatterns(ctx); err != nil || patterns != nil {
		return patterns, err
	}
	data, err := fs.ReadFile(manifests, dockerui.DefaultDockerignoreName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ignorefile.ReadAll(bytes.NewReader(data))
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
