package llb

import (
	"fmt"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/pybuild/pybuild/llb/plan"
)

// mount turns a mount of the plan into an option of its process.
func (g *graph) mount(m plan.Mount) (bk.RunOption, error) {
	switch m.Kind {
	case plan.Bind:
		from, err := g.ref(m.From)
		if err != nil {
			return nil, err
		}
		// A bind without an output takes part in the cache key by the content
		// of the mounted path alone, which is what keeps code out of the key
		// of a step that mounts a lock file.
		var opts []bk.MountOption
		if m.Scratch {
			opts = append(opts, bk.ForceNoOutput)
		} else {
			opts = append(opts, bk.Readonly)
		}
		if m.Source != "" && m.Source != "/" {
			opts = append(opts, bk.SourcePath(m.Source))
		}
		return bk.AddMount(m.Target, from, opts...), nil
	case plan.Cache:
		sharing := bk.CacheMountShared
		if m.Locked {
			sharing = bk.CacheMountLocked
		}
		// The namespace and the slash are the dockerfile frontend's form of
		// an id, so that caches are shared with hand-written Dockerfiles.
		return bk.AddMount(m.Target, bk.Scratch(),
			bk.AsPersistentCacheDir(g.src.CacheNamespace+"/"+m.ID, sharing)), nil
	case plan.Secret:
		opts := []bk.SecretOption{bk.SecretID(m.ID)}
		if !m.Required {
			opts = append(opts, bk.SecretOptional)
		}
		return bk.AddSecret(m.Target, opts...), nil
	case plan.SSH:
		opts := []bk.SSHOption{bk.SSHID(m.ID)}
		if m.Target != "" {
			opts = append(opts, bk.SSHSocketTarget(m.Target))
		}
		if !m.Required {
			opts = append(opts, bk.SSHOptional)
		}
		return bk.AddSSHSocket(opts...), nil
	}
	return nil, fmt.Errorf("plan: no kind of mount %q", m.Kind)
}
