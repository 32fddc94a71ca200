package planner

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"github.com/pybuild/pybuild/frontend/diag"
)

// RuleNames are the names of all warnings, sorted: what a check can skip.
func RuleNames() []string {
	return []string{
		"CUDAWithoutGPU", "CredentialInURL", "DebugServer", "FrontendPin", "LockConflict", "LockDrift", "MuslBase", "NewerLock", "NoHealthcheck", "NotLocked",
		"RootUser", "SecretFile", "SecretInEnv", "UnpinnedBase", "UnusedBuildArg", "UnusedDependencies", "UnverifiedFile",
	}
}

// rules look at the configuration for what works, and is regretted later.
func rules() []func(Input) *diag.Warning {
	return []func(Input) *diag.Warning{rootUser, unpinnedBase, noHealthcheck, debugServer, secretInEnv, secretInFile}
}

func rootUser(in Input) *diag.Warning {
	r := in.Config.Runtime
	at := in.Config.At("runtime", "user")
	if r.User != "root" {
		if r.UID == nil || *r.UID != 0 {
			return nil
		}
		at = in.Config.At("runtime", "uid")
	}
	return &diag.Warning{Rule: "RootUser", At: at, Message: "the container runs as root: whoever breaks into the app has all that is in it",
		Hint: "leave the key out: the app then runs as appuser, 1001"}
}

func unpinnedBase(in Input) *diag.Warning {
	named, err := reference.ParseNormalizedNamed(in.Config.Base)
	if in.Config.Base == "" || err != nil {
		return nil
	}
	if _, digested := named.(reference.Digested); digested {
		return nil
	}
	if tagged, ok := named.(reference.Tagged); ok && tagged.Tag() != "latest" {
		return nil
	}
	return &diag.Warning{Rule: "UnpinnedBase", At: in.Config.At("base"), Message: "the base " + in.Config.Base + " is another image every day",
		Hint: "name a version, or a digest"}
}

func noHealthcheck(in Input) *diag.Warning {
	if s := in.Config.Serve; !s.Healthcheck.Disabled || s.App == "" {
		return nil
	}
	return &diag.Warning{Rule: "NoHealthcheck", At: in.Config.At("serve", "healthcheck"),
		Message: "nobody notices when the app hangs: its health check is switched off", Hint: "leave the key out, or name a path that answers"}
}

// debugServer looks for what frameworks ask not to use in production.
func debugServer(in Input) *diag.Warning {
	if developing(in.Target) {
		return nil
	}
	command := in.Config.Serve.Command
	has := func(word string) bool { return slices.Contains(command, word) }
	why := ""
	switch {
	case has("runserver"):
		why = "runserver is Django's server for development"
	case has("flask") && has("run"):
		why = "flask run is Flask's server for development"
	case has("fastapi") && has("dev"):
		why = "fastapi dev is for development"
	case has("--reload"):
		why = "--reload watches the files for changes, and there are none"
	case has("--debug"):
		why = "--debug shows the app's inner life to everybody"
	default:
		return nil
	}
	return &diag.Warning{Rule: "DebugServer", At: in.Config.At("serve", "command"), Message: why,
		Hint: "write app = \"package.module:attribute\", and pybuild finds the server; --target dev is for development"}
}

// secretName matches variables that commonly hold one.
var secretName = regexp.MustCompile(`(?i)(^|_)(password|passwd|secret|secret_key|token|api_?key|access_?key|private_?key|credentials?)$`)

func secretInEnv(in Input) *diag.Warning {
	for _, name := range sortedKeys(in.Config.Runtime.Env) {
		if value := in.Config.Runtime.Env[name]; value != nil && *value != "" && secretName.MatchString(name) {
			return &diag.Warning{Rule: "SecretInEnv", At: in.Config.At("runtime", "env", name), Message: name + " is in the image, for everybody who can pull it",
				Hint: "pass it when the container starts: docker run --env " + name}
		}
	}
	for _, name := range sortedKeys(in.Config.Build.Args) {
		if secretName.MatchString(name) {
			return &diag.Warning{Rule: "SecretInEnv", At: in.Config.At("build", "args", name), Message: "the build argument " + name + " is recorded with the build",
				Hint: "name it in secrets of [build], and pass it with docker build --secret id=" + name}
		}
	}
	return nil
}

// secretInFile looks for files of that kind among those that are asked for by name.
func secretInFile(in Input) *diag.Warning {
	kinds := []string{".env", ".env.*", ".netrc", ".pypirc", ".npmrc", "id_rsa", "id_ed25519", "*.key", "*.pfx", "*.p12", "credentials.json"}
	for i, pattern := range in.Config.Runtime.Include {
		for _, kind := range kinds {
			if ok, err := path.Match(kind, path.Base(pattern)); err == nil && ok {
				return &diag.Warning{Rule: "SecretFile", At: in.Config.At("runtime", "include", strconv.Itoa(i)),
					Message: pattern + " would be in the image, and looks like a file of secrets", Hint: "mount it when the container starts: docker run --volume"}
			}
		}
	}
	return nil
}

// KnownRule finds the rule that a name means, and for one that is none the nearest.
func KnownRule(name string) (rule string, ok bool) {
	for _, rule := range RuleNames() {
		if strings.EqualFold(rule, name) {
			return rule, true
		}
	}
	return "", false
}
