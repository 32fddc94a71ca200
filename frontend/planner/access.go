package planner

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/project"
	"github.com/pybuild/pybuild/llb/plan"
)

const (
	netrcFile = "/root/.netrc"
	// caFile is where steps see the certificate of a company's CA.
	caFile = "/run/pybuild/ca.pem"
	// knownHosts is where steps see the keys of git servers.
	knownHosts = "/run/pybuild/known_hosts"
)

// Secrets are those that a build uses where its client passes them.
func Secrets(in Input) []config.Secret {
	b := &builder{Input: in}
	all := b.secrets()
	if in.Config.Build.CA != "" {
		all = append(all, config.Secret{ID: in.Config.Build.CA, Target: caFile, Required: true})
	}
	return all
}

// secrets are those of the configuration, and those that what the project names
// may want: each has a name that users of uv, git or BuildKit know already, and is
// mounted where the client passes it.
func (b *builder) secrets() []config.Secret {
	all := slices.Clone(b.Config.Build.Secrets)
	if b.hermetic() {
		// Nothing is downloaded by a step, so that none has to log in.
		return all
	}
	add := func(s config.Secret) {
		taken := func(o config.Secret) bool {
			return o.ID == s.ID || o.Env != "" && o.Env == s.Env || o.Target != "" && o.Target == s.Target
		}
		if !slices.ContainsFunc(all, taken) {
			all = append(all, s)
		}
	}
	indexes := b.Facts.Indexes()
	for _, index := range indexes {
		if index.Name != "" {
			user, password := IndexSecrets(index.Name)
			for _, name := range []string{user, password} {
				add(config.Secret{ID: name, Env: name})
			}
		}
	}
	variables := b.requirementVariables()
	for _, name := range variables {
		add(config.Secret{ID: name, Env: name})
	}
	if len(indexes) > 0 || b.indexOptions() || len(b.Facts.GitSources) > 0 {
		add(config.Secret{ID: "netrc", Target: netrcFile})
	}
	if hosts := b.gitHosts(); len(hosts) > 0 {
		add(config.Secret{ID: gitToken, Env: gitToken})
		for _, host := range hosts {
			add(config.Secret{ID: gitToken + "." + host, Env: gitToken + "." + host})
		}
	}
	if b.Facts.NeedsSSH() {
		add(config.Secret{ID: "known_hosts", Target: knownHosts})
	}
	return all
}

// gitToken is BuildKit's own name of the secret for git over HTTPS.
const gitToken = "GIT_AUTH_TOKEN"

// gitHosts are the servers that repositories are cloned from over HTTPS.
func (b *builder) gitHosts() []string {
	var hosts []string
	for _, g := range b.Facts.GitSources {
		if g.Host != "" && !g.SSH {
			hosts = append(hosts, g.Host)
		}
	}
	return sortedSet(hosts)
}

// requirementVariables are those that requirements files refer to and nobody sets.
func (b *builder) requirementVariables() []string {
	if b.Facts.Requirements == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(b.Facts.Requirements.EnvVars), func(name string) bool {
		_, arg := b.Config.Build.Args[name]
		_, env := b.Config.Build.Env[name]
		return arg || env
	})
}

// indexOptions reports whether a requirements file names an index.
func (b *builder) indexOptions() bool {
	r := b.Facts.Requirements
	return r != nil && slices.ContainsFunc(r.Options, func(o project.RequirementOption) bool {
		return o.Name == "index-url" || o.Name == "extra-index-url" || o.Name == "find-links"
	})
}

var notInVariable = regexp.MustCompile(`[^A-Z0-9]`)

// indexVariable is the start of the variables with an index's credentials
// (docs.astral.sh/uv/concepts/indexes, "Providing credentials directly").
func indexVariable(name string) string {
	return "UV_INDEX_" + notInVariable.ReplaceAllString(strings.ToUpper(name), "_")
}

// IndexSecrets are the names of the secrets with an index's user name and password.
func IndexSecrets(index string) (user, password string) {
	return indexVariable(index) + "_USERNAME", indexVariable(index) + "_PASSWORD"
}

