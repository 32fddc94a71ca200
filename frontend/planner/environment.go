package planner

import (
	"sort"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pybuild/pybuild/llb/plan"
)

// environment decides the image's variables: defaults that a user can override
// or, with `false`, remove, then the user's own.
func (b *builder) environment() {
	vars := map[string]*string{}
	for name, value := range map[string]string{
		"PYTHONUNBUFFERED":        "1",
		"PYTHONFAULTHANDLER":      "1",
		"PYTHONDONTWRITEBYTECODE": "0",
		"PYTHONHASHSEED":          "random",
		// Fewer malloc arenas: threads otherwise keep memory from each other.
		"MALLOC_ARENA_MAX": "2",
	} {
		vars[name] = &value
	}
	for name, value := range b.defaults {
		vars[name] = &value
	}
	for name, value := range b.Config.Runtime.Env {
		vars[name] = value
	}
	keys := make([]string, 0, len(vars))
	for name := range vars {
		keys = append(keys, name)
	}
	sort.Strings(keys)
	for _, name := range keys {
		if value := vars[name]; value != nil {
			b.plan.Config.Env = append(b.plan.Config.Env, plan.EnvVar{Name: name, Value: *value})
		}
	}
}

// The build arguments that say where the code is from.
const (
	SourceArg   = "VCS_SOURCE"
	RevisionArg = "VCS_REVISION"
)

// labels says what the image is, after the OCI image specification's
// pre-defined annotation keys; --label wins over the file. An empty one of those takes back
// what the build says, and is none.
func (b *builder) labels() {
	labels := map[string]string{ocispecs.AnnotationBaseImageName: b.plan.Images["base"].Ref}
	labels[ocispecs.AnnotationBaseImageDigest], labels[ocispecs.AnnotationRevision], labels[ocispecs.AnnotationSource] = b.BaseDigest, b.Revision, b.Source
	if p := b.Facts.Project; p != nil {
		if p.Name != "" {
			labels["org.opencontainers.image.title"] = p.Name
		}
		if p.Version != "" {
			labels["org.opencontainers.image.version"] = p.Version
		}
	}
	for k, v := range b.Config.Runtime.Labels {
		labels[k] = v
	}
	for k, v := range b.Labels {
		labels[k] = v
	}
	for _, name := range []string{ocispecs.AnnotationBaseImageName, ocispecs.AnnotationBaseImageDigest, ocispecs.AnnotationRevision, ocispecs.AnnotationSource} {
		if labels[name] == "" {
			delete(labels, name)
		}
	}
	b.plan.Config.Labels = labels
}
