// Package plan is the contract between deciding and emitting: one image for one
// platform as plain data. It imports nothing of the project, marshals to JSON
// and is what people review.
package plan

// Plan is one image for one platform.
type Plan struct {
	// Target is the name a user gave to --target, such as "runtime".
	Target string `json:"target"`
	// Platform is the image's platform, such as "linux/arm64".
	Platform string `json:"platform"`
	// Python is the interpreter that runs the app.
	Python Python `json:"python"`
	// Images are the images that steps run on or mount, by name.
	Images map[string]Image `json:"images"`
	// Steps are all steps in an order in which each follows what it reads.
	Steps []Step `json:"steps"`
	// Root is what the layers are stacked on.
	Root Ref `json:"root"`
	// Layers are the steps whose outputs make the image, bottom first.
	Layers []Ref `json:"layers,omitempty"`
	// Placement is how layers come onto the root.
	Placement Placement `json:"placement"`
	// Config is what the container runs and how.
	Config Config `json:"config"`
	// Decisions say what was chosen and why, in the order of deciding.
	Decisions []Decision `json:"decisions,omitempty"`
}

// Python is an interpreter inside an image.
type Python struct {
	// Version is MAJOR.MINOR, with a "t" where free-threaded.
	Version string `json:"version"`
	// Prefix is sys.prefix, such as /usr/local.
	Prefix string `json:"prefix"`
	// Executable is the absolute path of the binary.
	Executable string `json:"executable"`
}

// SitePackages is the directory that pure and platform packages go to.
func (p Python) SitePackages() string {
	return p.Prefix + "/lib/python" + p.Version + "/site-packages"
}

// Image is an image that the build reads.
type Image struct {
	// Ref is the reference as a user would write it.
	Ref string `json:"ref"`
	// Digest is what the reference is pinned to, where it does not say so itself.
	Digest string `json:"digest,omitempty"`
	// Platform is the platform that is pulled.
	Platform string `json:"platform"`
	// Reason says why it is this one, for people; "" where somebody named it.
	Reason string   `json:"reason,omitempty"`
	At     Location `json:"at,omitzero"`
}

// Pinned is the reference with its digest.
func (i Image) Pinned() string {
	if i.Digest == "" {
		return i.Ref
	}
	return i.Ref + "@" + i.Digest
}

// Placement is how a layer comes onto the image below it.
type Placement string

const (
	// Merge stacks layers as they are (BuildKit's MergeOp): nothing is copied.
	Merge Placement = "merge"
	// Copy copies each layer's files, for engines without MergeOp.
	Copy Placement = "copy"
)

// Decision is one choice and its reason.
type Decision struct {
	What   string   `json:"what"`
	Value  string   `json:"value"`
	Reason string   `json:"reason"`
	At     Location `json:"at,omitzero"`
}

// Decision returns the first decision on something, or nil.
func (p *Plan) Decision(what string) *Decision {
	for i := range p.Decisions {
		if p.Decisions[i].What == what {
			return &p.Decisions[i]
		}
	}
	return nil
}

// Step returns the step named id, or nil.
func (p *Plan) Step(id string) *Step {
	for i := range p.Steps {
		if p.Steps[i].ID == id {
			return &p.Steps[i]
		}
	}
	return nil
}
