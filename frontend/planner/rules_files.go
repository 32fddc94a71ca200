package planner

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
)

// secretName matches variables that commonly hold one.
var secretName = regexp.MustCompile(`(?i)(^|_)(password|passwd|secret|secret_key|token|api_?key|access_?key|private_?key|credentials?)$`)

func secretInEnv(in Input) []diag.Warning {
	var all []diag.Warning
	for _, name := range sortedKeys(in.Config.Runtime.Env) {
		value := in.Config.Runtime.Env[name]
		if value == nil || *value == "" || !secretName.MatchString(name) {
			continue
		}
		path := []string{"runtime", "env", name}
		if in.Target != "" && in.Config.Has("target", in.Target, "env", name) {
			path = []string{"target", in.Target, "env", name}
		}
		all = append(all, diag.Warning{Rule: "SecretInEnv", At: in.Config.At(path...), Message: name + " is in the image, for everybody who can pull it",
			Hint: "pass it when the container starts: docker run --env " + name})
	}
	for _, name := range sortedKeys(in.Config.Build.Args) {
		if secretName.MatchString(name) {
			all = append(all, diag.Warning{Rule: "SecretInEnv", At: in.Config.At("build", "args", name), Message: "the build argument " + name + " is recorded with the build",
				Hint: "name it in secrets of [build], and pass it with docker build --secret id=" + name})
		}
	}
	return all
}

// secretFiles are the names that files of secrets commonly have.
func secretFiles() []string {
	return []string{".env", ".env.*", ".netrc", ".pypirc", ".npmrc", ".pgpass", ".htpasswd", "id_rsa", "id_ecdsa", "id_ed25519", "*.key", "*.pfx", "*.p12", "*.kdbx",
		"credentials.json", "service-account*.json", "secrets.toml", "secrets.yaml", "secrets.yml", "secrets.json"}
}

// matches reports whether the last part of a path is one of these names.
func matches(name string, kinds []string) bool {
	base := path.Base(strings.TrimSuffix(name, "/**"))
	for _, kind := range kinds {
		if ok, err := path.Match(kind, base); err == nil && ok {
			return true
		}
	}
	return false
}

// secretInFile looks for files of that kind among those that are asked for by name.
func secretInFile(in Input) []diag.Warning {
	var all []diag.Warning
	for i, pattern := range in.Config.Runtime.Include {
		if matches(pattern, secretFiles()) && !matches(pattern, []string{".env.example", ".env.sample", ".env.template"}) {
			all = append(all, diag.Warning{Rule: "SecretFile", At: in.Config.At("runtime", "include", strconv.Itoa(i)),
				Message: pattern + " would be in the image, and looks like a file of secrets", Hint: "mount it when the container starts: docker run --volume"})
		}
	}
	return all
}

// uncacheableInclude looks among the includes for what is written by running the project,
// so that the layer of the app is another one though nobody changed it.
func uncacheableInclude(in Input) []diag.Warning {
	if developing(in.Target) {
		return nil
	}
	kinds := []string{".git", "*.log", "logs", "*.sqlite", "*.sqlite3", "*.db", "*.pid", "tmp", ".cache", ".venv", "venv", "node_modules", "__pycache__", "*.pyc",
		".coverage", "coverage.xml", "htmlcov", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".DS_Store"}
	var all []diag.Warning
	for i, pattern := range in.Config.Runtime.Include {
		if matches(pattern, kinds) {
			all = append(all, diag.Warning{Rule: "UncacheableInclude", At: in.Config.At("runtime", "include", strconv.Itoa(i)),
				Message: pattern + " changes without a change of the code, and then the layer of the app is another one", Hint: "leave it out, or mount it when the container starts: docker run --volume"})
		}
	}
	return all
}
