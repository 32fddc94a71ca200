package diag

import "strings"

// Check is a kind of warning. Its name switches it off, and so never changes.
type Check struct {
	// Name is what messages begin with, as "RootUser".
	Name string
	// Meaning is one sentence, with which the check's section in docs/checks.md starts.
	Meaning string
}

// Checks has every kind of warning, sorted by name.
func Checks() []Check {
	return []Check{
		{"CUDAWithoutGPU", "torch brings CUDA, and nothing says that there will be a GPU."},
		{"CredentialInURL", "A URL somewhere in a manifest has a password in it."},
		{"DebugServer", "The command is a server for development, or debugging is on."},
		{"FrontendPin", "Another frontend runs than the one that `pybuild.lock` has."},
		{"LargeApp", "A hundred megabytes or more of the build context become part of the image."},
		{"LockConflict", "A Pipfile.lock has one package at different versions in its sections."},
		{"LockDrift", "The content hash of a poetry.lock or pdm.lock is that of another manifest, though nothing that is installed differs."},
		{"MuslBase", "The base has musl, for which fewer packages have a wheel."},
		{"NewerLock", "uv.lock was written by a newer uv than this pybuild knows."},
		{"NoHealthcheck", "A web app has no health check."},
		{"NotLocked", "The dependencies are not pinned."},
		{"RootUser", "The container runs as root."},
		{"SecretFile", "The image takes in a file that commonly holds secrets."},
		{"SecretInEnv", "A variable of the image, or a build argument, has the name of a secret and a value."},
		{"SecretInSettings", "Django's settings have the secret key as a text."},
		{"UncacheableInclude", "`include` names files that change without a change of the code."},
		{"UnlockedSecrets", "Build scripts that the configuration trusts may see secrets, since the versions are not locked."},
		{"UnpinnedBase", "The tag of an image is `latest`, or there is none."},
		{"UnservedStatic", "Django's static files are neither collected nor served."},
		{"UnusedBuildArg", "`--build-arg` names something that `[build] args` does not have."},
		{"UnusedConfiguration", "A second file has keys for pybuild, and they have no effect."},
		{"UnusedDependencies", "A file lists dependencies, and they are not installed."},
		{"UnverifiedFile", "A lock has no usable hash for a file that is fetched by its URL."},
	}
}

// CheckNames are what a build can skip.
func CheckNames() []string {
	var names []string
	for _, c := range Checks() {
		names = append(names, c.Name)
	}
	return names
}

// FindCheck finds a check by its name, in whatever case.
func FindCheck(name string) (Check, bool) {
	for _, c := range Checks() {
		if strings.EqualFold(c.Name, name) {
			return c, true
		}
	}
	return Check{}, false
}

// Page is the place in the documentation that explains the check.
func (c Check) Page() string { return docs + "checks.md#" + strings.ToLower(c.Name) }
