package frontend

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
)

// lostServer is the server that a step could not reach, as llb/scripts/hints.py says it.
var lostServer = regexp.MustCompile(`^the build cannot look up the name of (\S+)$|^(\S+) does not answer as it should$`)

// lostIndex has a failure to reach an index point at the line that names it, rather than at
// the dependencies. Where its name and password could have been passed and were not, that
// comes to mind first: an index that is only there for those who log in is often behind a
// network of its own, too.
func (in *inputs) lostIndex(ctx context.Context, failure *diag.Error, solve *errdefs.SolveError) {
	m := lostServer.FindStringSubmatch(failure.Message)
	if m == nil || in.facts == nil {
		return
	}
	indexes := in.facts.Indexes()
	i := slices.IndexFunc(indexes, func(x project.Index) bool {
		u, err := url.Parse(x.URL)
		return err == nil && u.Host == m[1]+m[2]
	})
	if i < 0 || indexes[i].URLAt.Start.Line == 0 {
		return
	}
	index := indexes[i]
	failure.At, failure.Source, failure.Err = index.URLAt, in.files[index.URLAt.File], nil
	if index.Name == "" {
		return
	}
	user, password := planner.IndexSecrets(index.Name)
	if in.lacks(ctx, solve, password) {
		failure.Hint += fmt.Sprintf("\nthe index %q got no user name and password; if it wants them, pass them from variables of these names:"+
			"\ndocker build --secret id=%s --secret id=%s ...", index.Name, user, password)
	}
}

// lacks reports whether a failed step would have seen a secret that nobody passed.
func (in *inputs) lacks(ctx context.Context, solve *errdefs.SolveError, id string) bool {
	exec := solve.Op.GetExec()
	i := slices.IndexFunc(exec.Mounts, func(m *pb.Mount) bool { return m.MountType == pb.MountType_SECRET && m.SecretOpt.GetID() == id })
	if i < 0 {
		return false
	}
	path := exec.Mounts[i].Dest
	var found bytes.Buffer
	err := in.afterwards(ctx, solve, &found, []string{"/", path}, exec.Meta.Args[0], "-c", fmt.Sprintf("import os; print(os.path.exists(%q))", path))
	return err == nil && strings.TrimSpace(found.String()) == "False"
}