// secretFile is where a step sees a secret that becomes a variable.
func secretFile(id string) string { return "/run/secrets/" + id }

// secretFlags tell the scripts which files become variables.
func (b *builder) secretFlags(secrets []config.Secret) []string {
	var flags []string
	for _, s := range secrets {
		if s.Env != "" {
			flags = append(flags, "--secret-env", s.Env+"="+secretFile(s.ID))
		}
	}
	return flags
}

// accessFlags tell the scripts of a step with a network what they log in with, and
// where.
func (b *builder) accessFlags() []string {
	return append(b.secretFlags(b.secrets()), b.serverFlags()...)
}

// serverFlags tell the scripts where logins are for.
func (b *builder) serverFlags() []string {
	var flags []string
	for _, index := range b.Facts.Indexes() {
		if index.Name != "" {
			flags = append(flags, "--index", index.Name+"="+index.URL)
		}
	}
	for _, host := range b.gitHosts() {
		flags = append(flags, "--git-host", host)
	}
	if r := b.Facts.Requirements; r != nil {
		for _, o := range r.Options {
			if strings.HasSuffix(o.Name, "index-url") && strings.Contains(o.Value, "${") {
				flags = append(flags, "--index-url", o.Value)
			}
		}
	}
	return flags
}

// indexFlags name the project's indexes to a uv that does not see its manifest.
func (b *builder) indexFlags() []string { return indexFlags(b.Facts.Indexes()) }

func indexFlags(indexes []project.Index) []string {
	var flags []string
	for _, index := range indexes {
		url, flag := index.URL, "--index"
		if index.Name != "" {
			url = index.Name + "=" + url
		}
		if index.Default {
			flag = "--default-index"
		}
		flags = append(flags, flag, url)
	}
	return flags
}

// mountSecrets mounts secrets as files on every engine: old ones know no other
// way.
func (b *builder) mountSecrets(secrets []config.Secret) []plan.Mount {
	var mounts []plan.Mount
	for _, s := range secrets {
		target := s.Target
		if s.Env != "" {
			target = secretFile(s.ID)
		}
		if target == "" {
			continue
		}
		mounts = append(mounts, plan.Mount{Kind: plan.Secret, ID: s.ID, Target: target, Required: s.Required})
	}
	return mounts
}

// ca mounts the certificate of a company's CA, for steps with a network.
func (b *builder) ca() []plan.Mount {
	if b.Config.Build.CA == "" {
		return nil
	}
	return []plan.Mount{{Kind: plan.Secret, ID: b.Config.Build.CA, Target: caFile, Required: true}}
}

// access mounts what the steps that install may log in with: secrets, agents and
// the company's CA.
func (b *builder) access() []plan.Mount {
	mounts := b.mountSecrets(b.secrets())
	if !b.hermetic() {
		mounts = append(mounts, b.ca()...)
	}
	return append(append(mounts, Agents(b.Input)...), b.wheelhouse()...)
}

// Agents are the sockets of SSH agents that a build uses where its client passes them.
func Agents(in Input) []plan.Mount {
	var mounts []plan.Mount
	for _, id := range in.Config.Build.SSH {
		mounts = append(mounts, plan.Mount{Kind: plan.SSH, ID: id, Required: true})
	}
	if len(mounts) == 0 && in.Facts.NeedsSSH() && !(&builder{Input: in}).hermetic() {
		mounts = append(mounts, plan.Mount{Kind: plan.SSH, ID: "default"})
	}
	return mounts
}

// gitEnv has git ask nobody, and trust only the servers whose keys were passed.
func (b *builder) gitEnv() []plan.EnvVar {
	if len(b.Facts.GitSources) == 0 {
		return nil
	}
	env := []plan.EnvVar{{Name: "GIT_TERMINAL_PROMPT", Value: "0"}}
	if b.Facts.NeedsSSH() {
		env = append(env, plan.EnvVar{Name: "GIT_SSH_COMMAND",
			Value: "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=" + knownHosts})
	}
	return env
}
