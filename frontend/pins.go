package frontend

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/distribution/reference"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

// readPins reads the lock of images, if there is one.
func (in *inputs) readPins(fsys fs.FS) error {
	data, err := fs.ReadFile(fsys, project.PinsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return project.Unreadable(project.PinsFile, err)
	}
	in.keep(project.PinsFile, data)
	in.pins, err = project.ParsePins(data)
	return err
}

// pinnedVersions are those of some Pythons whose image is pinned: a lock is not left for
// a Python that was published since.
func (t *target) pinnedVersions(versions []string) []string {
	if t.input.Pins == nil {
		return versions
	}
	pinned := slices.DeleteFunc(slices.Clone(versions), func(v string) bool {
		in := t.input
		in.Python = v
		images, err := planner.Images(in)
		return err != nil || images["base"].Digest == ""
	})
	if len(pinned) == 0 {
		return versions
	}
	return pinned
}

// notPinned is the mistake of a lock that has other images than the build.
func (in *inputs) notPinned(img plan.Image) error {
	if in.pins == nil || in.ui.Target == planner.Locking || strings.Contains(img.Ref, "@") {
		return nil
	}
	at, who := img.At, "the build uses "+img.Ref
	if at.IsZero() {
		at = in.pins.At(img.Ref)
	}
	message := who + ", and " + project.PinsFile + " does not pin it"
	if len(in.pins.Images) > 0 {
		message += ": it has " + strings.Join(slices.Sorted(maps.Keys(in.pins.Images)), ", ")
	}
	return &diag.Error{Code: "PB602", At: at, Source: in.files[at.File], Message: message,
		Hint: "pin it, and keep the others: " + in.lockCommand()}
}

// lockCommand is the command that writes the locks of this build.
func (in *inputs) lockCommand() string { return project.LockCommand(in.entry.Filename) }

// lockImages adds the lock of images to what the target lock writes.
func (t *target) lockImages(p *plan.Plan) {
	images := map[string]string{}
	for name, img := range t.images {
		if d := t.found[name].digest; d != "" && !strings.Contains(img.Ref, "@") && !t.found[name].replaced {
			images[img.Ref] = d.String()
		}
	}
	frontend := map[string]string{}
	if ref, digest := t.in.running(); digest != "" {
		frontend[ref] = digest
	}
	text := project.WritePins(t.in.pins, images, frontend, t.in.entry.Filename)
	p.Layers = append(p.Layers, plan.Ref{Files: map[string]string{project.PinsFile: text}})
}

// running is the image of the frontend that runs, as BuildKit tells it; "" where it
// does not.
func (in *inputs) running() (ref, digest string) {
	own, ok := in.client.(interface{ CurrentFrontend() (*bk.State, error) })
	if !ok {
		return "", ""
	}
	st, err := own.CurrentFrontend()
	if err != nil || st == nil {
		return "", ""
	}
	def, err := st.Marshal(context.Background())
	if err != nil {
		return "", ""
	}
	for _, data := range def.Def {
		var op pb.Op
		if op.Unmarshal(data) != nil {
			continue
		}
		name, ok := strings.CutPrefix(op.GetSource().GetIdentifier(), "docker-image://")
		if !ok {
			continue
		}
		named, err := reference.ParseNormalizedNamed(name)
		if digested, ok := named.(reference.Digested); err == nil && ok {
			familiar, _, _ := strings.Cut(reference.FamiliarString(named), "@")
			return familiar, digested.Digest().String()
		}
	}
	return "", ""
}

// checkFrontend warns of another frontend than the one that is pinned: only the first
// line of the configuration decides which one runs.
func (in *inputs) checkFrontend() []diag.Warning {
	if in.pins == nil || in.ui.Target == planner.Locking {
		return nil
	}
	ref, digest := in.running()
	pinned := in.pins.Frontend[ref]
	if digest == "" || pinned == "" || pinned == digest {
		return nil
	}
	return []diag.Warning{{Rule: "FrontendPin", At: in.pins.File.At("frontend", ref), Source: in.pins.File.Data,
		Message: "this build runs " + ref + "@" + digest + ", and not the frontend that " + project.PinsFile + " has",
		Hint:    "have the first line choose it: # syntax=" + ref + "@" + pinned + "\nor lock again: " + in.lockCommand()}}
}

// readBuildLock reads the lock of what packages are built with.
func (in *inputs) readBuildLock(fsys fs.FS) error {
	file := in.config.Build.Requires
	if file == "" {
		return nil
	}
	data, err := fs.ReadFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return in.mistake("PB113", in.config.At("build", "requires"), "the build context has no "+file,
			"write it: uv pip compile --format pylock.toml -o "+file+" build.in")
	}
	if err != nil {
		return project.Unreadable(file, err)
	}
	in.keep(file, data)
	in.buildLock, err = project.ParsePylock(file, data)
	return err
}
