package plan

// Step is one process of the build. Its result is the file tree that it leaves
// at Output, or its whole root filesystem where Output is empty.
type Step struct {
	ID string `json:"id"`
	// Name is what the progress shows.
	Name string `json:"name"`
	// Stage is the name that --no-cache-filter knows the step by.
	Stage string `json:"stage"`
	// On is the root filesystem that the process sees.
	On Ref `json:"on"`
	// Args is the exec form; no shell reads it.
	Args   []string `json:"args"`
	Env    []EnvVar `json:"env,omitempty"`
	Dir    string   `json:"dir,omitempty"`
	Mounts []Mount  `json:"mounts,omitempty"`
	// Output is the path of an empty writable mount that becomes the result.
	Output string `json:"output,omitempty"`
	// Offline steps have no network.
	Offline bool `json:"offline,omitempty"`
	// At is the line of the configuration that asked for the step.
	At Location `json:"at,omitzero"`
}

// EnvVar is a variable of a process or of the image, in the order of setting.
type EnvVar struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Ref names a file tree: one of Image, Step, Context, Scripts, Files, Download
// and Stack is set.
type Ref struct {
	// Image is a key of Plan.Images.
	Image string `json:"image,omitempty"`
	// Step is the ID of a step: its result.
	Step string `json:"step,omitempty"`
	// Context is a view of the build context.
	Context View `json:"context,omitempty"`
	// Scripts are pybuild's own files, by their names.
	Scripts []string `json:"scripts,omitempty"`
	// Files are texts that planning wrote, by their names.
	Files map[string]string `json:"files,omitempty"`
	// Download is a file that the engine fetches and verifies.
	Download *Download `json:"download,omitempty"`
	// Stack are trees put on each other, the lowest first.
	Stack []Ref `json:"stack,omitempty"`
	// Paths narrows the tree to these files and directories, in their places.
	// Those of an image need not exist.
	Paths []string `json:"paths,omitempty"`
}

// Download is a file of a server, in the root of a tree of its own.
type Download struct {
	URL string `json:"url"`
	// SHA256 is the sum in hexadecimal that the file must have.
	SHA256 string `json:"sha256"`
	Name   string `json:"name"`
	// Size is in bytes, 0 where the lock does not tell.
	Size int64 `json:"size,omitempty"`
	// Login is the id of the secret with the header that the server wants.
	Login string `json:"login,omitempty"`
}

// View is a filtered view of the build context.
type View string

const (
	// Manifests is what planning reads: manifests, locks, version files.
	Manifests View = "manifests"
	// Project is the context without ignored files.
	Project View = "project"
	// Files is what becomes the app: Project narrowed by include.
	Files View = "files"
	// Wheelhouse is the directory that everything is installed from where there is
	// no network.
	Wheelhouse View = "wheelhouse"
	// Repository is Project with the history of its git repository.
	Repository View = "repository"
)

// MountKind is what is mounted.
type MountKind string

const (
	// Bind mounts a tree or a file of it.
	Bind MountKind = "bind"
	// Cache mounts a directory that outlives the build.
	Cache MountKind = "cache"
	// Secret mounts a build secret as a file of mode 0400.
	Secret MountKind = "secret"
	// SSH mounts an agent's socket.
	SSH MountKind = "ssh"
)

// Mount is one mount of a step.
type Mount struct {
	Kind MountKind `json:"kind"`
	// From and Source are the tree and the path in it (Bind).
	From   Ref    `json:"from,omitzero"`
	Source string `json:"source,omitempty"`
	// Target is the path that the process sees.
	Target string `json:"target"`
	// ID names a cache, a secret or an agent.
	ID string `json:"id,omitempty"`
	// Locked gives a cache to one step at a time; else steps share it.
	Locked bool `json:"locked,omitempty"`
	// Scratch lets the step write into a bind; what it writes is lost.
	Scratch bool `json:"scratch,omitempty"`
	// Required fails the step where the secret or agent is missing.
	Required bool `json:"required,omitempty"`
}
